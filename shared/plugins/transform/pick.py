"""The choice of fields: kept, dropped or renamed, in a map or in every map of a list."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.json_schema.builders import Schema, a_name, anything, array, closed, mapping, outputs
from shared.messages import Message
from shared.plugins.sdk.items import in_time
from shared.plugins.sdk.plugin import Manifest, Plugin, TaskContext
from shared.plugins.sdk.results import NEW, Result
from shared.plugins.sdk.values import invalid, type_name

_MAX_NAMES = 1_000


def _pick(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
    source, choice = properties["data"], _Choice.of(properties)
    if isinstance(source, dict):
        return {"result": choice.picked(source, Result())}
    picked = Result()
    for index, item in in_time(context, source):
        if not isinstance(item, dict):
            raise invalid(Message(f"item {{index}} is {type_name(item)}, not a map", index=index))
        picked.append(choice.picked(item, picked), NEW)
    return {"result": picked.entries}


@dataclass(frozen=True)
class _Choice:
    """The fields that are wanted, made ready once for all maps."""

    keep: frozenset[str] | None
    drop: frozenset[str]
    names: Mapping[str, str]

    @classmethod
    def of(cls, properties: Mapping[str, Any]) -> "_Choice":
        keep = frozenset(properties["keep"]) if "keep" in properties else None
        return cls(keep, frozenset(properties.get("drop", ())), properties.get("rename", {}))

    def picked(self, source: Mapping[str, Any], result: Result) -> dict[str, Any]:
        """Return the fields under their new names, which count in `result`."""
        kept = [name for name in source if self._is_kept(name)]
        result.charge(sum(len(self.names[name]) for name in kept if name in self.names))
        renamed = {self.names.get(name, name): source[name] for name in kept}
        if len(renamed) < len(kept):
            raise invalid("rename gives two fields the same name")
        return renamed

    def _is_kept(self, name: str) -> bool:
        return (self.keep is None or name in self.keep) and name not in self.drop


def _names(description: str) -> Schema:
    return array(description, items=a_name("A field."), maxItems=_MAX_NAMES)


PLUGINS = (
    Plugin(
        Manifest(
            id="transform.pick",
            name="Pick fields",
            category="transform",
            description=(
                "Keeps, then drops, then renames fields of a map or of every map of a list. "
                "Fields that are not there do not matter; the order stays."
            ),
            input_schema=closed(
                {
                    "data": anything("The map, or the list of maps.", type=["object", "array"]),
                    "keep": _names("Fields to keep; all without it."),
                    "drop": _names("Fields to drop."),
                    "rename": mapping(
                        "Old names and their new ones.", additionalProperties=a_name("A new name.")
                    ),
                },
                required=["data"],
            ),
            output_schema=outputs({"result": anything("The map, or the list of maps.")}),
            icon="list-checks",
        ),
        _pick,
    ),
)
