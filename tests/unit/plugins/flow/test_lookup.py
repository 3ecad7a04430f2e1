"""Looking up in tables."""

from typing import Any

import pytest

from shared.plugins.sdk.plugin import PluginError
from tests.support.errors import refusal
from tests.support.plugins import run_plugin

ORDERS: list[dict[str, Any]] = [
    {"id": 1, "by": {"user": 7}},
    {"id": 2, "by": {"user": 8}},
    {"id": 3},
]


USERS = [{"uid": 7, "n": "Ana"}, {"uid": 7.0, "n": "Other"}, {"n": "Nobody"}, {"uid": "8"}]


KEYS = {"itemKey": "by.user", "tableKey": "uid"}


def lookup(**more: Any) -> Any:
    return run_plugin("flow.lookup", {"items": ORDERS, "table": USERS, **KEYS, **more})


def test_lookup_adds_the_first_row_of_the_same_key() -> None:
    outputs = lookup()

    assert [each["match"] for each in outputs["items"]] == [USERS[0], None, None]
    assert outputs["items"][0]["id"] == 1
    assert (outputs["matched"], outputs["unmatched"]) == (1, 2)
    assert "match" not in ORDERS[0]


def test_lookup_can_drop_what_has_no_row_and_name_the_field() -> None:
    outputs = lookup(missing="drop", **{"as": "user"})

    assert [each["user"]["n"] for each in outputs["items"]] == ["Ana"]
    assert (outputs["matched"], outputs["unmatched"]) == (1, 2)


def test_lookup_can_fail_for_what_has_no_row() -> None:
    with refusal(PluginError, match="no row matches item 1") as failed:
        lookup(missing="fail")

    assert failed.value.code == "no_match"


def test_a_large_row_that_matches_often_is_refused() -> None:
    properties = {"items": [{"k": 1}] * 20_000, "table": [{"k": 1, "v": "x" * 1_000}]}

    with pytest.raises(PluginError) as refused:
        run_plugin("flow.lookup", {**properties, "itemKey": "k", "tableKey": "k"})

    assert refused.value.code == "too_large"


def test_keys_may_have_any_name_and_are_compared_as_json() -> None:
    items = [{"Unit.Id": {"a": 1, "b": 2}}, {"Unit.Id": {"a": True, "b": 2}}]
    table = [{"@id": {"b": 2.0, "a": 1.0}, "n": 1}]

    outputs = lookup(items=items, table=table, itemKey="Unit.Id", tableKey="@id")

    assert [each["match"] for each in outputs["items"]] == [table[0], None]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"itemKey": "by.usr"}, 'no item has a field "by.usr"'),
        ({"tableKey": "id"}, 'no row has a field "id", did you mean "uid"?'),
    ],
)
def test_a_key_that_nothing_has_is_refused(keys: dict[str, str], message: str) -> None:
    with refusal(PluginError, match=message):
        lookup(**keys)
