"""What a PUT changes in a namespace's row, and what it is refused for."""

from typing import Any

import pytest

from shared.errors import InvalidRequestError, NotSupportedYetError
from shared.namespaces.changes import changes_of
from shared.namespaces.models import MAX_VARIABLES_BYTES, NamespacePatch
from shared.validation import parse_body


def changed(at: str = "team", /, **fields: Any) -> tuple[dict[str, Any], str]:
    return changes_of(at, parse_body(NamespacePatch, fields))


def refusal(at: str = "team", /, **fields: Any) -> tuple[str, str]:
    with pytest.raises(InvalidRequestError) as caught:
        changed(at, **fields)
    [problem] = caught.value.problems
    return problem.path, problem.message


def test_what_is_left_out_or_null_changes_nothing():
    nothing: dict[str, Any] = dict.fromkeys(
        ("name", "description", "retention", "variables", "pluginDefaults")
    )

    assert changed() == ({}, "")
    assert changed(**nothing) == ({}, "")


def test_an_answer_can_be_sent_back():
    shown = {"name": "team", "counts": {"flows": 1}, "createdAt": "x", "updatedAt": None}

    assert changed(**shown, pluginDefaults={}) == ({}, "")


def test_empty_values_clear():
    changes, text = changed(description="", retention="", variables={})

    assert text == ""
    assert changes == {
        "description": None,
        "retention": None,
        "retention_seconds": None,
        "variables": None,
        "variables_bytes": 0,
    }


@pytest.mark.parametrize(
    ("said", "shown", "seconds"),
    [("30d", "30d", 2_592_000), ("P1DT2H", "1d2h", 93_600), (90, "1m30s", 90), ("500ms", None, 1)],
)
def test_a_retention_is_any_duration(said: Any, shown: str | None, seconds: int):
    changes, _ = changed(retention=said)

    assert changes["retention_seconds"] == seconds
    assert shown is None or changes["retention"] == shown


@pytest.mark.parametrize("said", ["soon", "0s", 0, -1, "P1Y", True, ["1d"], {}, "200y"])
def test_what_is_no_duration_is_refused_with_its_field(said: Any):
    path, message = refusal(retention=said)

    assert path == "retention"
    assert message


def test_variables_keep_their_text_whatever_it_looks_like():
    variables = {"b": "{{ inputs.x }}", "a": ["${TOKEN}", {"": 0.1}], "ü": None}

    changes, text = changed(variables=variables)

    assert text == '{"a":["${TOKEN}",{"":0.1}],"b":"{{ inputs.x }}","ü":null}'
    assert changes["variables_bytes"] == len(text.encode())
    again, _ = changed(variables=dict(reversed(variables.items())))
    assert again == changes


def test_variables_have_a_limit_in_bytes_of_json():
    frame = len('{"a":""}')
    fits = "ü" * ((MAX_VARIABLES_BYTES - frame) // 2)

    assert changed(variables={"a": fits})[0]["variables_bytes"] <= MAX_VARIABLES_BYTES
    path, message = refusal(variables={"a": fits + "ü"})
    assert path == "variables"
    assert "65538 bytes" in message


@pytest.mark.parametrize("name", ["", "A", "a/b", "-a", "a" * 151, "a\n", "ä"])
def test_a_name_that_no_flow_could_have_is_refused(name: str):
    assert refusal(name)[0] == "name"


def test_the_platforms_own_namespace_is_nobodys():
    assert refusal("system") == ("name", "is the platform's own")


def test_a_name_is_fixed():
    assert refusal(name="other")[0] == "name"


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"description": "x" * 1_001}, "description"),
        ({"description": 1}, "description"),
        ({"variables": []}, "variables"),
        ({"retentions": "1d"}, "retentions"),
    ],
)
def test_what_has_another_form_is_refused_with_its_field(fields: Any, path: str):
    assert refusal(**fields)[0] == path


def test_defaults_of_plugins_are_not_there_yet():
    with pytest.raises(NotSupportedYetError) as caught:
        changed(pluginDefaults={"http.request": {"timeout": "5s"}})

    assert caught.value.problems[0].path == "pluginDefaults"
