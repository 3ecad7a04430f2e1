"""Diffs of any two texts lead from one to the other, however much may be compared for them."""

from hypothesis import given
from hypothesis import strategies as st

from shared.flows.text_diff import MAX_STEPS, unified_diff
from tests.support.patches import patched

LINES = st.one_of(
    st.sampled_from(["a", "b", "", "  x: 1", "-", "+", "@@ -1,1 +1,1 @@", "--- a", "\\ No"]),
    st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=3),
)
ENDS = st.sampled_from(["", "\n"])
TEXTS = st.builds(lambda lines, end: "\n".join(lines) + end, st.lists(LINES, max_size=25), ENDS)
BOUNDS = st.sampled_from([0, 30, 300, MAX_STEPS])


@given(old=TEXTS, new=TEXTS, max_steps=BOUNDS)
def test_a_diff_leads_from_one_text_to_the_other(old: str, new: str, max_steps: int):
    found = unified_diff(old, new, old_name="old", new_name="new", max_steps=max_steps)

    assert patched(old, found) == new
    assert (found == "") == (old == new)


@given(text=st.lists(LINES, min_size=1, max_size=40), at=st.integers(0, 39), line=LINES)
def test_one_line_that_changes_is_one_hunk(text: list[str], at: int, line: str):
    place = at % len(text)
    changed = [*text[:place], line, *text[place + 1 :]]
    old, new = ("".join(f"{each}\n" for each in lines) for lines in (text, changed))

    found = unified_diff(old, new, old_name="old", new_name="new", max_steps=0)

    removed_or_added = [each for each in found.split("\n")[2:] if each[:1] in {"+", "-"}]
    assert len(removed_or_added) == (0 if line == text[place] else 2)
