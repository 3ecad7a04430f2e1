"""The filters: functions of a run, the value before the bar, and the arguments in brackets."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from shared.expressions.filters.text import TEXT
from shared.expressions.values import Json

FILTERS: Mapping[str, Callable[..., Json]] = MappingProxyType({**TEXT})
