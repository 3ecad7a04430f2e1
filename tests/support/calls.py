"""Every AWS call of every invocation: counted, and on demand the last thing its process did.

Who made a call is known by the thread: an invocation marks its own, and a thread inherits the mark
of the one that started it.
"""

import itertools
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import botocore.client
import pytest

from tests.support.limits import Limits
from tests.support.patience import Patience
from tests.support.permissions import Permissions
from tests.support.template import Template


class Crash(SystemExit):
    """What an invocation meets where its process would have died."""


@dataclass(eq=False)
class Invocation:
    """One call of one function; once it is dead, none of its threads reaches AWS any more."""

    function: str
    is_dead: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    """Held during each of its AWS calls: who takes it meets none half done."""

    def killed(self) -> "Crash":
        """Let it die here and now."""
        self.is_dead = True
        return Crash()


@dataclass(frozen=True)
class Call:
    """One AWS call, `DynamoDB.PutItem`, with its parameters."""

    function: str
    operation: str
    parameters: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class _Planned:
    function: str
    number: int
    is_after: bool


class Calls:
    """The calls made so far, and the one at which a function is to crash."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: list[Call] = []
        self._seen: Counter[str] = Counter()
        self._planned: _Planned | None = None
        self._meanwhile: tuple[_Planned, Callable[[], object]] | None = None
        self._failures: list[tuple[Callable[[Call], bool], Exception]] = []
        self._lost: list[tuple[Callable[[Call], bool], Exception]] = []

    def of(self, function: str) -> list[str]:
        """The operations that a function's invocations called, oldest first."""
        with self._lock:
            return [call.operation for call in self._made if call.function == function]

    def all(self) -> list[Call]:
        with self._lock:
            return list(self._made)

    def clear(self) -> None:
        """Forget what was counted, and any planned crash or failure."""
        with self._lock:
            self._made.clear()
            self._seen.clear()
            self._failures.clear()
            self._lost.clear()
            self._planned = self._meanwhile = None

    def crash_after(self, number: int, function: str = "runner") -> None:
        """Kill the invocation that makes the function's call `number` (from now, from 1): done
        by AWS, never heard by us. It happens once."""
        self._plan(_Planned(function, number, is_after=True))

    def crash_before(self, number: int, function: str = "runner") -> None:
        """As `crash_after`, but AWS never sees the call."""
        self._plan(_Planned(function, number, is_after=False))

    def meanwhile(self, number: int, function: str, do: Callable[[], object]) -> None:
        """Have something else happen, all of it, before the function's call `number` (from now,
        from 1). It happens once."""
        with self._lock:
            self._seen.clear()
            self._meanwhile = (_Planned(function, number, is_after=False), do)

    @property
    def has_interrupted(self) -> bool:
        """Whether a planned interruption, if there was one, has begun."""
        with self._lock:
            return self._meanwhile is None

    def fail_next(self, error: Exception, matching: Callable[[Call], bool]) -> None:
        """Answer the next matching call with an error, once, without AWS seeing it."""
        with self._lock:
            self._failures.append((matching, error))

    def lose_next(self, error: Exception, matching: Callable[[Call], bool]) -> None:
        """Have AWS do the next matching call, once, and answer it with an error."""
        with self._lock:
            self._lost.append((matching, error))

    def fail_at(self, number: int, error: Exception, function: str) -> None:
        """Answer the function's call `number` (from now, from 1) with an error, once."""
        seen = itertools.count(1)
        self.fail_next(error, lambda call: call.function == function and next(seen) == number)

    @property
    def has_failed(self) -> bool:
        """Whether every planned failure has happened."""
        with self._lock:
            return not self._failures

    @property
    def has_crashed(self) -> bool:
        """Whether a planned crash, if there was one, has happened."""
        with self._lock:
            return self._planned is None

    def _plan(self, planned: _Planned) -> None:
        with self._lock:
            self._seen.clear()
            self._planned = planned

    def let_others_in(self, invocation: Invocation) -> None:
        """Do what is planned before the next call of an invocation."""
        with self._lock:
            planned, number = self._meanwhile, self._seen[invocation.function] + 1
            if planned is None or invocation.is_dead:
                return
            if (planned[0].function, planned[0].number) != (invocation.function, number):
                return
            self._meanwhile = None

        def do() -> None:
            current: Any = threading.current_thread()
            current.invocation = TEST  # somebody else's doing is not this function's
            planned[1]()

        other = threading.Thread(target=do)
        other.start()
        other.join()

    def after(self, call: Call) -> None:
        """Lose the answer to a call, if that is planned."""
        with self._lock:
            lost = next((entry for entry in self._lost if entry[0](call)), None)
            if lost:
                self._lost.remove(lost)
                raise lost[1]

    def before(self, invocation: Invocation, call: Call) -> bool:
        """Note the call; True if the process is to die after it."""
        with self._lock:
            if invocation.is_dead:
                raise Crash
            failure = next((entry for entry in self._failures if entry[0](call)), None)
            if failure:
                self._failures.remove(failure)
                raise failure[1]
            self._seen[call.function] += 1
            planned = self._planned
            dies = planned is not None and (
                (planned.function, planned.number) == (call.function, self._seen[call.function])
            )
            if dies and planned:
                self._planned = None
                invocation.is_dead = not planned.is_after
            if invocation.is_dead:
                raise Crash
            self._made.append(call)
            return dies


TEST = Invocation("test")
_MADE: set[Invocation] = set()
"""Since the last were abandoned: a thread of one may go on after it has answered."""


def current_invocation() -> Invocation:
    """The invocation this thread belongs to, or the test's own."""
    return getattr(threading.current_thread(), "invocation", TEST)


@contextmanager
def invoking(function: str) -> Iterator[Invocation]:
    """Mark this thread, and those it starts, as one invocation of `function`."""
    thread: Any = threading.current_thread()
    outer = current_invocation()
    mine = thread.invocation = Invocation(function)
    _MADE.add(mine)
    try:
        yield mine
    finally:
        thread.invocation = outer


def abandon_invocations() -> None:
    """Let none made so far reach AWS any more, once the calls they are at are done: the next
    test's tables have the same names, and what it planned is not meant for them."""
    for each in tuple(_MADE):
        with each.lock:
            each.is_dead = True
        _MADE.discard(each)


_permissions, _patience = cache(Permissions), cache(Patience)
"""They keep nothing but what their template says."""


def record_calls(monkeypatch: pytest.MonkeyPatch, template: Template) -> Calls:
    """Watch every AWS call of this process, and refuse what its role doesn't allow or its client
    would try for too long, until the monkeypatch is undone."""
    calls, permissions, patience = Calls(), _permissions(template), _patience(template)
    # DynamoDB applies a conditional write as one step, Step Functions starts a name once and
    # finds a token; moto would interleave two threads.
    one_step = threading.RLock()
    call_aws = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]  # private
    start = threading.Thread.start

    def watched(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        invocation = current_invocation()
        calls.let_others_in(invocation)
        service = client.meta.service_model.service_id
        call = Call(invocation.function, f"{service}.{operation}", parameters)
        is_one_step = service == "DynamoDB" or operation in {"StartExecution", "SendTaskSuccess"}
        with invocation.lock:
            dies = calls.before(invocation, call)
            permissions.check(invocation.function, f"{service}.{operation}", parameters)
            patience.check(invocation.function, client)
            with one_step if is_one_step else nullcontext():
                answer = call_aws(client, operation, parameters)
            if dies:
                raise invocation.killed()
        calls.after(call)
        return answer

    def inheriting(thread: Any) -> None:
        thread.invocation = current_invocation()
        start(thread)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", watched)
    monkeypatch.setattr(threading.Thread, "start", inheriting)
    return calls


def keep_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a function that ends its process end its own invocation: it shares this process with
    the others and with the tests."""
    end = os._exit

    def ended(status: int) -> None:
        invocation = current_invocation()
        if invocation is TEST:
            end(status)
        raise invocation.killed()

    monkeypatch.setattr(os, "_exit", ended)


def refuse_beyond_limits(monkeypatch: pytest.MonkeyPatch, limits: Limits) -> None:
    """Refuse what DynamoDB would, on sight of what is sent, until the monkeypatch is undone."""
    as_sent = botocore.client.BaseClient._emit_api_params  # type: ignore[attr-defined]  # private

    def checked(client: Any, api_params: Any, operation_model: Any, context: Any) -> Any:
        sent = as_sent(client, api_params, operation_model, context)
        if client.meta.service_model.service_name == "dynamodb":
            limits.check(operation_model.name, sent)
        return sent

    monkeypatch.setattr(botocore.client.BaseClient, "_emit_api_params", checked)
