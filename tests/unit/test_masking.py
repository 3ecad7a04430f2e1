"""Masking, by example."""

import base64
import csv
import io
import json
import textwrap
from typing import Any
from urllib.parse import quote

import pytest

from shared.masking import Masking

KEY = 'pa"ss/wörd\n1'


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("nothing to see", "nothing to see"),
        (f"key={KEY};", "key=******;"),
        (r'{"key":"pa\"ss/w\u00f6rd\n1"}', '{"key":"******"}'),
        (r"pa\\\"ss\\/w\\u00F6rd\\n1", "******"),
        ("?key=pa%22ss%2Fw%C3%B6rd%0A1&x", "?key=******&x"),
        ("?key=pa%22ss/w%c3%b6rd%0a1", "?key=******"),
        ("cGEic3Mvd8O2cmQKMQ==", "******"),
        ("Basic dXNlcjpwYSJzcy93w7ZyZAox", "Basic dXNlcjp******"),
    ],
)
def test_a_secret_is_found_however_it_is_written(text: str, masked: str):
    assert Masking([KEY]).text(text) == masked


def test_what_is_shorter_than_four_characters_is_not_looked_for():
    assert not Masking(["abc", ""])
    assert Masking(["abc"]).text("abc") == "abc"


def test_a_secret_from_a_file_is_found_without_its_line_break():
    assert Masking(["s3cret\n"]).text("it is s3cret.") == "it is ******."


def test_the_longer_of_two_secrets_goes_first():
    assert Masking(["token", "token-of-mine"]).text("token-of-mine token") == "****** ******"


def test_a_mask_does_not_make_another_secret_visible():
    assert Masking(["b*****"]).text("bb*****") == "*******"


def test_asterisks_are_no_secret():
    assert Masking(["*****"]).text("*****") == "*****"


def test_numbers_and_names_are_masked_too():
    tree = {"pin": 12345, "other": 1.5, "yes": True, "12345": [None, "no. 12345"]}

    assert Masking(["12345"]).tree(tree) == {
        "pin": "******",
        "other": 1.5,
        "yes": True,
        "******": [None, "no. ******"],
    }


def test_names_that_become_equal_stay_apart():
    masking = Masking(["alpha-key-1", "beta-key-22"])

    assert masking.tree({"alpha-key-1": 1, "beta-key-22": 2, "ALPHA-key-1": 3, "c": 4}) == {
        "******": 1,
        "****** (2)": 2,
        "****** (3)": 3,
        "c": 4,
    }


def test_a_secret_full_of_backslashes_is_looked_for_without_delay():
    assert Masking(["\\" * 40 + "x"]).text("\\" * 3000) == "\\" * 3000


@pytest.mark.parametrize(
    "written",
    [
        repr(KEY),
        repr(KEY.encode()),
        ascii(KEY),
        KEY.upper(),
        KEY.casefold(),
        "pa&quot;ss/w&ouml;rd&#10;1",
        "pa&#34;ss%2Fw\\u00f6rd&#xA;1",
        "pa%2522ss%252Fw%25C3%25B6rd%250A1",
    ],
)
def test_a_secret_is_found_in_other_spellings(written: str):
    assert Masking([KEY]).text(written).strip("b'\"") == "******"


@pytest.mark.parametrize("charset", ["latin-1", "cp1252"])
@pytest.mark.parametrize("secret", ['Zebra"Quartz/77+Lümen$x', "naïve-“pass”-Å", "Straße Åland €"])
def test_a_secret_is_found_whose_utf_8_a_service_reads_in_another_charset(
    secret: str, charset: str
):
    misread = secret.encode().decode(charset, "surrogateescape")
    written = "".join(chr(ord(each) - 0xDC00) if each >= "\ud800" else each for each in misread)
    masking = Masking([secret])

    assert masking.text(f"got {written}.") == "got ******."
    assert masking.text(json.dumps(f"got {written}.")) == '"got ******."'
    assert masking.text(f"got {written.upper().lower()}.") == "got ******."
    assert masking.quoted(f"got {written[1:]}.") == "got ******."


def test_base64_goes_with_its_padding_and_in_escapes():
    masking = Masking(["??>>secret"])

    assert masking.text("Pz8+PnNlY3JldA==.") == "******."
    assert masking.text("Pz8-PnNlY3JldA.") == "******."
    assert masking.text("Pz8%2BPnNlY3JldA%3D%3D") == "******"


def test_each_line_of_a_secret_is_masked_by_itself():
    masking = Masking(["first-line-1\nshort\r\nsecond-line"])

    assert masking.text("FIRST-LINE-1, short") == "******, short"
    assert masking.text("second-line") == "******"


def test_other_letters_are_not_taken_for_question_marks():
    assert Masking(["ab?cd"]).text("abécd ab?cd") == "abécd ******"


def test_a_quoted_piece_of_a_secret_is_masked_however_it_is_written():
    masking = Masking(["0123456789abcdef", "se/cret%20of"])

    assert masking.quoted("step 456789ABC of it") == "step ****** of it"
    assert masking.quoted("step 456789A") == "step 456789A"
    assert masking.quoted("e\\/cret%20o") == "******"
    assert masking.text("step 456789ABC of it") == "step 456789ABC of it"


def test_what_is_quoted_is_bounded():
    assert Masking(["secret"]).quoted("x" * 20_000) == "x" * 10_000 + "…"


def test_what_shows_a_secret_again_and_again_is_not_shown_at_all():
    assert Masking(["b*****"]).text("b" * 50 + "*****") == "******"


ACCOUNT = {
    "type": "service_account",
    "private_key": "-----BEGIN KEY-----\nMIIEowIBAAKCAQEA\nabcdefghijklmnop\n-----END KEY-----\n",
    "password": "correct-horse-battery",
    "hosts": [{"name": "db.internal.example", "id": 1234567890123}],
    "pin": "1234567",
}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("separators", [None, (",", ":")])
def test_what_a_secret_of_json_holds_is_masked_by_itself(
    indent: int | None, separators: tuple[str, str] | None
):
    masking = Masking([json.dumps(ACCOUNT, indent=indent)])

    masked = masking.tree(ACCOUNT)
    written = masking.text(json.dumps(ACCOUNT, separators=separators))

    assert masked == {
        "type": "******",
        "private_key": "******",
        "password": "******",
        "hosts": [{"name": "******", "id": "******"}],
        "pin": "1234567",
    }
    assert "correct-horse" not in written
    assert "MIIEowIBAAK" not in written
    assert masking.text("line MIIEowIBAAKCAQEA of it") == "line ****** of it"


@pytest.mark.parametrize(
    "secret", ["[" * 8000, '{"a": ' * 1000, "[NaN, 1e999]", '{"a": 1', "9" * 8000]
)
def test_a_secret_that_is_like_json_and_holds_nothing_is_a_text(secret: str):
    assert Masking([secret]).text(f"it is {secret}.") == "it is ******."


def test_lines_of_a_secret_are_known_where_its_line_breaks_are_escapes():
    masking = Masking([r"-----BEGIN KEY-----\nMIIEowIBAAKCAQEA\n-----END KEY-----"])

    assert masking.text("MIIEowIBAAKCAQEA") == "******"
    assert masking.tree(["-----BEGIN KEY-----", "a MIIEowIBAAKCAQEA"]) == ["******", "a ******"]


QUOTES = """pa"55'wo"rd'; --x"""


@pytest.mark.parametrize("mark", ['"', "'"])
def test_a_secret_is_found_where_its_quotes_are_doubled(mark: str):
    masking = Masking([QUOTES])
    line = io.StringIO()
    csv.writer(line, quotechar=mark, quoting=csv.QUOTE_ALL).writerow([f"key={QUOTES}", "b"])
    row: Any = {"text": line.getvalue()}

    assert masking.tree(row) == {"text": f"{mark}key=******{mark},{mark}b{mark}\r\n"}
    assert masking.text(json.dumps(row)) == json.dumps(masking.tree(row))


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ("p%40ss-word-long", "p@ss-word-long"),
        ("-----BEGIN-----\\nMIIEvQIBADANBgkq\\nAQEFAASC\\n", "MIIEvQIBADANBgkq"),
        ('{\n "key": "-----BEGIN-----\\nMIIEvQIBADANBgkq\\n"\n}', "MIIEvQIBADANBgkq"),
    ],
)
def test_a_secret_that_is_written_with_escapes_is_found_without_them(secret: str, text: str):
    assert Masking([secret]).text(f"it is {text}.") == "it is ******."


LONG = "".join(f"{number:x}-" for number in range(900, 960))


@pytest.mark.parametrize("before", ["", "user:", "a", "x" * 100])
@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
@pytest.mark.parametrize("columns", [64, 76])
def test_a_long_secret_is_found_in_base64_with_line_breaks(
    columns: int, line_break: str, before: str
):
    encoded = base64.b64encode(f"{before}{LONG}".encode()).decode()
    written = line_break.join(textwrap.wrap(encoded, columns))
    middle = encoded[-100:-80]

    for text in (f"it is\n{written}\n", json.dumps({"a": written}), quote(written)):
        masked = Masking([LONG]).text(text)

        assert "******" in masked
        assert middle not in masked.replace("\\r", "").replace("\\n", "").replace("\n", "")
    assert Masking([LONG]).text(f"it is\n{written}\nend").startswith("it is\n")
    assert Masking([LONG]).text(f"it is\n{written}\nend").endswith("\nend")


def test_forms_of_parts_are_found_in_forms_of_charsets_and_quotes():
    masking = Masking(
        [json.dumps({"key": 'sch"l\u00fcssel-5', "next": "line-one-1\nline-zw\u00f6lf"})]
    )

    assert masking.text("Line-One-1, LINE-ZWÖLF") == "******, ******"
    for found in ('sch"lüssel-5', 'sch""lÃ¼ssel-5', "line-zwÃ¶lf", "line-zw%C3%B6lf"):
        assert masking.text(f"({found})") == "(******)"


def test_a_secret_that_is_written_with_escapes_is_found_in_base64_as_it_is_meant():
    encoded = base64.b64encode(b"p@ss-word-long").decode()

    assert Masking(["p%40ss-word-long"]).text(f"Basic {encoded}") == "Basic ******"


@pytest.mark.parametrize(
    "secret", ['qu"ote-and-more', "back\\slash-secret", "pässwörd-lang", "two\nlines-of-it"]
)
@pytest.mark.parametrize("is_ascii", [True, False])
@pytest.mark.parametrize("ahead", ["", "x", "xy"])
def test_a_secret_in_a_json_body_is_found_in_the_bodys_base64(
    secret: str, ahead: str, *, is_ascii: bool
):
    body = json.dumps({ahead: secret}, ensure_ascii=is_ascii)
    encoded = base64.b64encode(body.encode()).decode()

    shown = Masking([secret]).text(encoded)

    assert "******" in shown
    assert (
        base64.b64encode(json.dumps(secret, ensure_ascii=is_ascii).encode()[2:-2])[:8].decode()
        not in shown
    )
