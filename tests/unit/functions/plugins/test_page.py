"""The pages of task types: everything of the manifest is there, as text, and nothing else."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from functions.plugins.page import HEADERS, page_of
from shared.json_schema.builders import anything, closed, outputs, string
from shared.plugins.reference import output_rows, property_rows
from shared.plugins.registry import available_plugins
from shared.plugins.sdk.plugin import Manifest

MANIFESTS = [plugin.manifest for plugin in available_plugins()]


class Read(HTMLParser):
    """What a page holds: its tags with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes |= {f"{tag} {name}" for name, _ in attrs}
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda manifest: manifest.id)
def test_a_page_says_all_of_a_manifest_and_loads_nothing(manifest: Manifest) -> None:
    page = Read(page_of(manifest, "- name: a\n"))

    rows = [*property_rows(manifest), *output_rows(manifest)]
    said = [manifest.id, manifest.name, manifest.description, *(row.description for row in rows)]
    assert [text for text in said if text.replace("`", "") not in page.text] == []
    assert page.open == []
    assert page.attributes == {"html lang", "meta charset", "meta name", "meta content"}


def test_what_a_manifest_says_is_text_and_no_html() -> None:
    bad = "<script>alert(1)</script> & `<b>`"
    manifest = Manifest(
        id="a.b<i>",
        name=bad,
        category="core",
        description=bad,
        input_schema=closed({"<x>": string(bad, default=bad)}, required=["<x>"]),
        output_schema=outputs({"<y>": anything(bad)}),
    )

    page = page_of(manifest, f"- name: {bad}\n")

    assert not re.search(r"<(script|b|i|x|y)>", page)
    assert page.count("&lt;script&gt;") == 6
    assert "<code>&lt;b&gt;</code>" in page


def test_only_the_style_of_the_page_itself_is_allowed() -> None:
    [style] = re.findall(r"<style>(.*)</style>", page_of(MANIFESTS[0], ""))

    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}';" in HEADERS["Content-Security-Policy"]
