"""Values too large for a row or an answer: JSON texts in S3, the object before the row."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from functools import cache
from threading import RLock
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.aws import s3
from shared.config import PayloadsSettings, settings
from shared.errors import ExecutionNotRetryableError, UnavailableError
from shared.executions.models import Execution
from shared.executions.retention import day_class
from shared.executions.task_runs import Stored, TaskRun

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

ROW_BYTES = 300_000
"""The size of outputs up to which they stay in the row; an item holds 400 KB, log included."""
FLOW_ROW_BYTES = 60_000
"""The same for a flow's outputs: their row holds inputs (200 KB), labels and mocks as well."""
URL_SECONDS = 900
CACHED_BYTES = 40_000_000
"""The objects kept parsed during a turn; a parsed one takes several times its text."""


class PayloadStore:
    """The objects of one bucket; the client is made when the first is needed, for few ever are."""

    def __init__(self, client: Callable[[], "S3Client"], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, text: str) -> Stored:
        return self._put(key, text.encode())

    def put_once(self, key: str, text: str) -> Stored:
        """Put an object, unless one is there: that stays, with its tags and its age."""
        try:
            return self._put(key, text.encode(), IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] != "PreconditionFailed":
                raise
        return Stored(key=key, size=len(text.encode()))

    def get(self, stored: Stored) -> str:
        return self.get_bytes(stored).decode()

    def get_bytes(self, stored: Stored) -> bytes:
        """Return what an object holds."""
        answer = self._client().get_object(Bucket=self._bucket, Key=stored.key)
        return answer["Body"].read()

    def url(self, stored: Stored) -> str:
        """Return an address from which anybody may read the object, for a quarter of an hour."""
        return self._client().generate_presigned_url(
            "get_object",
            Params={"Bucket": self._bucket, "Key": stored.key},
            ExpiresIn=URL_SECONDS,
        )

    def put_for(self, execution: Execution, text: str) -> Stored:
        """Store a text of an execution; its content is its name, so a repetition is harmless.

        One that comes late, after the end, leaves the tag that lets the object go.
        """
        digest = hashlib.sha256(text.encode()).hexdigest()
        return self.put_once(f"{_folder(execution)}/{digest}.json", text)

    def put_sealed(self, execution: Execution, value: bytes) -> Stored:
        """Store a sealed value of an execution; none is sealed twice to the same bytes."""
        key = f"{_folder(execution)}/{hashlib.sha256(value).hexdigest()}.sealed"
        return self._put(key, value, content_type="application/octet-stream")

    def copy_to(self, execution: Execution, stored: Stored) -> Stored:
        """Copy another execution's object for this one, without the tags that let it go.

        Raises ExecutionNotRetryableError when somebody removed it.
        """
        key = f"{_folder(execution)}/{stored.key.rpartition('/')[2]}"
        client = self._client()
        try:
            client.copy_object(
                Bucket=self._bucket,
                Key=key,
                CopySource={"Bucket": self._bucket, "Key": stored.key},
                TaggingDirective="REPLACE",
            )
        except client.exceptions.NoSuchKey as error:
            raise ExecutionNotRetryableError(
                "outputs that the retry would keep are gone: retry it in full"
            ) from error
        return stored.model_copy(update={"key": key})

    def expire_after(self, stored: Stored, days: int) -> None:
        """Let S3 remove an object so many days after it was written; one of DAY_CLASSES.

        One that somebody removed already must not keep its execution from ending.
        """
        client = self._client()
        with suppress(client.exceptions.NoSuchKey):
            client.put_object_tagging(
                Bucket=self._bucket,
                Key=stored.key,
                Tagging={"TagSet": [{"Key": "days", "Value": str(days)}]},
            )

    def expire_all(
        self, execution: Execution, objects: Iterable[Stored | None], *, now: datetime
    ) -> None:
        """Let S3 remove objects when the retention of an execution that ends now is over."""
        days = day_class(execution, now)
        for stored in dict.fromkeys(objects):
            if days is not None and stored is not None:
                self.expire_after(stored, days)

    def offloaded(self, execution: Execution, run: TaskRun) -> TaskRun:
        """Return a task run as its row can hold it: large outputs are stored, and pointed to."""
        if run.outputs is None or len(run.outputs.encode()) <= ROW_BYTES:
            return run
        stored = self.put_for(execution, run.outputs)
        return run.model_copy(update={"outputs": None, "stored": stored})

    def _put(
        self, key: str, content: bytes, content_type: str = "application/json", **condition: Any
    ) -> Stored:
        self._client().put_object(
            Bucket=self._bucket,
            Key=key,
            Body=content,
            ContentType=content_type,
            **condition,
        )
        return Stored(key=key, size=len(content))


def _folder(execution: Execution) -> str:
    return f"executions/{execution.tenant}/{execution.id}"


def size_of(run: TaskRun) -> int:
    """Return the bytes of a task run's outputs, wherever they are."""
    if run.stored:
        return run.stored.size
    return len(run.outputs.encode()) if run.outputs else 0


class OutputReader:
    """The reader of outputs as JSON, from row or object; it fetches an object once in a turn."""

    def __init__(self, payloads: PayloadStore) -> None:
        self._payloads = payloads
        self._parsed: OrderedDict[str, Any] = OrderedDict()
        self._sizes: dict[str, int] = {}
        self._lock = RLock()

    def __call__(self, run: TaskRun) -> Any:
        """Return a task run's outputs; an empty map where there are none."""
        if run.stored:
            return self.stored(run.stored)
        return json.loads(run.outputs) if run.outputs else {}

    def stored(self, stored: Stored) -> Any:
        """Return an object's JSON."""
        with self._lock:
            if stored.key not in self._parsed:
                self._parsed[stored.key] = json.loads(self._text(stored))
                self._sizes[stored.key] = stored.size
                self._make_room(stored.key)
            self._parsed.move_to_end(stored.key)
            return self._parsed[stored.key]

    def _text(self, stored: Stored) -> str:
        """Read an object; UnavailableError when that is nobody's fault, and may be tried again."""
        try:
            return self._payloads.get(stored)
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"] == "NoSuchKey":
                raise
            raise UnavailableError("a stored value cannot be read now, try again") from error

    def _make_room(self, newest: str) -> None:
        while sum(self._sizes.values()) > CACHED_BYTES and next(iter(self._parsed)) != newest:
            key, _ = self._parsed.popitem(last=False)
            del self._sizes[key]


@cache
def payload_store() -> PayloadStore:
    return PayloadStore(s3, settings(PayloadsSettings).payloads_bucket_name)
