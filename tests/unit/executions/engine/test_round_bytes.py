"""The bytes in rounds of loops, handed on from round to round and from loop to loop."""

from shared.executions.engine.round_bytes import RoundBytes
from shared.executions.task_runs import PassedRounds, TaskRun, TaskStatus


def a_run(name: str, iteration: str | None = None, round_of: str = "") -> TaskRun:
    return TaskRun(
        task_name=name,
        task_type="core.set",
        status=TaskStatus.SUCCESS,
        iteration=iteration,
        round_of=round_of,
    )


def test_a_loop_takes_what_was_counted_in_its_round_and_adds_it_up():
    counted = RoundBytes()
    counted.add(a_run("see", "0", "poll#0"), 10, 1)
    counted.add(a_run("see", "0", "poll#0"), 5, 1)
    first = counted.take(a_run("poll"), None)
    counted.add(a_run("see", "1", "poll#1"), 7, 0)

    assert first == PassedRounds(count=0, output_bytes=15, log_bytes=2)
    second = counted.take(a_run("poll"), first.model_copy(update={"count": 1}))
    assert second == PassedRounds(count=1, output_bytes=22, log_bytes=2)


def test_outside_of_loops_nothing_is_counted_and_a_loop_with_nothing_says_nothing():
    counted = RoundBytes()
    counted.add(a_run("a"), 10, 1)

    assert counted.take(a_run("poll"), None) is None


def test_what_an_inner_loop_holds_is_held_by_the_round_it_is_in():
    counted = RoundBytes()
    counted.add(a_run("see", "0.0", "inner#0.0"), 10, 0)
    counted.add(a_run("beside", "0", "outer#0"), 1, 0)
    inner = counted.take(a_run("inner", "0", "outer#0"), None)
    outer = counted.take(a_run("outer"), None)

    assert inner
    assert outer
    assert (inner.output_bytes, outer.output_bytes) == (10, 11)


def test_loops_side_by_side_are_kept_apart():
    counted = RoundBytes()
    counted.add(a_run("see", "0.3", "poll#0.3"), 10, 0)
    counted.add(a_run("see", "1.3", "poll#1.3"), 20, 0)
    first, second = (counted.take(a_run("poll", each), None) for each in ("0", "1"))

    assert first
    assert second
    assert (first.output_bytes, second.output_bytes) == (10, 20)
