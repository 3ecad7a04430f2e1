"""Unit tests stand where their modules do: what is not tested under its own name is listed here."""

from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
SHARED = TESTS.parent / "shared"
ROOTS = {"functions": TESTS.parent, "infra": TESTS.parent, "support": TESTS}
"""Where what is tested stands, by the first folder of the test; for all others it is `shared/`."""
OF_THE_WHOLE = {
    "test_bounds_of_the_guide.py",
    "test_cold_start.py",
    "test_docs.py",
    "test_docstrings.py",
    "test_markers.py",
    "test_messages_lint.py",
    "test_mirror.py",
}
EXECUTIONS, FLOWS, EXPRESSIONS = "unit/executions", "unit/flows", "unit/expressions"
REFUSALS = f"{FLOWS}/validation/test_validator_refusals.py"

# Modules of `shared/` that have no test file of their own, by the file that covers most of each.
# Nothing is added without a reason: a module that gets its test file goes from here.
COVERED_BY = {
    "unit/test_docs.py": "config errors",
    "unit/test_masking.py": "secret_forms secret_search",
    "unit/http/test_app.py": """
        ids times records paging observability
        http/bodies http/headers http/paging http/problems http/responses
        """,
    "integration/test_logins.py": "auth/users/logins auth/users/sessions",
    "integration/test_users.py": "auth/users/service",
    "integration/test_clients.py": """
        auth/clients/attempts auth/clients/service auth/clients/tokens
        """,
    "integration/test_client_repository_contract.py": """
        auth/clients/items auth/clients/repository
        """,
    "integration/test_client_crashes.py": "auth/clients/provision auth/clients/sweep",
    "integration/test_user_crashes.py": "auth/users/creation auth/users/sweep",
    "integration/test_first_admins.py": "auth/users/bearers auth/users/tenants",
    "integration/test_user_repository_contract.py": "auth/users/items auth/users/repository",
    "unit/http/test_openapi.py": """
        http/openapi_document http/openapi_headers http/openapi_paths http/openapi_problems
        http/openapi_security http/refusals
        """,
    "integration/test_flows_api.py": "auth/principal",
    "integration/test_idempotent_routes.py": """
        http/idempotency idempotency/claims idempotency/response_writer
        """,
    "integration/test_http_request.py": """
        egress/client plugins/http/exchange plugins/http/request
        """,
    "unit/plugins/util/test_validate.py": """
        json_schema/validator json_schema/builders
        """,
    "unit/plugins/test_properties.py": "json_schema/messages plugins/sdk/plugin",
    "unit/plugins/util/test_math.py": "plugins/sdk/numbers",
    "unit/plugins/util/test_url.py": "plugins/sdk/urls",
    "unit/plugins/test_registry.py": "plugins/flow/control",
    "unit/plugins/flow/test_map.py": "plugins/sdk/items",
    "unit/plugins/util/test_json.py": "plugins/sdk/paths plugins/sdk/values",
    "unit/namespaces/test_service.py": "names namespaces/members namespaces/models",
    "integration/test_namespace_repository_contract.py": """
        namespaces/items namespaces/repository
        """,
    "integration/test_namespaces.py": "executions/variables namespaces/reader",
    "unit/people/approvals/test_gate.py": """
        people/approvals/gate_properties people/approvals/items people/approvals/models
        """,
    "integration/test_approval_repository_contract.py": "people/approvals/repository",
    "integration/test_kv_repository_contract.py": "kv/items kv/repository",
    "unit/kv/test_task_type.py": "plugins/core/kv",
    "integration/test_credentials_api.py": """
        credentials/models credentials/service flows/uses
        """,
    "integration/test_credential_repository_contract.py": """
        credentials/items credentials/known credentials/repository
        """,
    "integration/test_bulk_operations.py": """
        executions/bulk/flow_deletion executions/bulk/service
        """,
    f"{EXECUTIONS}/engine/test_runner.py": """
        executions/engine/context
        executions/engine/inline executions/engine/messages
        executions/limits executions/tasks/clocks
        """,
    f"{EXECUTIONS}/tasks/test_waits.py": "executions/engine/waits executions/tasks/conditions",
    f"{EXECUTIONS}/tasks/test_attempts.py": "executions/logs executions/tasks/outcomes",
    f"{EXECUTIONS}/tasks/test_scopes.py": "executions/mocks executions/tasks/iteration_values",
    f"{EXECUTIONS}/engine/test_sealed_inputs.py": "executions/engine/patience",
    f"{EXECUTIONS}/engine/test_durable_tasks.py": "executions/tasks/durable",
    f"{EXECUTIONS}/engine/test_containers.py": """
        executions/scheduling/containers
        executions/scheduling/container_state executions/scheduling/nodes
        """,
    f"{EXECUTIONS}/engine/test_containers_retries.py": """
        executions/scheduling/container_attempts
        """,
    f"{EXECUTIONS}/scheduling/test_scheduler.py": "executions/scheduling/task_tree",
    f"{EXECUTIONS}/scheduling/test_rounds.py": "executions/scheduling/round_properties",
    f"{EXECUTIONS}/lifecycle/test_reconciler_aborts.py": "executions/termination_failure",
    f"{EXECUTIONS}/views/test_reader.py": """
        executions/filters executions/views/listing executions/views/logs executions/views/models
        executions/views/results_file
        """,
    "integration/test_starting.py": "executions/lifecycle/start executions/models",
    "integration/test_flow_tests.py": "executions/lifecycle/flow_tests",
    "integration/test_retries_of_executions.py": """
        executions/lifecycle/retry executions/store/copies
        """,
    "integration/test_reconciler.py": "executions/orchestration/state_machine",
    "integration/test_timers.py": "executions/orchestration/timers",
    "integration/test_retention.py": "executions/retention",
    "integration/test_secret_inputs.py": """
        executions/lifecycle/retried_inputs executions/secrets secrets/deferred
        """,
    "integration/test_execution_index_contract.py": "executions/store/indexes",
    "integration/test_execution_repository_contract.py": """
        executions/store/conditions executions/store/segments executions/store/snapshots
        executions/store/table
        """,
    "integration/test_flow_repository_contract.py": """
        executions/store/open_executions flows/items flows/repository
        """,
    f"{EXPRESSIONS}/test_template.py": """
        expressions/errors expressions/formatting expressions/functions expressions/habits
        expressions/lexing expressions/nodes expressions/operators expressions/parsing
        expressions/roots
        expressions/scope expressions/tokens expressions/values expressions/variables
        """,
    f"{EXPRESSIONS}/test_moments.py": """
        expressions/layouts/choice expressions/layouts/go expressions/layouts/letters
        expressions/layouts/parts expressions/layouts/strftime
        """,
    f"{EXPRESSIONS}/filters/test_filters.py": """
        expressions/filters/choosing expressions/filters/fields expressions/filters/lists
        expressions/filters/markup expressions/filters/ordering expressions/filters/wrapping
        expressions/filters/yaml expressions/predicates
        """,
    "unit/functions/flows/test_handler.py": """
        flows/compilation flows/lifecycle flows/listing flows/models flows/records flows/service
        """,
    "unit/functions/flows/test_revisions.py": "flows/revisions",
    "unit/functions/flows/test_transfer.py": "flows/transfer",
    f"{FLOWS}/source/test_reader.py": """
        flows/source/composer flows/source/nodes flows/source/paths flows/source/report
        flows/source/scalars flows/source/unquoted
        """,
    f"{FLOWS}/validation/test_validator.py": """
        flows/language/definition flows/validation/defaults flows/validation/properties
        """,
    "unit/executions/test_inputs.py": "flows/language/coercion",
    "property/test_dependencies_laws.py": "flows/plans/compiler flows/plans/plan",
    "integration/test_flow_pictures.py": "flows/plans/pictures flows/plans/repository",
    REFUSALS: """
        flows/plans/template_reads flows/validation/cycles flows/validation/fields
        flows/validation/flow flows/validation/habits flows/validation/inputs
        flows/validation/retries flows/validation/support flows/validation/credentials
        flows/validation/task_fields flows/validation/tasks flows/validation/templates
        flows/validation/triggers
        """,
}
LISTED = {module for modules in COVERED_BY.values() for module in modules.split()}


def names_in(folder: Path) -> set[str]:
    """What a test file of a folder may be named after: its modules, and itself."""
    return {path.stem for path in folder.glob("*.py")} - {"__init__"} | {folder.name}


def named_after(test: Path) -> Path | None:
    """The module, or package, that a unit test is named after; `test_<module>_<what>` counts."""
    place = test.relative_to(TESTS / "unit").parent
    folder = ROOTS.get(place.parts[0] if place.parts else "", SHARED) / place
    words = test.stem.split("_")[1:]
    for number in range(len(words), 0, -1):
        name = "_".join(words[:number])
        if name in names_in(folder):
            return folder / name
    return None


def unit_tests() -> list[Path]:
    found = (TESTS / "unit").rglob("test_*.py")
    return sorted(path for path in found if path.name not in OF_THE_WHOLE)


def modules() -> Iterator[str]:
    """Paths below `shared/` of all that does something."""
    for path in SHARED.rglob("*.py"):
        if path.stem != "__init__":
            yield path.relative_to(SHARED).with_suffix("").as_posix()


MIRRORED = {
    found.relative_to(SHARED).as_posix()
    for found in map(named_after, unit_tests())
    if found and found.is_relative_to(SHARED)
}


def test_each_module_has_its_test_file_or_a_line() -> None:
    assert set(modules()) - MIRRORED - LISTED == set(), "give it a test file at its path"


def test_the_list_names_modules_that_have_no_test_file() -> None:
    assert LISTED - (set(modules()) - MIRRORED) == set(), "take it from the list"


def test_no_module_is_listed_twice() -> None:
    lines = [module for modules in COVERED_BY.values() for module in modules.split()]

    assert len(lines) == len(LISTED)


@pytest.mark.parametrize("test", COVERED_BY)
def test_what_covers_a_module_is_there(test: str) -> None:
    assert (TESTS / test).is_file()


@pytest.mark.parametrize("test", unit_tests(), ids=lambda path: path.stem)
def test_a_unit_test_is_named_after_what_it_tests(test: Path) -> None:
    assert named_after(test), "no module of its folder has this name"
