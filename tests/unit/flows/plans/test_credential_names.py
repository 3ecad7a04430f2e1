"""The names of credentials that tasks say, wherever in their properties they stand."""

from typing import Any

import pytest

from shared.flows.language.definition import TaskDefinition
from shared.flows.plans.credential_names import credential_names


@pytest.mark.parametrize(
    ("properties", "names"),
    [
        ({}, set()),
        ({"a": 1, "b": None, "c": "x"}, set()),
        ({"a": "${TOKEN}"}, {"TOKEN"}),
        ({"a": "Bearer ${TOKEN} of ${DB.user}"}, {"TOKEN", "DB"}),
        ({"a": {"b": [{"c": "${DEEP}"}]}}, {"DEEP"}),
        ({"a": "$${TOKEN} ${token} {{ '${INSIDE}' }}"}, set()),
        ({"a": "{{ broken ${TOKEN}"}, set()),
        ({"${KEY}": "x"}, set()),
    ],
)
def test_names_are_found_where_they_are_read(properties: dict[str, Any], names: set[str]):
    tasks = [
        TaskDefinition(name="a", type="core.set", properties=properties),
        TaskDefinition(name="b", type="core.set", timeout="${OUTSIDE}", when="'${WHEN}' == 1"),
    ]

    assert credential_names(tasks) == names
