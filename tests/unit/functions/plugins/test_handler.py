"""The routes of /plugins."""

import pytest

from functions.plugins.handler import lambda_handler
from tests.support.api import call


def test_the_plugins_come_whole_and_by_id_with_their_schemas() -> None:
    found = call(lambda_handler, "GET", "/api/v1/plugins")

    ids = [plugin["id"] for plugin in found.json]
    assert found.status == 200
    assert ids == sorted(ids)
    assert {"core.set", "util.log"} <= set(ids)
    assert set(found.json[0]) >= {
        "id",
        "name",
        "category",
        "description",
        "inputSchema",
        "outputSchema",
    }


def test_what_cannot_run_yet_is_not_shown() -> None:
    assert call(lambda_handler, "GET", "/api/v1/plugins/worker.job").status == 404
    assert "worker.job" not in (call(lambda_handler, "GET", "/api/v1/plugins").text or "")


def test_a_category_narrows_the_list() -> None:
    found = call(lambda_handler, "GET", "/api/v1/plugins?category=utility").json

    assert {plugin["category"] for plugin in found} == {"utility"}


@pytest.mark.parametrize("query", ["category=none", "limit=5"])
def test_a_wrong_filter_is_refused(query: str) -> None:
    found = call(lambda_handler, "GET", f"/api/v1/plugins?{query}")

    assert (found.status, found.json["code"]) == (400, "invalid_request")


def test_the_categories_are_counted() -> None:
    found = call(lambda_handler, "GET", "/api/v1/plugins/categories").json

    whole = call(lambda_handler, "GET", "/api/v1/plugins").json
    assert sum(category["count"] for category in found) == len(whole)
    assert [category["id"] for category in found] == sorted(each["id"] for each in found)
    assert set(found[0]) == {"id", "name", "count"}


def test_one_plugin_is_read_by_its_id_dot_and_all() -> None:
    found = call(lambda_handler, "GET", "/api/v1/plugins/util.log")

    assert (found.status, found.json["id"]) == (200, "util.log")
    missing = call(lambda_handler, "GET", "/api/v1/plugins/util.nope")
    assert (missing.status, missing.json["code"]) == (404, "plugin_not_found")


def test_the_page_of_a_plugin_is_html_that_can_run_nothing() -> None:
    found = call(lambda_handler, "GET", "/docs/plugins/http.request")

    policy = found.headers["content-security-policy"]
    assert (found.status, found.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert found.headers["x-content-type-options"] == "nosniff"
    assert "<h1><code>http.request</code></h1>" in (found.text or "")


@pytest.mark.parametrize("name", ["util.nope", "worker.job", "<b>"])
def test_there_is_no_page_where_there_is_no_plugin(name: str) -> None:
    found = call(lambda_handler, "GET", f"/docs/plugins/{name}")

    assert (found.status, found.json["code"]) == (404, "plugin_not_found")
    assert found.headers["content-type"] == "application/problem+json"
