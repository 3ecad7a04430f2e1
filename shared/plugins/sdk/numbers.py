"""Numbers that arrive as text, as every value of a CSV file does."""

import math
import re
from typing import Any

from shared.messages import Message
from shared.plugins.sdk.values import invalid, is_number, type_name

Number = int | float

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_WHOLE = re.compile(r"[+-]?[0-9]+")
_MAX_LENGTH = 320


def number_of(value: Any, name: Message | str) -> Number:
    """Read a number, or text that is one; `name` says in the PluginError what was wrong."""
    if is_number(value):
        number: Number = value
        return number
    if not isinstance(value, str):
        sentence = f"{{name}} is {type_name(value)}, not a number"
        raise invalid(Message(sentence, name=Message.of(name)))
    digits = value.strip()
    if len(digits) <= _MAX_LENGTH and _NUMBER.fullmatch(digits):
        number = int(digits) if _WHOLE.fullmatch(digits) else float(digits)
        if math.isfinite(number):
            return number
    raise invalid(Message("{name} is a string that is no number", name=Message.of(name)))
