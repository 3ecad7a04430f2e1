"""transform.hash against published test vectors (RFC 1321, RFC 3174, FIPS 180, RFC 4231)."""

from typing import Any

import pytest

from shared.plugins.sdk.plugin import PluginError
from tests.support.plugins import run_plugin


@pytest.mark.parametrize(
    ("properties", "result"),
    [
        ({"algorithm": "md5", "data": ""}, "d41d8cd98f00b204e9800998ecf8427e"),
        ({"algorithm": "md5", "data": "abc"}, "900150983cd24fb0d6963f7d28e17f72"),
        ({"algorithm": "sha1", "data": "abc"}, "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            {"algorithm": "sha256", "data": "abc"},
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
        (
            {"algorithm": "sha512", "data": "abc"},
            (
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
            ),
        ),
        (
            {"algorithm": "sha256", "data": "what do ya want for nothing?", "hmacKey": "Jefe"},
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            {"algorithm": "md5", "data": "what do ya want for nothing?", "hmacKey": "Jefe"},
            "750c783e6ab0b503eaa86e310a5db738",
        ),
        (
            {"algorithm": "md5", "data": "abc", "encoding": "base64"},
            "kAFQmDzST7DWlj99KOF/cg==",
        ),
    ],
)
def test_known_vectors(properties: dict[str, Any], result: str) -> None:
    assert run_plugin("transform.hash", properties) == {"result": result}


def test_a_map_is_hashed_as_compact_json() -> None:
    of_map = run_plugin("transform.hash", {"algorithm": "sha256", "data": {"a": [1]}})
    of_text = run_plugin("transform.hash", {"algorithm": "sha256", "data": '{"a":[1]}'})

    assert of_map == of_text


@pytest.mark.parametrize(("data", "same"), [(5.0, "5"), ([1.0, {"a": 2.0}], '[1,{"a":2}]')])
def test_whole_numbers_are_hashed_as_templates_write_them(data: Any, same: str) -> None:
    of_number = run_plugin("transform.hash", {"algorithm": "sha256", "data": data})

    assert of_number == run_plugin("transform.hash", {"algorithm": "sha256", "data": same})


def test_an_empty_key_still_makes_an_hmac() -> None:
    keyed = run_plugin("transform.hash", {"algorithm": "md5", "data": "a", "hmacKey": ""})
    plain = run_plugin("transform.hash", {"algorithm": "md5", "data": "a"})

    assert keyed != plain


@pytest.mark.parametrize(
    "properties",
    [
        {"algorithm": "crc32", "data": "a"},
        {"algorithm": "md5"},
        {"algorithm": "md5", "data": "a", "encoding": "octal"},
        {"algorithm": "md5", "data": "a", "hmacKey": 5},
        {"algorithm": "md5", "data": "\ud800"},
    ],
)
def test_bad_properties_are_refused(properties: dict[str, Any]) -> None:
    with pytest.raises(PluginError):
        run_plugin("transform.hash", properties)
