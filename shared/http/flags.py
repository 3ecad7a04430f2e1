"""The query parameters that are true or false, spelled as the document says and in no other way."""

from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

_SPELLED = {"true": True, "false": False, True: True, False: False}


def _flag(value: Any) -> bool:
    if value not in _SPELLED:
        raise PydanticCustomError("flag", "must be true or false")
    return _SPELLED[value]


Flag = Annotated[bool, BeforeValidator(_flag)]
