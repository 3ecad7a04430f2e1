"""Pages: what is put into them is text, and their own script alone may run."""

from shared.http.html import code, headers_of, page, prose, table


def test_texts_are_escaped_and_backticks_are_code() -> None:
    assert prose("a `<b>` & c") == "a <code>&lt;b&gt;</code> &amp; c"
    assert code("<") == "<code>&lt;</code>"
    assert code("") == ""
    assert "<title>&lt;i&gt;</title>" in page("<i>", "")


def test_a_table_without_rows_says_so() -> None:
    assert table(("A",), []) == "<p>None.</p>"
    assert table(("A",), [("<b>x</b>",)]).count("<tr>") == 2


def test_no_script_runs_where_the_page_has_none() -> None:
    assert "script-src" not in headers_of()["Content-Security-Policy"]
    assert "<script>" not in page("t", "b")
    assert headers_of("a")["Content-Security-Policy"] != headers_of("b")["Content-Security-Policy"]
