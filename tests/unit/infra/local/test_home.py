"""The home's modes: what is there is closed, what is made later is closed, what is built is not."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.home import close_home, readable


@pytest.fixture(autouse=True)
def _umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_new_home_is_its_owners_alone_and_so_is_what_it_gets(tmp_path: Path) -> None:
    home = tmp_path / "deep" / "home"

    close_home(home)
    (home / "state").mkdir()
    (home / "run.log").touch()

    assert [mode(home), mode(home / "state"), mode(home / "run.log")] == [0o700, 0o700, 0o600]


def test_a_former_home_is_closed_with_all_that_is_in_it(tmp_path: Path) -> None:
    home, outside = tmp_path / "home", tmp_path / "outside"
    (home / "state").mkdir(parents=True)
    program = home / "state" / "bootstrap"
    for file in (home / "run.log", program, outside):
        file.touch()
    program.chmod(0o755)
    (home / "link").symlink_to(outside)
    (home / "nowhere").symlink_to(tmp_path / "gone")

    close_home(home)

    assert [mode(home), mode(home / "state"), mode(home / "run.log")] == [0o700, 0o700, 0o600]
    assert mode(program) == 0o700
    assert mode(outside) == 0o644


def test_what_is_built_can_be_read_by_others(tmp_path: Path) -> None:
    close_home(tmp_path)

    with readable():
        (tmp_path / "built").touch()
    (tmp_path / "kept").touch()

    assert [mode(tmp_path / "built"), mode(tmp_path / "kept")] == [0o644, 0o600]
