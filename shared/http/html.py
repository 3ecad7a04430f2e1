"""Pages for people: plain HTML, its own style, no script but one whose hash the page allows."""

import base64
import hashlib
from collections.abc import Iterable
from html import escape
from http import HTTPStatus
from typing import Any, Final

STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;vertical-align:top;border-bottom:1px solid #ccc;padding:.3rem .6rem}"
    "code{font-family:ui-monospace,monospace}"
    "pre{background:#f4f4f4;padding:.6rem;overflow:auto}"
    "details{border-bottom:1px solid #ddd;padding:.3rem 0}summary{cursor:pointer}"
    "input{font:inherit;width:100%;padding:.3rem;box-sizing:border-box}"
)

ANSWER: Final[dict[int, Any]] = {
    HTTPStatus.OK: {
        "description": "A page",
        "content": {"text/html": {"schema": {"type": "string"}}},
    }
}
"""The answer of a route that is a page, for the OpenAPI document."""


def headers_of(script: str = "") -> dict[str, str]:
    """Return the headers that forbid a page everything but its own style and this script."""
    allowed = f" script-src {_hash(script)};" if script else ""
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src {_hash(STYLE)};{allowed} base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'"
        ),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def page(title: str, body: str, script: str = "") -> str:
    """Return a whole page; `title` is text, `body` is HTML, `script` runs at its end."""
    ending = f"<script>{script}</script>\n" if script else ""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"{body}{ending}</body>\n</html>\n"
    )


def table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table of cells of HTML, or a word where it has no rows."""
    head = "".join(f"<th>{title}</th>" for title in titles)
    body = "\n".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table>\n<tr>{head}</tr>\n{body}\n</table>" if body else "<p>None.</p>"


def code(text: str) -> str:
    """Return a text as code, nothing for none."""
    return f"<code>{escape(text)}</code>" if text else ""


def prose(text: str) -> str:
    """Return a description as HTML: what stands between backticks is code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts))


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
