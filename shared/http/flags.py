"""The query parameters that are true or false, spelled as the document says and in no other way."""

from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

_SPELLED = {"true": True, "false": False}


def _flag(value: Any) -> bool:
    """Read what a query holds, a list where it names the flag twice, or a default."""
    read = _SPELLED.get(value) if isinstance(value, str) else value
    if not isinstance(read, bool):
        raise PydanticCustomError("flag", "must be true or false")
    return read


Flag = Annotated[bool, BeforeValidator(_flag)]
