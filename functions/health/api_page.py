"""The page of the API at /docs: the OpenAPI document for people, without a CDN."""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from html import escape
from typing import Any, Final

from shared.http.html import code, headers_of, page, prose, table
from shared.http.openapi import document

Json = Mapping[str, Any]

SEARCH: Final = (
    'const box=document.getElementById("search");box.hidden=false;'
    'box.addEventListener("input",()=>{const words=box.value.toLowerCase().split(/\\s+/);'
    'for(const each of document.querySelectorAll("details"))'
    "each.hidden=!words.every(word=>each.textContent.toLowerCase().includes(word))})"
)
"""The search box: it hides what holds not all the words."""
HEADERS: Final = headers_of(SEARCH)


@cache
def api_page() -> str:
    """Return the page, made once a process."""
    return page_of(json.loads(document()))


def page_of(described: Json) -> str:
    """Return the page of an OpenAPI document."""
    info = described["info"]
    nouns: dict[str, list[str]] = {}
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            shown = _operation(method.upper(), path, operation)
            nouns.setdefault(operation["tags"][0], []).append(shown)
    parts = [f"<h2>{escape(noun)}</h2>\n{''.join(nouns[noun])}" for noun in sorted(nouns)]
    schemas = described["components"]["schemas"]
    body = (
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>\n"
        '<p>What the API takes and answers. The same for programs: <a href="/openapi.json">'
        "openapi.json</a>. A call with a role in brackets takes <code>Authorization: Bearer"
        "</code> and a token of <code>POST /auth/login</code>.</p>\n"
        '<input id="search" type="search" placeholder="Search" aria-label="Search" hidden>\n'
        f"{''.join(parts)}<h2>Shapes</h2>\n"
        f"{''.join(_schema(name, schemas[name]) for name in sorted(schemas))}"
    )
    return page(f"{info['title']}: the API", body, SEARCH)


def _operation(method: str, path: str, operation: Json) -> str:
    roles = [role for each in operation.get("security", ()) for role in each["bearer"]]
    who = f"({escape(roles[0])})" if roles else "(everybody)"
    parameters = table(("Parameter", "In", "Type", ""), map(_parameter, _sorted(operation)))
    return (
        f'<details id="{escape(operation["operationId"])}">\n'
        f"<summary>{code(f'{method} {path}')} {prose(operation.get('summary', ''))} {who}"
        f"</summary>\n{_roles(roles)}{parameters}\n{_body(operation)}"
        f"{table(('Status', 'Answer'), _answers(operation['responses']))}\n</details>\n"
    )


def _roles(roles: Iterable[str]) -> str:
    named = ", ".join(map(escape, roles))
    return f"<p>Roles: {named}.</p>\n" if named else ""


def _sorted(operation: Json) -> list[Json]:
    places = ("path", "query", "header")
    return sorted(operation.get("parameters", ()), key=lambda each: places.index(each["in"]))


def _parameter(parameter: Json) -> tuple[str, str, str, str]:
    more = "required. " if parameter.get("required") else ""
    told = parameter.get("description") or parameter["schema"].get("description", "")
    return (
        code(parameter["name"]),
        escape(parameter["in"]),
        _kind(parameter["schema"]),
        more + prose(told),
    )


def _body(operation: Json) -> str:
    body = operation.get("requestBody")
    if body is None:
        return ""
    kinds = (f"{code(kind)} {_kind(each['schema'])}" for kind, each in body["content"].items())
    return f"<p>Body: {', or '.join(kinds)}</p>\n"


def _answers(responses: Json) -> Iterator[tuple[str, str]]:
    for status, response in responses.items():
        content = response.get("content", {})
        shapes = [_kind(each["schema"]) for each in content.values() if each.get("schema")]
        if status < "4":
            yield code(status), f"{prose(response['description'])} {', '.join(shapes)}"
        elif status != "default":
            yield code(status), prose(response["description"])


def _schema(name: str, schema: Json) -> str:
    required = schema.get("required", ())
    rows = (
        (
            code(field),
            _kind(each),
            ("required. " if field in required else "") + prose(each.get("description", "")),
        )
        for field, each in schema.get("properties", {}).items()
    )
    fields = table(("Field", "Type", ""), rows) if schema.get("properties") else _kind(schema)
    return (
        f'<details id="schema-{escape(name)}">\n<summary>{code(name)}</summary>\n'
        f"<p>{prose(schema.get('description', ''))}</p>\n{fields}\n</details>\n"
    )


def _kind(schema: Json) -> str:
    """Return a schema in a few words, as HTML; what has a name links to it."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#schema-{name}">{name}</a>'
    choices = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if choices:
        return " or ".join(dict.fromkeys(map(_kind, choices)))
    if "enum" in schema:
        return ", ".join(code(json.dumps(each)) for each in schema["enum"])
    if "const" in schema:
        return code(json.dumps(schema["const"]))
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return escape(" or ".join(kind) if isinstance(kind, list) else kind) + _bounds(schema)


def _bounds(schema: Json) -> str:
    names = {"minimum": "≥ ", "maximum": "≤ ", "maxLength": "at most ", "pattern": ""}
    found = [f"{words}{code(str(schema[name]))}" for name, words in names.items() if name in schema]
    return f" ({', '.join(found)})" if found else ""
