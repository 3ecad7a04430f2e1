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
