"""Fixtures that every suite may ask for."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.support.stack import MotoStack, running_stack
from tests.support.template import Template, synthesised

# How long an example takes, or its making, says more about the machine than about the code.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def template() -> Template:
    """The template of the local target, synthesised once for all workers."""
    return synthesised(target="local")


@pytest.fixture
def moto_stack(template: Template, monkeypatch: pytest.MonkeyPatch) -> Iterator[MotoStack]:
    """The platform on moto with empty tables; see `MotoStack` for what it offers."""
    yield from running_stack(template, monkeypatch)
