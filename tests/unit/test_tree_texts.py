"""The texts of a JSON value, taken out and put back."""

from shared.masking import Masking
from shared.tree_texts import CHUNK, chunks, places, separator, texts_of, with_texts

TREE = {"a": ["b", 1, 2.5, True, None, {}], "c": {"d": []}}


def test_texts_names_and_numbers_are_taken_out_in_order():
    assert list(texts_of(TREE)) == ["a", "b", "1", "2.5", "c", "d"]


def test_other_texts_are_put_back_and_changed_numbers_become_the_mask():
    texts = iter(["A", "B", "1", "x", "C", "D"])

    changed = with_texts(TREE, texts, "*")

    assert changed == {"A": ["B", 1, "*", True, None, {}], "C": {"D": []}}


def test_names_that_become_equal_are_numbered_around_those_that_are_there():
    tree = {"b (2)": 1, "x": 2, "y": 3, "b": 4, "z": {"x": 5}}

    changed = with_texts(
        tree, iter(["b (2)", "1", "b", "2", "b", "3", "b", "4", "b", "b", "5"]), "*"
    )

    assert changed == {"b (2)": 1, "b (3)": 2, "b (4)": 3, "b": 4, "b (5)": {"b": 5}}


def test_a_name_that_is_changed_does_not_come_back_by_its_number():
    assert with_texts({"x": 1, "b (2)": 2}, iter(["b", "1", "b", "2"]), "*") == {"b": 1, "b (3)": 2}


def test_chunks_hold_all_texts_and_a_long_one_alone():
    long = "x" * (CHUNK + 1)

    assert list(chunks(["a", "b", long, "c"])) == [["a", "b"], [long], ["c"]]
    assert list(chunks([])) == []


def test_a_separator_is_found_though_control_characters_are_used():
    used = frozenset(map(chr, range(32)))

    assert separator(used) not in used


def test_a_position_is_in_the_text_that_it_begins_in():
    assert places(["ab", "", "c"], [0, 1, 3, 4]) == {0, 1, 2}


def test_items_are_masked_each_by_itself():
    control = "".join(map(chr, range(1, 32)))
    texts = ["to", "ken", "tokens", f"{control}token\\", "t%6fken", '\\"', "b" * 12 + "*****"]

    masked = Masking(["token", "b*****"]).tree(texts)

    assert masked == ["to", "ken", "******s", f"{control}******\\", "******", '\\"', "******"]
