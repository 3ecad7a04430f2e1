"""Laws of masking: no form of a secret survives, nothing else changes, twice is once."""

import base64
import json
import string
from typing import Any
from urllib.parse import quote, quote_plus

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.masking import MASK, SHORTEST, Masking

characters = st.characters(exclude_categories=["Cs"])
secrets = st.text(characters, min_size=SHORTEST, max_size=12).filter(
    lambda text: text == text.strip() and text.strip("*") != ""
)
# Texts without a character that any form of a secret begins with.
harmless = st.text(st.sampled_from(" ,;:!?()<>#&'öß\n"), max_size=50)


def forms(secret: str) -> dict[str, str]:
    """Every form that must not be left, by its name."""
    content = secret.encode()
    return {
        "raw": secret,
        "json": json.dumps(secret)[1:-1],
        "json with its own letters": json.dumps(secret, ensure_ascii=False)[1:-1],
        "json in json": json.dumps(json.dumps(secret))[1:-1],
        "url": quote(secret, safe=""),
        "path": quote(secret),
        "form": quote_plus(secret),
        "base64": base64.b64encode(content).decode(),
        "base64 without padding": base64.b64encode(content).decode().rstrip("="),
        "base64 for urls": base64.urlsafe_b64encode(content).decode(),
        "behind a user": base64.b64encode(b"user:" + content).decode(),
        "between": base64.b64encode(b"a" + content + b"zz").decode(),
    }


@settings(max_examples=60)
@given(secrets, harmless, harmless)
def test_no_form_of_a_secret_survives(secret: str, before: str, after: str) -> None:
    masking = Masking([secret])

    for name, form in forms(secret).items():
        masked = masking.text(f"{before}{form}{after}")

        assert MASK in masked, name
        if name not in {"behind a user", "between"}:
            assert form not in masked, name
            assert masking.text(form).strip('*\\"') == "", name


@settings(max_examples=60)
@given(secrets, st.text(characters, max_size=20))
def test_masking_twice_is_masking_once(secret: str, text: str) -> None:
    masking = Masking([secret, secret[1:], secret[::-1]])

    once = masking.text(f"{text}{secret}{text}")

    assert masking.text(once) == once
    assert secret not in once


@given(st.lists(st.text(string.ascii_lowercase, min_size=SHORTEST), max_size=5), harmless)
def test_a_text_without_secrets_stays_as_it_is(several: list[str], text: str) -> None:
    assert Masking(several).text(text) == text


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(characters),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(characters), inner),
    max_leaves=10,
)


@settings(max_examples=60)
@given(secrets, values)
def test_no_secret_is_left_in_a_tree(secret: str, value: Any) -> None:
    masked = Masking([secret]).tree({"a": value, secret: [secret, {"b": f"({secret})"}]})

    assert secret not in texts_of(masked)
    assert Masking([secret]).tree(masked) == masked


@given(values)
def test_a_tree_without_secrets_is_the_same(value: Any) -> None:
    assert Masking([]).tree(value) is value


def texts_of(value: Any) -> str:
    if isinstance(value, dict):
        return "\0".join([*value, *map(texts_of, value.values())])
    if isinstance(value, list):
        return "\0".join(map(texts_of, value))
    return value if isinstance(value, str) else ""
