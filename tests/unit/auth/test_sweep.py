"""A sweep goes on behind what resists, tells of it at the end, and ends in time."""

import pytest

from shared.auth.sweep import MAX_SECONDS, finish_all


def test_all_marks_are_finished_and_counted():
    done: list[str] = []

    assert finish_all(iter("ab"), done.append, "could not", lambda mark: {"mark": mark}) == 2
    assert sorted(done) == ["a", "b"]


def test_one_that_resists_does_not_stop_the_others():
    done: list[str] = []

    def finish(mark: str) -> None:
        if mark == "b":
            raise ValueError(mark)
        done.append(mark)

    with pytest.raises(RuntimeError, match=r"^could not finish: 1 of 3$"):
        finish_all("abc", finish, "could not finish", lambda mark: {"mark": mark})
    assert sorted(done) == ["a", "c"]


def test_a_sweep_that_takes_too_long_leaves_the_rest_to_the_next():
    """A hundred marks at a slow pool take longer than the function lives: it must not be killed."""
    now, done = [0.0], list[str]()

    def finish(mark: str) -> None:
        now[0] += MAX_SECONDS / 2
        done.append(mark)

    count = finish_all(
        "abcd", finish, "could not", lambda _: {}, mix=lambda _: None, clock=lambda: now[0]
    )

    assert (count, done) == (2, ["a", "b"])


def test_what_resists_is_not_always_the_first():
    """A few that resist for long would else keep all behind them waiting for ever."""
    done: list[str] = []

    finish_all("abc", done.append, "could not", lambda _: {}, mix=lambda found: found.reverse())

    assert done == ["c", "b", "a"]
