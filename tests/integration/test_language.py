"""The language, statement by statement, on moto: the same flows as on the local stack."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.support.answers import as_asked
from tests.support.language import Check, Statement, faults, sections, statements
from tests.support.servers import Server, serving
from tests.support.stack import MotoStack


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(as_asked) as started:
        yield started


class Moto:
    def __init__(self, stack: MotoStack) -> None:
        self._stack = stack

    def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        answer = self._stack.api(method, path, body, headers)
        return answer.status, answer.body

    def pass_time(self) -> None:
        self._stack.ring_timers()


@pytest.mark.timing
@pytest.mark.enable_socket
@pytest.mark.parametrize("section", sections())
def test_a_section_of_the_language_holds(
    section: str, moto_stack: MotoStack, server: Server, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HEADRACE_EGRESS_ALLOW", "127.0.0.1")

    wrong = Check(Moto(moto_stack), server).run(statements(section))

    assert not wrong, "\n".join(wrong)


@pytest.mark.timing
@pytest.mark.enable_socket
@pytest.mark.parametrize(
    "fault", faults(), ids=lambda fault: fault.text.split("name: ")[1].split()[0]
)
def test_a_fault_of_the_language_stays_mended(
    fault: Statement, moto_stack: MotoStack, server: Server, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HEADRACE_EGRESS_ALLOW", "127.0.0.1")

    wrong = Check(Moto(moto_stack), server).run([fault])

    assert not wrong, "\n".join(wrong)


def test_what_is_no_flow_is_told_as_the_validator_tells_it(moto_stack: MotoStack):
    wrong = Check(Moto(moto_stack)).refuse()

    assert not wrong, "\n".join(wrong)
