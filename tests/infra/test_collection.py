"""Collecting what stands per noun: in one order, and never less than there is."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.collection import collected
from infra.grants import FUNCTIONS
from infra.routes import DEFAULT_ROUTE, ROUTES


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty package `nouns` that can be imported."""
    folder = tmp_path / "nouns"
    folder.mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "nouns"]:
        del sys.modules[name]


def test_modules_are_collected_in_the_order_of_their_names(package: Path) -> None:
    for name in ("zebras", "ants", "user_tasks"):
        (package / f"{name}.py").write_text(f"ROUTES = ('GET /{name}',)")

    found = collected("nouns", [str(package)], "ROUTES", tuple)

    assert list(found.items()) == [
        ("ants", ("GET /ants",)),
        ("user_tasks", ("GET /user_tasks",)),
        ("zebras", ("GET /zebras",)),
    ]


@pytest.mark.parametrize(
    ("text", "error"), [("", AttributeError), ("ROUTES = 'GET /ants'", TypeError)]
)
def test_a_module_that_declares_nothing_or_something_else_is_refused(
    text: str, error: type[Exception], package: Path
) -> None:
    (package / "ants.py").write_text(text)

    with pytest.raises(error, match="ROUTES"):
        collected("nouns", [str(package)], "ROUTES", tuple)


def test_every_resource_with_routes_has_its_function() -> None:
    assert set(ROUTES) <= set(FUNCTIONS)
    assert DEFAULT_ROUTE in ROUTES["health"]
