"""Sets of variables as executions read them: one never changes, so a warm function keeps it."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property
from threading import RLock
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shared.aws import table
from shared.config import FlowsTableSettings, settings
from shared.errors import UnavailableError
from shared.json_text import Json
from shared.namespaces import items
from shared.namespaces.models import Variables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_CACHED_SETS = 32


class VariableReader:
    """The reader of sets of variables, for any tenant; threads may share it.

    Texts are kept, and parsed for each who asks: nothing that one execution does to a value is seen
    by another.
    """

    def __init__(self, table: "Table") -> None:
        self._table = table
        self._cache: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._lock = RLock()

    def __call__(self, tenant: str, digest: str) -> Variables:
        """Read a set that some execution names; UnavailableError, or LookupError if it is gone."""
        key = (tenant, digest)
        with self._lock:
            if key not in self._cache:
                self._cache[key] = self._read(*key)
            self._cache.move_to_end(key)
            while len(self._cache) > _CACHED_SETS:
                self._cache.popitem(last=False)
            text = self._cache[key]
        return items.parsed(text)

    def _read(self, tenant: str, digest: str) -> str:
        key = items.variables_key(tenant, digest)
        try:
            item = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        except (BotoCoreError, ClientError) as error:
            # Nobody's fault: the turn is made again, and no task fails of it.
            raise UnavailableError("the namespace's variables are out of reach") from error
        if item is None:
            raise LookupError(f"no variables {digest} of a namespace")
        return str(item["variables"])


class LazySet(Mapping[str, Json]):
    """A set of variables that is read when something first asks for one, and then kept."""

    def __init__(self, read: Callable[[], Variables]) -> None:
        self._read = read

    @cached_property
    def _variables(self) -> Variables:
        return self._read()

    def __getitem__(self, name: str) -> Json:
        return self._variables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)


@cache
def variable_reader() -> VariableReader:
    return VariableReader(table(settings(FlowsTableSettings).flows_table_name))
