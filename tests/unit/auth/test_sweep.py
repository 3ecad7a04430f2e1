"""A sweep goes on behind what resists, and tells of it at the end."""

import pytest

from shared.auth.sweep import finish_all


def test_all_marks_are_finished_and_counted():
    done: list[str] = []

    assert finish_all(iter("ab"), done.append, "could not", lambda mark: {"mark": mark}) == 2
    assert done == ["a", "b"]


def test_one_that_resists_does_not_stop_the_others():
    done: list[str] = []

    def finish(mark: str) -> None:
        if mark == "b":
            raise ValueError(mark)
        done.append(mark)

    with pytest.raises(RuntimeError, match=r"^could not finish: 1 of 3$"):
        finish_all("abc", finish, "could not finish", lambda mark: {"mark": mark})
    assert done == ["a", "c"]
