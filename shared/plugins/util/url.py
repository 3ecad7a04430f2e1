"""URLs taken apart, put together, and text made fit for them."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlunsplit

from shared.json_schema.builders import anything, choice, closed, integer, mapping, outputs, string
from shared.messages import Message, reason
from shared.plugins.sdk.plugin import Manifest, Plugin, TaskContext
from shared.plugins.sdk.urls import split_url
from shared.plugins.sdk.values import invalid, text

Properties = Mapping[str, Any]

_MAX_PARAMETERS = 10_000
_SCALAR = {"type": ["string", "number", "boolean", "null"]}
_PARTS = closed(
    {
        "scheme": string("Such as https.", pattern="^[A-Za-z][A-Za-z0-9+.-]*$"),
        "host": string("A name or an address."),
        "port": integer("The port.", minimum=0, maximum=65535),
        "path": string("The path, encoded where it has to be."),
        "query": mapping(
            "Names and values; a list gives a name several times.",
            additionalProperties={"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}]},
        ),
        "fragment": string("What comes after #."),
    },
    description="build: the parts of the URL.",
)


def _url(properties: Properties, _context: TaskContext) -> Mapping[str, Any]:
    try:
        return _OPERATIONS[properties["operation"]](properties)
    except (ValueError, UnicodeError) as error:
        raise invalid(Message("url is malformed: {why}", why=reason(error))) from None


def _parse(properties: Properties) -> Mapping[str, Any]:
    parts = split_url(properties["url"])
    pairs = parse_qsl(
        parts.query, keep_blank_values=True, max_num_fields=_MAX_PARAMETERS, separator="&"
    )
    query: dict[str, Any] = {}
    for name, value in pairs:
        query.setdefault(name, []).append(value)
    return {
        "scheme": parts.scheme,
        "host": parts.hostname or "",
        "port": parts.port,
        "path": parts.path,
        "query": {name: each[0] if len(each) == 1 else each for name, each in query.items()},
        "fragment": parts.fragment,
    }


def _build(properties: Properties) -> Mapping[str, Any]:
    parts = properties["parts"]
    host = parts.get("host", "")
    if any(each in host for each in "/?#@\\ "):
        raise invalid("host has a character that no host has")
    netloc = f"[{host}]" if ":" in host else host
    if "port" in parts:
        netloc += f":{int(parts['port'])}"
    path = quote(parts.get("path", ""), safe="/%:@!$&'()*+,;=~-._")
    if netloc and path and not path.startswith("/"):
        path = f"/{path}"
    query = urlencode(
        [
            (name, text(each))
            for name, value in parts.get("query", {}).items()
            for each in (value if isinstance(value, list) else [value])
            if each is not None
        ]
    )
    fragment = quote(parts.get("fragment", ""), safe="/?%:@!$&'()*+,;=~-._")
    whole = SplitResult(parts.get("scheme", ""), netloc, path, query, fragment)
    return {"result": urlunsplit(whole)}


_OPERATIONS: Mapping[str, Callable[[Properties], Mapping[str, Any]]] = {
    "parse": _parse,
    "build": _build,
    "encode": lambda properties: {"result": quote(properties["url"], safe="")},
    "decode": lambda properties: {"result": unquote(properties["url"], errors="strict")},
}

PLUGINS = (
    Plugin(
        Manifest(
            id="util.url",
            name="URL",
            category="utility",
            description="Takes URLs apart, builds them, and encodes or decodes text for them.",
            input_schema=closed(
                {
                    "operation": choice("What to do.", *_OPERATIONS),
                    "url": string("The URL; the text for encode and decode."),
                    "parts": _PARTS,
                },
                required=["operation"],
                needs={
                    "parse": ["url"],
                    "build": ["parts"],
                    "encode": ["url"],
                    "decode": ["url"],
                },
            ),
            output_schema=outputs(
                {
                    "scheme": string("parse: such as https."),
                    "host": string("parse: in lower case, without a username."),
                    "port": anything("parse: a number, null when it is not written."),
                    "path": string("parse: as written."),
                    "query": mapping("parse: name to value, a list when there are several."),
                    "fragment": string("parse: what comes after #."),
                    "result": string("build, encode and decode: the text."),
                },
                required=[],
            ),
            icon="link",
        ),
        _url,
    ),
)
