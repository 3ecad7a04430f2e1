"""Large outputs in memory, and how long they are kept."""

import hashlib

from botocore.exceptions import ClientError

from shared.errors import ExecutionNotRetryableError
from shared.executions.models import Execution
from shared.executions.store.payloads import PayloadStore
from shared.executions.task_runs import Stored


class InMemoryPayloads(PayloadStore):
    """Keeps texts, and after how many days they go; `reads` counts how often one was fetched."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.days: dict[str, int] = {}
        self.reads = 0
        self.errors: list[Exception] = []
        """What the next reads meet instead of an object."""

    def put(self, key: str, text: str) -> Stored:
        self.texts[key] = text
        self.days.pop(key, None)
        return Stored(key=key, size=len(text.encode()))

    def put_once(self, key: str, text: str) -> Stored:
        if key not in self.texts:
            return self.put(key, text)
        return Stored(key=key, size=len(text.encode()))

    def get(self, stored: Stored) -> str:
        self.reads += 1
        if self.errors:
            raise self.errors.pop(0)
        return self._text(stored)

    def put_sealed(self, execution: Execution, value: bytes) -> Stored:
        digest = hashlib.sha256(value).hexdigest()
        key = f"executions/{execution.tenant}/{execution.id}/{digest}.sealed"
        self.put(key, value.decode("latin-1"))
        return Stored(key=key, size=len(value))

    def get_bytes(self, stored: Stored) -> bytes:
        return self.get(stored).encode("latin-1")

    def copy_to(self, execution: Execution, stored: Stored) -> Stored:
        name = stored.key.rpartition("/")[2]
        key = f"executions/{execution.tenant}/{execution.id}/{name}"
        if stored.key not in self.texts:
            raise ExecutionNotRetryableError("outputs are gone: retry it in full")
        self.put(key, self._text(stored))
        return stored.model_copy(update={"key": key})

    def expire_after(self, stored: Stored, days: int) -> None:
        if stored.key in self.texts:
            self.days[stored.key] = days

    def url(self, stored: Stored) -> str:
        return f"https://objects.example/{stored.key}"

    def _text(self, stored: Stored) -> str:
        if stored.key not in self.texts:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return self.texts[stored.key]
