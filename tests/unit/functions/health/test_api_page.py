"""The page of the API: every operation and every shape is on it, and nothing can be put into it."""

import json
from html.parser import HTMLParser
from typing import Any

from functions.health.api_page import HEADERS, SEARCH, api_page, page_of
from functions.health.handler import lambda_handler
from shared.http.openapi import document
from tests.support.api import call

MAX_BYTES = 400_000


class Read(HTMLParser):
    """What a page holds: tags, links, ids and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        found = dict(attrs)
        self.ids.add(found.get("id") or "")
        self.links.add(found.get("href") or "#")
        if tag not in {"meta", "input"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_everything_of_the_document_is_on_the_page_and_each_link_leads_somewhere() -> None:
    described: Any = json.loads(document())
    page = Read(api_page())

    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            assert f"{method.upper()} {path}" in page.text
            assert operation["operationId"] in page.ids
            assert {each["name"] for each in operation.get("parameters", ())} <= set(
                page.text.split()
            ) | {
                each["name"]
                for each in operation.get("parameters", ())
                if each["name"] in page.text
            }
    assert {f"schema-{name}" for name in described["components"]["schemas"]} <= page.ids
    local = {link[1:] for link in page.links if link.startswith("#") and link != "#"}
    assert local <= page.ids
    assert page.open == []
    assert len(api_page().encode()) < MAX_BYTES


def test_the_page_loads_nothing_and_runs_its_own_script_alone() -> None:
    answer = call(lambda_handler, "GET", "/docs", claims=None)

    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]
    assert "script-src 'sha256-" in answer.headers["content-security-policy"]
    assert (answer.text or "").count("<script>") == 1
    assert f"<script>{SEARCH}</script>" in (answer.text or "")


def test_what_the_document_says_is_text_and_no_html() -> None:
    bad = "<b>&</b>"
    operation = {
        "operationId": "x",
        "tags": [bad],
        "summary": bad,
        "parameters": [{"name": bad, "in": "query", "schema": {"type": "string", "pattern": bad}}],
        "responses": {"200": {"description": bad}, "400": {"description": bad}},
    }
    described = {
        "info": {"title": bad, "version": bad},
        "paths": {f"/{bad}": {"get": operation}},
        "components": {"schemas": {"A": {"description": bad, "enum": [bad]}}},
    }

    assert "b" not in Read(page_of(described)).tags
