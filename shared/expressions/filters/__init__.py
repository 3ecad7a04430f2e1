"""The filters: functions of a run, the value before the bar, and the arguments in brackets."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from shared.expressions.filters.choosing import CHOOSING, mapping_over
from shared.expressions.filters.dates import DATES
from shared.expressions.filters.encodings import ENCODINGS
from shared.expressions.filters.lists import LISTS
from shared.expressions.filters.markup import MARKUP
from shared.expressions.filters.numbers import NUMBERS
from shared.expressions.filters.ordering import ORDERING
from shared.expressions.filters.text import TEXT
from shared.expressions.values import Json

_EACH = {**TEXT, **MARKUP, **ENCODINGS, **NUMBERS, **LISTS, **ORDERING, **DATES}

FILTERS: Mapping[str, Callable[..., Json]] = MappingProxyType(
    {**_EACH, **CHOOSING, "map": mapping_over(_EACH)}
)
