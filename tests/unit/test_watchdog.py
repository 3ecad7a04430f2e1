"""Evaluations that can be left behind: whose, when, and what becomes of their threads."""

import threading
from datetime import UTC, datetime

import pytest

from shared.errors import UnavailableError
from shared.expressions import (
    LazyVariables,
    Scope,
    TakesTooLongError,
    TemplateError,
    parse_expression,
    render_tree,
)
from shared.watchdog import Watchdog, cpu_seconds, watched
from tests.support.hanging import Hanging, hanging

pytestmark = pytest.mark.timing

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def scope(values: Hanging) -> Scope:
    bare = Scope(roots={"inputs": {"n": 1}}, seed="", now=NOW)
    return bare.with_locals(vars=LazyVariables(values, bare))


def test_an_evaluation_that_takes_too_long_fails_and_the_next_one_does_not():
    with hanging() as values:
        with values.watchdog() as watchdog:
            with pytest.raises(TakesTooLongError) as caught:
                render_tree(["{{ vars.slow }}"], scope(values), "outputs.x")
            assert caught.value.message.unmasked() == (
                "template error in outputs.x[0]: the expression takes too long"
            )
            assert parse_expression("inputs.n + 1").evaluate(scope(values)) == 2
            assert watchdog.has_strays()
        values.released.set()
        while watchdog.has_strays():
            pass


def test_one_thread_works_for_all_evaluations_and_ends_with_the_watchdog():
    threads = []

    def work() -> str:
        threads.append(threading.current_thread())
        return "done"

    with Watchdog():
        assert [watched(work), watched(work)] == ["done", "done"]
    threads[0].join()

    assert len(set(threads)) == 1
    assert threads[0] is not threading.current_thread()
    assert watched(threading.current_thread) is threading.current_thread()


def test_what_an_evaluation_evaluates_itself_needs_no_further_thread():
    with Watchdog():
        inner = watched(lambda: watched(threading.current_thread))
        assert inner is watched(threading.current_thread)


def test_no_thread_is_started_for_what_only_reads():
    before = set(threading.enumerate())
    with Watchdog() as watchdog:
        assert parse_expression("'constant'").evaluate(scope(Hanging())) == "constant"
        assert parse_expression("inputs.n").evaluate(scope(Hanging())) == 1
        assert render_tree(["{{ inputs['n'] }}", "text"], scope(Hanging()), "") == [1, "text"]
        assert set(threading.enumerate()) <= before
        assert not watchdog.has_strays()


@pytest.mark.parametrize("error", [SystemExit(1), UnavailableError("busy"), TemplateError("no")])
def test_what_an_evaluation_raises_meets_who_asked(error: BaseException):
    def work() -> None:
        raise error

    with Watchdog(), pytest.raises(type(error)) as caught:
        watched(work)
    assert caught.value is error


def test_an_evaluation_that_waits_for_something_else_is_nobodys_fault():
    idle = Watchdog(limit=0.01, grace=0.01, patience=0.02, cpu=lambda _thread: 0.0)
    with hanging() as values, idle as watchdog:
        with pytest.raises(UnavailableError):
            render_tree("{{ vars.slow }}", scope(values), "")
        assert watchdog.has_strays()


def test_only_the_threads_own_processor_time_counts():
    end = threading.Event()
    idle = threading.Thread(target=end.wait)
    idle.start()
    try:
        before = cpu_seconds(idle)
        sum(range(3_000_000))
        assert cpu_seconds(idle) - before < 0.02
    finally:
        end.set()
        idle.join()
