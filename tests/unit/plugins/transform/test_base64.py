"""Base64 both ways (vectors of RFC 4648)."""

from typing import Any

import pytest

from shared.plugins.sdk.plugin import PluginError
from tests.support.errors import refusal
from tests.support.plugins import run_plugin


@pytest.mark.parametrize(
    ("data", "encoded"),
    [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")],
)
def test_known_vectors(data: str, encoded: str) -> None:
    assert run_plugin("transform.base64", {"operation": "encode", "data": data}) == {
        "result": encoded
    }
    assert run_plugin("transform.base64", {"operation": "decode", "data": encoded}) == {
        "result": data
    }


@pytest.mark.parametrize(
    ("properties", "result"),
    [
        ({"operation": "encode", "data": "\u00ff>?>?", "urlSafe": True}, "w78-Pz4_"),
        ({"operation": "encode", "data": "\u00ff>?>?"}, "w78+Pz4/"),
        ({"operation": "decode", "data": "w78-Pz4_"}, "\u00ff>?>?"),
        ({"operation": "decode", "data": " Zm\n8 "}, "fo"),
        ({"operation": "encode", "data": {"a": 1}}, "eyJhIjoxfQ=="),
    ],
)
def test_alphabets_and_padding(properties: dict[str, Any], result: str) -> None:
    assert run_plugin("transform.base64", properties) == {"result": result}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("Z", "no base64"),
        ("Zm9v!", "no base64"),
        ("é", "no base64"),
        ("/w==", "no UTF-8 text"),
        ([1], "data must be text"),
    ],
)
def test_what_is_no_base64_is_refused(data: Any, message: str) -> None:
    with refusal(PluginError, match=message):
        run_plugin("transform.base64", {"operation": "decode", "data": data})


def test_half_a_surrogate_pair_has_no_base64() -> None:
    with refusal(PluginError, match="surrogate"):
        run_plugin("transform.base64", {"operation": "encode", "data": "\ud800"})
