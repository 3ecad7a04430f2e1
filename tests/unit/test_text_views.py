"""Views: what a text can be read as, and where each character of them comes from."""

import pytest

from shared.text_views import ROUNDS, View, has_broken_base64, joined_lines, plain, views


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (r"a\"b\/c\n", 'a"b/c\n'),
        (r"\u00f6\ud83d\ude00\U0001F600", "ö😀😀"),
        (r"b'\xc3\xb6\xe9'", "b'öé'"),
        ("%C3%b6%20%E9", "ö é"),
        ("&lt;&#246;&#xF6;&auml;", "<öö&auml;".replace("&auml;", "ä")),
        ("%5Cu0041&amp;#66;%2543", "ABC"),
        (r"\q %zz &nothing; &#9999999;", r"\q %zz &nothing; &#9999999;"),
        (r"\U00110000", r"\U00110000"),
    ],
)
def test_escapes_are_undone_alone_mixed_and_inside_each_other(text: str, read: str) -> None:
    assert plain(text) == read


def test_a_text_without_escapes_has_one_view() -> None:
    assert [view.text for view in views("no + escapes")] == ["no + escapes"]


def test_each_family_is_undone_by_itself_too() -> None:
    found = {view.text for view in views(r"C:\new%20name&amp;")}

    assert {r"C:\new name&amp;", r"C:\new%20name&", "C:\new name&"} <= found


def test_only_wanted_short_escapes_are_undone() -> None:
    text = r"one\ntwo \"three\" \\\"four\\\""

    assert [view.text for view in views(text, wanted=frozenset('"'))] == [
        text,
        r'one\ntwo "three" \"four\"',
        r'one\ntwo "three" "four"',
    ]
    assert len(list(views(text, wanted=frozenset()))) == 1
    assert len(list(views(text, wanted=frozenset("/")))) == 1


def test_a_view_knows_its_places_in_the_raw_text() -> None:
    text = r"a%5C%75002Db \"%C3%B6\" c"
    last = list(views(text))[-1]

    for at, char in enumerate(last.text):
        start, end = last.raw(at, at + 1)
        assert plain(text[start:end]) == char
    assert last.raw(0, len(last.text)) == (0, len(text))


def test_layers_beyond_the_last_round_stay() -> None:
    assert plain("%" + "25" * (ROUNDS + 1) + "41") != "A"
    assert plain("%" + "25" * (ROUNDS - 1) + "41") == "A"


def test_lines_of_base64_are_joined_and_know_their_places() -> None:
    line = "Aa0+/_-" * 10
    raw = View(f"a\nb\n{line}\n{line}\r\nend\n")

    joined = joined_lines(raw)

    assert joined.text == f"a\nb\n{line}{line}end\n"
    assert joined.raw(4, 4 + 143) == (4, 4 + 146)
    assert joined.raw(4, 4 + 70) == (4, 4 + 70)
    assert joined.raw(4 + 70, 4 + 71) == (4 + 71, 4 + 72)
    assert has_broken_base64(raw.text)


def test_other_lines_are_not_joined() -> None:
    raw = View(f"{'a' * 63}\n{'b' * 70} \n\n")

    assert joined_lines(raw) is raw
    assert not has_broken_base64(raw.text)
