"""The page of a task type: its manifest for people, as plain HTML without scripts."""

from collections.abc import Iterable
from html import escape
from typing import Final

from shared.http.html import code, headers_of, page, prose, table
from shared.plugins.reference import Row, output_rows, property_rows
from shared.plugins.sdk.plugin import Manifest

HEADERS: Final = headers_of()


def page_of(manifest: Manifest, example: str) -> str:
    """Return the page as HTML; `example` is a task in YAML, or empty."""
    body = (
        f"<h1><code>{escape(manifest.id)}</code></h1>\n"
        f"<p>{escape(manifest.name)}. {prose(manifest.description)}</p>\n"
        f"<h2>Properties</h2>\n{_properties(property_rows(manifest))}\n"
        f"<h2>Outputs</h2>\n{_outputs(manifest)}\n"
        f"{_example(example)}"
    )
    return page(f"{manifest.id}: {manifest.name}", body)


def _example(example: str) -> str:
    shown = f"<h2>Example</h2>\n<pre><code>{escape(example)}</code></pre>\n"
    return shown if example else ""


def _properties(rows: Iterable[Row]) -> str:
    cells = (
        (
            code(row.name),
            escape(row.kind),
            "required" if row.is_required else code(row.default),
            prose(row.description),
        )
        for row in rows
    )
    return table(("Property", "Type", "Default", "Meaning"), cells)


def _outputs(manifest: Manifest) -> str:
    rows = output_rows(manifest)
    if not rows:
        return f"<p>{prose(manifest.output_schema.get('description', 'None.'))}</p>"
    cells = ((code(row.name), escape(row.kind), prose(row.description)) for row in rows)
    return table(("Output", "Type", "Meaning"), cells)
