"""HTTP resource /plugins: the task types that a flow can use today, and a page for each."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from functions.plugins.examples import example_of
from functions.plugins.page import HEADERS, page_of
from shared.errors import PluginNotFoundError
from shared.http.app import http_app, http_handler
from shared.http.html import ANSWER as PAGE
from shared.plugins.registry import PluginCategory, available_plugins, categories, find
from shared.plugins.sdk.plugin import Category, Manifest

app = http_app()


@app.get("/api/v1/plugins", summary="List the task types, by id")
def list_plugins(category: Category | None = None) -> list[Manifest]:
    manifests = [plugin.manifest for plugin in available_plugins()]
    return [manifest for manifest in manifests if category in {None, manifest.category}]


@app.get("/api/v1/plugins/categories", summary="List the groups of task types, by id")
def list_categories() -> list[PluginCategory]:
    return list(categories())


@app.get("/api/v1/plugins/<plugin_id>", summary="Read a task type; the dot is part of its id")
def get_plugin(plugin_id: str) -> Manifest:
    return _manifest(plugin_id)


@app.get("/docs/plugins/<plugin_id>", summary="Read a task type as a page", responses=PAGE)
def get_plugin_page(plugin_id: str) -> Response[Any]:
    page = page_of(_manifest(plugin_id), example_of(plugin_id))
    return Response(HTTPStatus.OK, "text/html; charset=utf-8", page, headers=HEADERS)


def _manifest(plugin_id: str) -> Manifest:
    plugin = find(plugin_id)
    if plugin is None or not plugin.is_available:
        raise PluginNotFoundError("there is no such plugin")
    return plugin.manifest


lambda_handler = http_handler(app)
