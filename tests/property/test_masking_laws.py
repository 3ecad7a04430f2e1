"""Laws of masking: no form of a secret survives, nothing else changes, twice is once."""

import base64
import html
import json
import string
from collections.abc import Callable
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


def hexed(char: str, mark: str) -> str:
    return "".join(f"{mark}{byte:02x}" for byte in char.encode())


def as_json(char: str) -> str:
    return json.dumps(char)[1:-1]


SPELLINGS: tuple[Callable[[str], str], ...] = (
    lambda char: char,
    lambda char: hexed(char, "%"),
    lambda char: hexed(char, "\\x"),
    as_json,
    lambda char: "".join(
        f"\\u{int.from_bytes(pair, 'big'):04X}"
        for pair in zip(*[iter(char.encode("utf-16-be"))] * 2, strict=True)
    ),
    lambda char: f"&#{ord(char)};",
    lambda char: f"&#x{ord(char):X};",
    html.escape,
)
# A lone mark of an escape, raw among escapes, is part of another one.
mixable = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\\%&"))


@settings(max_examples=200)
@given(mixable.filter(lambda text: len(text.strip().strip("*")) >= SHORTEST), st.data())
def test_a_secret_is_found_in_any_mixture_of_spellings(secret: str, data: st.DataObject) -> None:
    spelled = [data.draw(st.sampled_from(SPELLINGS))(char) for char in secret]

    masked = Masking([secret]).text(f"<{''.join(spelled)}>")

    assert masked.replace(MASK, "").strip("<> ") == ""


NESTINGS: tuple[Callable[[str], str], ...] = (
    json.dumps,
    repr,
    lambda text: repr(text.encode()),
    lambda text: quote(text, safe=""),
    html.escape,
    lambda text: json.dumps(text, ensure_ascii=False),
)


@settings(max_examples=200)
@given(secrets, st.lists(st.sampled_from(NESTINGS), min_size=1, max_size=4), harmless)
def test_a_secret_is_found_in_encodings_of_encodings(
    secret: str, nested: list[Callable[[str], str]], beside: str
) -> None:
    written = f"{beside}{secret}{beside}"
    for encode in nested:
        written = encode(written)

    assert MASK in Masking([secret]).text(written)


@given(st.text(string.ascii_letters + "äöß", min_size=8), harmless)
def test_a_secret_is_found_in_any_case(secret: str, beside: str) -> None:
    masking = Masking([secret])

    for changed in (secret.lower(), secret.upper(), secret.casefold(), secret.swapcase()):
        assert MASK in masking.text(f"{beside}{changed}{beside}")


@given(st.lists(st.text(string.ascii_letters, min_size=8), min_size=2, max_size=5))
def test_each_line_of_a_secret_is_one(lines: list[str]) -> None:
    for line in lines:
        assert Masking(["\n".join(lines), "other"]).text(f"({line})") == f"({MASK})"


@given(st.text(string.ascii_letters + string.digits, min_size=16, max_size=40), st.data())
def test_a_quoted_piece_of_a_secret_is_masked(secret: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(secret) - 8))
    piece = secret[start : data.draw(st.integers(start + 8, len(secret)))]

    assert Masking([secret]).quoted(f"[{piece.upper()}]") == f"[{MASK}]"


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
