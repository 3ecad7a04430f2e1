"""Fixtures that every suite may ask for."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.stack import MotoStack, running_stack
from tests.support.template import Template, synthesised

# How long an example takes, or its making, says more about the machine than about the code.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

LAWS = Path(__file__).parent / "property"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Measure no coverage while laws run: their examples run the same lines thousands of times,
    which their tracing doubles. What they alone reach counts as not covered."""
    for item in items:
        if item.path.is_relative_to(LAWS):
            item.add_marker("no_cover")


def pytest_collection_finish() -> None:
    """Spare the collector of garbage all that stays: every module and every test."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def template() -> Template:
    """The template of the local target, synthesised once for all workers."""
    return synthesised(target="local")


@pytest.fixture
def moto_stack(template: Template, monkeypatch: pytest.MonkeyPatch) -> Iterator[MotoStack]:
    """The platform on moto with empty tables; see `MotoStack` for what it offers."""
    yield from running_stack(template, monkeypatch)
