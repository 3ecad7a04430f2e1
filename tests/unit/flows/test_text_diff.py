"""Unified diffs: what they look like, and that each leads from one text to the other."""

import shutil
import subprocess
from pathlib import Path

import pytest

from shared.flows import text_diff
from shared.flows.text_diff import unified_diff
from tests.support.patches import patched

FLOW = """\
name: hello
tasks:
  - name: first
    type: util.log
    properties: {message: one}
  - name: second
    type: util.log
    properties: {message: two}
  - name: third
    type: util.log
    properties: {message: three}
"""


def diff(old: str, new: str, max_steps: int = text_diff.MAX_STEPS) -> str:
    return unified_diff(old, new, old_name="old", new_name="new", max_steps=max_steps)


def test_a_change_is_shown_with_three_lines_around_it():
    found = diff(FLOW, FLOW.replace("two", "2"))

    assert found == (
        "--- old\n"
        "+++ new\n"
        "@@ -5,7 +5,7 @@\n"
        "     properties: {message: one}\n"
        "   - name: second\n"
        "     type: util.log\n"
        "-    properties: {message: two}\n"
        "+    properties: {message: 2}\n"
        "   - name: third\n"
        "     type: util.log\n"
        "     properties: {message: three}\n"
    )


def test_equal_texts_have_no_diff():
    assert diff(FLOW, FLOW) == ""
    assert diff("", "") == ""


def test_changes_far_apart_are_hunks_of_their_own():
    numbers = [f"{number}\n" for number in range(30)]
    changed = [*numbers[:2], "x\n", *numbers[3:25], *numbers[26:]]

    found = diff("".join(numbers), "".join(changed))

    assert [line for line in found.splitlines() if line.startswith("@@")] == [
        "@@ -1,6 +1,6 @@",
        "@@ -23,7 +23,6 @@",
    ]


def test_tasks_that_changed_places_share_the_longest_row():
    tasks = [f"- name: t{number}\n  type: core.set\n" for number in range(6)]

    found = diff("".join(tasks), "".join([tasks[5], *tasks[:5]]))

    changed = [line for line in found.splitlines()[2:] if line[0] in "+-"]
    assert len(changed) == 4, found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", "a"),
        ("", "a\n"),
        ("a", ""),
        ("a\n", "a"),
        ("a", "a\n"),
        ("a\nb", "a\nc"),
        ("a\nb\n", "b\na"),
        ("\n", "\n\n"),
        ("a\r\nb\r\n", "a\nb\n"),
        ("a\x0bb\x85c\u2028d\x1ce\n", "a\x0bb\x85c\u2028x\x1ce\n"),
        ("-- a\n++ b\n@@ c\n", "++ b\n@@ c\n-- a\n"),
        ("\\ No newline at end of file\n", "x\n"),
        ("a\na\na\nb\n", "a\nb\nb\na\n"),
    ],
)
@pytest.mark.parametrize("max_steps", [text_diff.MAX_STEPS, 0])
def test_a_diff_leads_from_one_text_to_the_other(old: str, new: str, max_steps: int):
    found = diff(old, new, max_steps)

    assert patched(old, found) == new
    assert patched(new, diff(new, old, max_steps)) == old


def test_a_last_line_without_an_end_is_told():
    assert diff("a", "b").endswith(
        "-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n"
    )


def test_beyond_its_bound_a_piece_is_removed_and_added_and_the_others_are_compared():
    piece, other = "a\nb\na\nb\n", "b\na\na\nb\na\n"
    old = f"{piece}one\n{piece}{piece * 20}two\n{piece}end\n"
    new = f"{other}one\n{other}{piece * 20}x\ntwo\n{other}end\n"

    whole, cut = diff(old, new), diff(old, new, 500)

    assert patched(old, cut) == patched(old, whole) == new
    assert len(whole) < len(cut)
    assert " one\n" in cut
    assert " two\n" in cut
    assert len(cut) < len(diff(old, new, 0))


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
@pytest.mark.parametrize("max_steps", [text_diff.MAX_STEPS, 0])
def test_git_applies_a_diff(tmp_path: Path, max_steps: int):
    new = FLOW.replace("two", "2").replace("hello", "bye").rstrip("\n") + "\n# end"
    (tmp_path / "flow").write_text(FLOW, newline="")
    found = unified_diff(FLOW, new, old_name="a/flow", new_name="b/flow", max_steps=max_steps)

    subprocess.run(
        ["git", "apply", "-"],  # noqa: S607 - whichever git there is
        cwd=tmp_path,
        input=found.encode(),
        check=True,
    )

    assert (tmp_path / "flow").read_bytes() == new.encode()
