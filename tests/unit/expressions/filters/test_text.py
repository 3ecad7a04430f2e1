"""Filters of text, with the arguments of Jinja2 and ours."""

from typing import Any

import pytest

from tests.support.filters import render


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'aé' | upper", "AÉ"),
        ("5 | upper", "5"),
        ("'ABC' | lower", "abc"),
        ("'hELLO you' | capitalize", "Hello you"),
        ("'the qUICK-brown (fox)' | title", "The Quick-Brown (Fox)"),
        ("'  a ' | trim", "a"),
        ("'xxaxx' | trim('x')", "a"),
        ("'aaa' | replace('a', 'bb')", "bbbbbb"),
        ("'aaa' | replace('a', '', 2)", "a"),
        ("'ab' | replace('', '-')", "-a-b-"),
        ("'aaa' | replace('a', 'b', -1)", "bbb"),
        ("'a,b,,c' | split(',')", ["a", "b", "", "c"]),
        ("' a  b ' | split", ["a", "b"]),
        ("'a b c' | split(' ', 1)", ["a", "b c"]),
        ("'ab' | center(6)", "  ab  "),
        ("'one two, three' | wordcount", 3),
        ("'a\\nb\\n\\nc' | indent", "a\n    b\n\n    c"),
        ("'a\\n\\nb' | indent(1, true, true)", " a\n \n b"),
        ("'a\\nb' | indent('> ', first=true)", "> a\n> b"),
        ("'' | indent", ""),
        ("'one two three four' | truncate(11, leeway=0)", "one two..."),
        ("'one two three four' | truncate(11, true, '…', 0)", "one two th…"),
        ("'one two' | truncate(5)", "one two"),
        ("'aa bb cc' | wordwrap(5)", "aa bb\ncc"),
        ("'aaaaaaa b\\n\\nc' | wordwrap(3)", "aaa\naaa\na b\n\nc"),
        ("'aaaaaaa b' | wordwrap(3, false, '|')", "aaaaaaa|b"),
        ("'%s is %03d' | format('x', 7)", "x is 007"),
        ("'%(a)s%%' | format(a=1)", "1%"),
        ("'%5.1f|%-4s|%x|%c' % [2.25, 'é', 255, 65]", "  2.2|é   |ff|A"),
        ("'%s' % 'a'", "a"),
        ("5 | string", "5"),
        ("[1] | string", "[1]"),
        ("'abc' | startswith('ab')", True),
        ("'abc' | endswith('x')", False),
        ("'abc' | contains('b')", True),
        ("[1, 2] | contains(3)", False),
        ("prices | contains('A')", True),
        ("' Crème brûlée & Co. ' | slugify", "creme-brulee-co"),
        ("[' False ' | bool, 'yes' | bool, 0 | bool, [0] | bool]", [False, True, False, True]),
        ("'<a href=\"x\">\\'&' | escape", "&lt;a href=&#34;x&#34;&gt;&#39;&amp;"),
        ("'<b>' | e | safe | forceescape", "&amp;lt;b&amp;gt;"),
        ("'<p>a <!-- <b> --> b\\n &lt;<br/>c <d' | striptags", "a b <c <d"),
        ("'<!-- a > b' | striptags", "b"),
        ("{'id': 'a\"', 'n': none, 'k': 1} | xmlattr", ' id="a&#34;" k="1"'),
        ("{'id': 1} | xmlattr(false)", 'id="1"'),
        ("{} | xmlattr", ""),
    ],
)
def test_text_filters(expression: str, expected: Any) -> None:
    assert render(expression) == expected
