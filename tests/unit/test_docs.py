"""The documents name everything a user can meet, show what examples say, and link nowhere dead."""

import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.budget import budget
from functions.guide import with_roles
from functions.guide import written as written_guide
from infra.guide import written as written_operating
from infra.options import Options
from infra.routes import ROUTES
from shared.config import Settings
from shared.errors import PlatformError
from shared.expressions.filters import FILTERS
from shared.expressions.functions import FUNCTIONS
from shared.expressions.predicates import TESTS
from shared.flows.validation.support import UNSUPPORTED_FLOW_FIELDS
from shared.plugins.registry import all_plugins, available_plugins
from shared.plugins.sdk.plugin import PluginError
from tests.support.examples import FOLDER, example, names

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
EVERYTHING = "\n".join(path.read_text("utf-8") for path in DOCUMENTS)
GUIDE = (ROOT / "docs" / "flow-language.md").read_text("utf-8")
RESOURCES = sorted(ROOT.glob("docs/api/*.md"))
API = "\n".join(path.read_text("utf-8") for path in [ROOT / "docs" / "api.md", *RESOURCES])
CODE = [*ROOT.glob("shared/**/*.py"), *ROOT.glob("functions/**/*.py"), *ROOT.glob("infra/**/*.py")]

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(#[^)\s]+)?\)")


def blocks(path: Path, kind: str) -> list[str]:
    return [text for found, text in BLOCK.findall(path.read_text("utf-8")) if found == kind]


def written(text: str, name: str) -> bool:
    """Whether a name stands in code quotes, alone or as the first of several words."""
    return re.search(rf"`{re.escape(name)}[`(]", text) is not None


def found_in_code(pattern: str) -> set[str]:
    return {name for path in CODE for name in re.findall(pattern, path.read_text("utf-8"))}


def errors(kind: type[PlatformError] = PlatformError) -> Iterator[type[PlatformError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from errors(child)


def anchors(path: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    bare = (re.sub(r"\]\([^)]*\)", "", title).lower() for title in titles)
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in bare}


def test_the_readme_shows_the_flow_that_its_commands_create():
    [shown] = blocks(README, "yaml")

    assert shown == example("paid-orders").flow
    assert "examples/paid-orders.yaml" in blocks(README, "sh")[0]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_yaml_in_a_document_stands_in_an_example(path: Path):
    shown = [textwrap.dedent(text) for text in blocks(path, "yaml")]
    run = [textwrap.dedent(example(name).text) for name in names()]

    missing = [text for text in shown if not any(_holds(each, text) for each in run)]

    assert missing == []


def _holds(whole: str, part: str) -> bool:
    """Whether these lines stand in a row, indented in any way."""
    lines = [line.strip() for line in part.splitlines()]
    there = [line.strip() for line in whole.splitlines()]
    return any(there[at : at + len(lines)] == lines for at in range(len(there)))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_json_in_a_document_can_be_read(path: Path):
    for text in blocks(path, "json"):
        json.loads(text)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_link_leads_somewhere(path: Path):
    dead = []
    for target, anchor in LINK.findall(path.read_text("utf-8")):
        place = (path.parent / target).resolve() if target else path
        if not place.exists() or (anchor and anchor[1:] not in anchors(place)):
            dead.append(target + anchor)

    assert dead == []


@pytest.mark.parametrize("name", names())
def test_each_example_is_in_the_guide(name: str):
    assert f"../examples/{name}.yaml" in GUIDE or f"examples/{name}.yaml" in README.read_text()
    assert {path.suffix for path in FOLDER.iterdir() if path.is_file()} == {".yaml", ".py"}


def test_each_variable_of_the_environment_is_told():
    fields = {name for kind in Settings.__subclasses__() for name in kind.model_fields}
    told = found_in_code(r'"((?:HEADRACE|POWERTOOLS)_[A-Z_]+)"')
    told |= {name.upper() for name in fields}

    assert [name for name in sorted(told) if not written(EVERYTHING, name)] == []


def test_each_option_of_the_synthesis_is_told():
    operating = (ROOT / "docs" / "operating.md").read_text("utf-8")

    # Of rates each is an option of its own.
    told = {*Options.__annotations__, "rate", "rate_login", "rate_starts", "rate_documents"} - {
        "rates"
    }
    assert [name for name in sorted(told) if not written(operating, name)] == []


def test_each_error_code_is_told():
    codes = {kind.code for kind in errors() if kind.__module__ == PlatformError.__module__}

    assert [code for code in sorted(codes) if not written(API, code)] == []


def test_each_code_of_a_failed_task_is_told():
    codes = found_in_code(r'\bcode="(\w+)"') | {PluginError("").code}
    codes -= {"task_cancelled"}  # nothing cancels a task yet

    assert [code for code in sorted(codes) if not written(GUIDE, code)] == []


def test_each_route_is_told_and_none_that_is_not_there():
    routes = {route for each in ROUTES.values() for route in each}
    told = set(re.findall(r"`((?:GET|POST|PUT|DELETE|PATCH) /[^`?]*)`", API)) | {"$default"}

    assert told == routes
    assert [path.stem for path in RESOURCES] == list(ROUTES)


def test_each_make_target_is_told():
    [line] = re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert [name for name in line.split() if f"make {name}" not in EVERYTHING] == []


def test_each_plugin_is_told_and_those_that_cannot_run_as_such():
    [waiting] = [line for line in GUIDE.splitlines() if line.startswith("| checked, not run yet")]
    told = set(re.findall(r"`([\w.]+)`", waiting))

    assert [p.manifest.id for p in all_plugins() if not written(GUIDE, p.manifest.id)] == []
    available = {p.manifest.id for p in available_plugins()}
    assert told == {p.manifest.id for p in all_plugins()} - available


def test_the_table_of_properties_is_that_of_the_manifests():
    assert "| `http.request` | `url` | string | required |" in GUIDE
    assert written_guide(GUIDE) == GUIDE, "run make fmt"


def test_the_page_of_roles_is_the_matrix():
    page = (ROOT / "docs" / "roles.md").read_text("utf-8")

    assert "| `POST /api/v1/flows` | editor |" in page
    assert with_roles(page) == page, "run make fmt"


def test_the_table_of_secrets_is_that_of_the_grants():
    operating = (ROOT / "docs" / "operating.md").read_text("utf-8")

    assert "| `credential` | credentials | runner |" in operating
    assert written_operating(operating) == operating, "run make fmt"


def test_each_filter_function_and_test_of_expressions_is_told():
    known = {*FILTERS, *FUNCTIONS, *TESTS}

    assert [name for name in sorted(known) if not written(GUIDE, name)] == []


def test_the_readme_says_all_that_cannot_run_yet():
    _, _, rest = README.read_text("utf-8").partition("## What it cannot do yet")
    section = rest.partition("\n## ")[0]
    refused = set(UNSUPPORTED_FLOW_FIELDS)
    refused |= {p.manifest.id for p in all_plugins()} - {p.manifest.id for p in available_plugins()}

    assert [name for name in sorted(refused) if not written(section, name)] == []


def test_the_bars_of_the_cost_table_are_those_of_the_benchmark():
    architecture = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \| (?:yes|no) \|(.+)\|$", architecture, re.MULTILINE)

    bars = [[float(bar) for bar in re.findall(r"/ (\d+)", row)] for _, row in rows]

    assert rows
    assert bars == [list(vars(budget(int(tasks))).values()) for tasks, _ in rows]
