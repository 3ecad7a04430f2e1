"""What is wrong with a pattern is said in our words, and no byte string's."""

import pytest

from shared.json_schema.validator import PatternError, compile_pattern
from shared.masking import Masking


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(?<=a)b", 'RE2 cannot look around: "(?<="'),
        ("(?!a)", 'RE2 cannot look around: "(?!"'),
        ("(?>a)", 'no such group: "(?>"'),
        ("*a", 'nothing stands before what repeats: "*"'),
        ("a++", 'what repeats is repeated: "++"'),
        (
            "a{3,2}",
            'counts rise, up to 1000, nested ones multiplied: "{3,2}"',
        ),
        ("[a", 'a "]" is missing: "[a"'),
        ("[abcdefghijkl", 'a "]" is missing: "[abcdef…"'),
        ("(a", 'a ")" is missing: "(a"'),
        (")a", 'a ")" has no "(": ")a"'),
        ("[z-a]", 'no such range or class of characters: "z-a"'),
        ("[[:foo:]]", 'no such range or class of characters: "[:foo:]"'),
        (r"(a)\1", r'no such escape, back-references are none: "\1"'),
        ("a\\", "nothing follows the last backslash"),
        ("(?P<a", 'no name of a group: "(?P<a"'),
        (r"\pL{1000}" * 50, "it takes too much memory"),
    ],
)
def test_what_is_wrong_with_a_pattern_is_a_sentence(pattern: str, why: str) -> None:
    with pytest.raises(PatternError) as refused:
        compile_pattern(pattern)

    shown = refused.value.message.shown(Masking(()))
    assert shown.endswith(f" is not supported: {why}")


def test_half_a_surrogate_pair_is_no_pattern() -> None:
    with pytest.raises(PatternError, match="half of a surrogate pair"):
        compile_pattern("a\ud800")
