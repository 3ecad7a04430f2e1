"""Masking, by example."""

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
