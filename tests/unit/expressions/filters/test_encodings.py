"""Filters that encode and decode, with the arguments of Jinja2 and ours."""

from typing import Any

import pytest

from tests.support.filters import render


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("{'a': [1, 2.0, 'é']} | json", '{"a":[1,2,"é"]}'),
        ("{'a': [1]} | tojson(2)", '{\n  "a": [\n    1\n  ]\n}'),
        ("{'a': 1} | pprint", '{\n  "a": 1\n}'),
        ("'[1, {\"a\": null}]' | fromjson", [1, {"a": None}]),
        ("'é+/?' | base64encode", "w6krLz8="),
        ("'w6krLz8=' | base64decode", "é+/?"),
        ("'Pz8_' | base64decode", "???"),
        ("'YQ' | base64decode", "a"),
        ("'a' | md5", "0cc175b9c0f1b6a831c399e269772661"),
        ("'a' | sha1", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"),
        ("('a' | sha256)[:8] ~ ('a' | sha512)[:8]", "ca978112" + "1f40fc92"),
        ("'a b/é&' | urlencode", "a%20b/%C3%A9%26"),
        ("{'a b': 'c&', 'd': 1} | urlencode", "a+b=c%26&d=1"),
        ("[['a', 1], ['b', true]] | urlencode", "a=1&b=true"),
        ("'a+b%20%C3%A9' | urldecode", "a b é"),
        (
            "{'a': [1, {'b': 'x: y', 'c': []}], 'd': {}} | yaml",
            'a:\n  - 1\n  - b: "x: y"\n    c: []\nd: {}',
        ),
        ("'no' | yaml", '"no"'),
        ("{'a b': 1e16, 'b': 'x\\u0085y\\u00e9'} | yaml", 'a b: 1.0e+16\nb: "x\\U00000085yé"'),
        ("[[1, 2], 'plain text'] | yaml", "- - 1\n  - 2\n- plain text"),
    ],
)
def test_encoding_filters(expression: str, expected: Any) -> None:
    assert render(expression) == expected
