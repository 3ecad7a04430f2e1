"""The page of a task type: its manifest for people, as plain HTML without scripts."""

import base64
import hashlib
from collections.abc import Iterable
from html import escape
from typing import Final

from shared.plugins.reference import Row, output_rows, property_rows
from shared.plugins.sdk.plugin import Manifest

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;vertical-align:top;border-bottom:1px solid #ccc;padding:.3rem .6rem}"
    "code{font-family:ui-monospace,monospace}"
    "pre{background:#f4f4f4;padding:.6rem;overflow:auto}"
)
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

HEADERS: Final = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""The headers that forbid the page everything but its own style."""


def page_of(manifest: Manifest, example: str) -> str:
    """Return the page as HTML; `example` is a task in YAML, or empty."""
    title = escape(f"{manifest.id}: {manifest.name}")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1><code>{escape(manifest.id)}</code></h1>\n"
        f"<p>{escape(manifest.name)}. {_text(manifest.description)}</p>\n"
        f"<h2>Properties</h2>\n{_properties(property_rows(manifest))}\n"
        f"<h2>Outputs</h2>\n{_outputs(manifest)}\n"
        f"{_example(example)}"
        "</body>\n</html>\n"
    )


def _example(example: str) -> str:
    shown = f"<h2>Example</h2>\n<pre><code>{escape(example)}</code></pre>\n"
    return shown if example else ""


def _properties(rows: Iterable[Row]) -> str:
    cells = (
        (
            _code(row.name),
            escape(row.kind),
            "required" if row.is_required else _code(row.default),
            _text(row.description),
        )
        for row in rows
    )
    return _table(("Property", "Type", "Default", "Meaning"), cells)


def _outputs(manifest: Manifest) -> str:
    rows = output_rows(manifest)
    if not rows:
        return f"<p>{_text(manifest.output_schema.get('description', 'None.'))}</p>"
    cells = ((_code(row.name), escape(row.kind), _text(row.description)) for row in rows)
    return _table(("Output", "Type", "Meaning"), cells)


def _table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{title}</th>" for title in titles)
    body = "\n".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table>\n<tr>{head}</tr>\n{body}\n</table>" if body else "<p>None.</p>"


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>" if text else ""


def _text(text: str) -> str:
    """Return a description as HTML: what stands between backticks is code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts))
