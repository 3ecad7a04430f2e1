"""Messages: values apart from the sentence, masked whole before anything is cut."""

import pytest

from shared.expressions import TemplateError
from shared.masking import Masking
from shared.messages import InvalidValueError, Message, reason
from shared.plugins.sdk.plugin import PluginError

TOKEN = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"
MASKING = Masking([TOKEN])


def test_a_value_is_masked_whole_and_shortened_then() -> None:
    message = Message("there is no flow '{flow:10}'", flow=f"{TOKEN}/{'f' * 20}")

    assert message.shown(MASKING) == "there is no flow '******/fff…'"
    assert message.unmasked() == "there is no flow 'ghp_012345…'"


def test_other_values_than_texts_are_compact_json() -> None:
    message = Message("{a} {b} {c}", a=[1, {"é": None}], b=True, c=2.5)

    assert message.unmasked() == '[1,{"é":null}] true 2.5'


def test_a_message_in_a_message_is_neither_masked_twice_nor_cut() -> None:
    inner = Message("{value} " + "x" * 300, value=TOKEN)

    assert Message("why: {inner:5}", inner=inner).shown(MASKING) == "why: ****** " + "x" * 300


def test_a_sentence_without_values_is_taken_as_it_stands() -> None:
    assert Message.of("'{{' without its '{}' {name}").unmasked() == "'{{' without its '{}' {name}"


def test_a_value_that_looks_like_a_place_is_none() -> None:
    assert Message("{a}, {b}", a="{b}", b=1).unmasked() == "{b}, 1"


def test_messages_are_joined() -> None:
    both = Message.joined("; ", [Message("a is {a}", a=1), "b {is} too"])

    assert both.unmasked() == "a is 1; b {is} too"


@pytest.mark.parametrize(
    "error",
    [
        PluginError(Message("no flow {flow}", flow=TOKEN)),
        TemplateError(Message("no key {flow}", flow=TOKEN), "properties.x"),
        InvalidValueError(Message("no time {flow}", flow=Message("{flow}", flow=TOKEN))),
        Message("a tuple of {flow}", flow=TOKEN),
    ],
)
def test_what_python_writes_of_an_error_holds_no_value(error: Exception | Message) -> None:
    for written in (str(error), repr(error)):
        assert TOKEN not in written
        assert "…" in written


def test_the_words_of_another_library_are_a_value() -> None:
    message = reason(ValueError(f"bad literal: {TOKEN}"))

    assert str(message) == "…"
    assert message.shown(MASKING) == "bad literal: ******"


def test_the_reason_of_our_own_errors_is_their_message() -> None:
    error = InvalidValueError(Message("{value} is no time", value=TOKEN))

    assert reason(error) is error.message


def test_a_value_that_cannot_be_written_is_left_out() -> None:
    deep: list[object] = []
    for _ in range(5_000):
        deep = [deep]

    assert Message("{a} and {b}", a=deep, b=object()).unmasked() == "… and …"
