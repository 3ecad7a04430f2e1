"""A task of each type as YAML, for the pages of task types; a test checks every one."""

from collections.abc import Mapping
from typing import Final

EXAMPLES: Final[Mapping[str, str]] = {
    "core.set": "values: {currency: EUR, total: '{{ inputs.net * 1.19 }}'}",
    "flow.flatten": "items: [[1, 2], [3]]",
    "flow.foreach": "items: '{{ inputs.orders }}'\nconcurrency: 5",
    "flow.gate": "message: 'Publish {{ inputs.title }}?'\napprovers: ['role:editor']\ntimeout: 2d",
    "flow.group": "items: '{{ inputs.orders }}'\nby: country",
    "flow.if": "condition: inputs.amount > 100",
    "flow.limit": "items: '{{ inputs.orders }}'\nlimit: 10",
    "flow.lookup": (
        "items: '{{ inputs.orders }}'\ntable: '{{ inputs.customers }}'\n"
        "itemKey: customer\ntableKey: id"
    ),
    "flow.loop": "until: outputs.step.message == 'done'\ninterval: 30s\nmaxRounds: 20",
    "flow.map": "items: '{{ inputs.orders }}'\nexpression: item.price * item.quantity",
    "flow.merge": "sources: ['{{ inputs.orders }}', '{{ inputs.returns }}']",
    "flow.parallel": "concurrency: 2",
    "flow.reduce": "items: [1, 2, 3]\nexpression: acc + item\ninitial: 0",
    "flow.split": "items: '{{ inputs.orders }}'\nsize: 100",
    "flow.subflow": "namespace: default\nname: invoice\ninputs: {order: '{{ inputs.order }}'}",
    "flow.switch": "value: '{{ inputs.country }}'",
    "flow.unique": "items: '{{ inputs.orders }}'\nby: id",
    "flow.wait": "duration: 1h30m",
    "http.request": (
        "url: https://api.example.com/orders\nmethod: POST\n"
        "auth: {type: bearer, token: '{{ inputs.token }}'}\nbody: {order: '{{ inputs.order }}'}"
    ),
    "transform.base64": "operation: encode\ndata: '{{ inputs.text }}'",
    "transform.csv": "operation: parse\ndata: '{{ inputs.text }}'",
    "transform.filter": "items: '{{ inputs.orders }}'\ncondition: item.price >= 100",
    "transform.hash": "algorithm: sha256\ndata: '{{ inputs.text }}'",
    "transform.pick": "data: '{{ inputs.order }}'\nkeep: [id, price]",
    "transform.regex": "operation: match\ndata: '{{ inputs.text }}'\npattern: '[A-Z]+-[0-9]+'",
    "transform.sort": "items: '{{ inputs.orders }}'\nby: price",
    "util.compare": "a: '{{ inputs.amount }}'\nop: '>'\nb: 100",
    "util.json": "operation: parse\ndata: '{{ inputs.text }}'",
    "util.log": "message: 'order {{ inputs.order }} is paid'",
    "util.math": "expression: a * 1.19\na: '{{ inputs.net }}'",
    "util.random": "kind: int\nmin: 1\nmax: 6",
    "util.string": "operation: upper\nvalue: '{{ inputs.text }}'",
    "util.url": "operation: parse\nurl: '{{ inputs.url }}'",
    "util.uuid": "count: 2",
    "util.validate": "data: '{{ inputs.order }}'\nschema: {type: object, required: [id]}",
}
"""The properties of a task, by its type."""

_STEP: Final = "  - {name: step, type: util.log, properties: {message: hello}}"
_LISTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("flow.foreach", "flow.loop", "flow.parallel"), f"tasks:\n{_STEP}"),
    "flow.if": f"then:\n{_STEP}",
    "flow.switch": f"cases:\n  DE:\n  {_STEP}",
}
"""The lists of tasks inside a task, by its type."""


def example_of(plugin_id: str) -> str:
    """Return a task of a type, in YAML, as it stands under `tasks`; empty where there is none."""
    properties = EXAMPLES.get(plugin_id)
    if properties is None:
        return ""
    lines = [f"name: {plugin_id.replace('.', '-')}", f"type: {plugin_id}", "properties:"]
    lines += [f"  {line}" for line in properties.splitlines()]
    lines += _LISTS.get(plugin_id, "").splitlines()
    return "- " + "\n  ".join(lines) + "\n"
