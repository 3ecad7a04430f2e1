"""The state of the emulator on disk, every few seconds, whole or not at all.

A snapshot is written by a forked child: it sees the memory of one moment, and no request waits for
it. The fork falls between two writes, so no transaction is halved. A finished snapshot takes its
predecessor's place by the renaming of a link; what a kill cuts short is never looked at.
"""

import asyncio
import contextlib
import copy
import filecmp
import gc
import importlib
import json
import logging
import os
import shutil
import signal
import time
import warnings
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

from infra.local.answers import Scope

PAUSE_SECONDS = 1.0
"""The pause between the end of one snapshot and the beginning of the next."""
QUIET_SECONDS = 1.0
CHILD_SECONDS = 60.0
FIRST_DESCRIPTOR = 3
READS = ("Get", "Query", "Scan", "BatchGet", "TransactGet", "Describe", "List")
TABLES = "DynamoDB_"

Application = Callable[..., Awaitable[None]]

log = logging.getLogger(__name__)


class Writes:
    """The writes to the emulator: counted if they may change its state, and held back on demand."""

    def __init__(self, emulator: Application) -> None:
        self._emulator = emulator
        self.count = 0
        self._under_way = 0
        self._may_begin = asyncio.Event()
        self._may_begin.set()
        self._is_quiet = asyncio.Event()
        self._is_quiet.set()

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Pass a request on; a write to a table only while no snapshot begins."""
        operation = _operation(scope)
        if not _is_write(scope, operation):
            await self._emulator(scope, receive, send)
            return
        if operation.startswith(TABLES):
            await self._write(scope, receive, send)
        else:
            await self._emulator(scope, receive, send)
        self.count += 1

    async def between(self, step: Callable[[], int]) -> int | None:
        """Do a step while no table is written; None, undone, if there is no such moment."""
        self._may_begin.clear()
        try:
            async with asyncio.timeout(QUIET_SECONDS):
                await self._is_quiet.wait()
            return step()
        except TimeoutError:
            return None
        finally:
            self._may_begin.set()

    async def _write(self, scope: Scope, receive: Any, send: Any) -> None:
        while not self._may_begin.is_set():
            await self._may_begin.wait()
        self._under_way += 1
        self._is_quiet.clear()
        try:
            await self._emulator(scope, receive, send)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._is_quiet.set()


class Snapshots:
    """The snapshots of one stack, in the folder that holds its state; the link names the last."""

    def __init__(self, state: Path, writes: Writes) -> None:
        self._state = state
        self._link = state / "snapshot"
        self._writes = writes
        self._written = 0
        self._is_deployed = False
        self._app: Any = importlib.import_module("ministack.app")
        self._persistence: Any = importlib.import_module("ministack.core.persistence")

    def choose(self) -> None:
        """Let the emulator load the last whole snapshot; remove what was cut short."""
        self._state.mkdir(parents=True, exist_ok=True)
        last = self._link.resolve() if self._link.is_symlink() else self._state
        for folder in self._state.glob("snapshot-*"):
            if folder != last:
                shutil.rmtree(folder, ignore_errors=True)
        self._persistence.STATE_DIR = str(last)

    async def keep_taking(self) -> None:
        """Take one every few seconds for as long as something changes.

        Not before everything is deployed: half a deployment could not be gone on with.
        """
        self._is_deployed = True
        while True:
            if self._writes.count != self._written:
                await self.take()
            await asyncio.sleep(PAUSE_SECONDS)

    async def take(self) -> bool:
        """Write what is there now; False, with a line in the log, if that did not succeed."""
        count, folder = self._writes.count, self._new_folder()
        child = await self._writes.between(lambda: self._fork(folder))
        if child is None or not await _has_succeeded(child):
            log.warning("a snapshot was given up; the one before it stands")
            shutil.rmtree(folder, ignore_errors=True)
            return False
        self._adopt(folder)
        self._written = count
        return True

    @contextlib.contextmanager
    def last(self) -> Iterator[None]:
        """Let the emulator save everything itself within the block; it counts at its end."""
        folder = self._new_folder()
        self._persistence.STATE_DIR = str(folder)
        yield
        if self._is_deployed and any(folder.glob("*.json")):
            self._adopt(folder)

    def _new_folder(self) -> Path:
        folder = self._state / f"snapshot-{time.time_ns()}"
        folder.mkdir()
        return folder

    def _adopt(self, folder: Path) -> None:
        new = self._link.with_suffix(".new")
        new.unlink(missing_ok=True)
        new.symlink_to(folder.name)
        before = self._link.resolve() if self._link.is_symlink() else None
        new.replace(self._link)
        if before:
            shutil.rmtree(before, ignore_errors=True)

    def _fork(self, folder: Path) -> int:
        with warnings.catch_warnings():
            # Later Pythons warn of forks beside threads: the child takes no lock that one may hold.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            self._write_and_exit(folder)
        return child

    def _write_and_exit(self, folder: Path) -> NoReturn:
        """Write the snapshot and exit; nobody changes the child's memory, so nothing is copied."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
            logging.disable(logging.CRITICAL)
            gc.disable()
            os.closerange(FIRST_DESCRIPTOR, os.sysconf("SC_OPEN_MAX"))
            vars(copy)["deepcopy"] = lambda value, _memo=None: value
            # Several times as fast as writing while encoding.
            vars(json)["dump"] = lambda value, file, **how: file.write(json.dumps(value, **how))
            self._write(folder)
            code = 0
        finally:
            os._exit(code)

    def _write(self, folder: Path) -> None:
        self._persistence.STATE_DIR = str(folder)
        services = self._app._build_persistence_save_dict()  # noqa: SLF001 - as at its own end
        for name, get_state in services.items():
            state = get_state()
            if state is None:
                continue
            self._persistence.save_state(name, state)
            # It only logs what goes wrong: a file that is not there raises here.
            _keep(folder / f"{name}.json", self._link / f"{name}.json")


def _keep(file: Path, before: Path) -> None:
    """Write a file to the disk, or replace it by a link to an equal predecessor."""
    if before.exists() and filecmp.cmp(file, before, shallow=False):
        file.unlink()
        file.hardlink_to(before.resolve())
        return
    with file.open("rb") as written:
        os.fsync(written.fileno())


async def _has_succeeded(child: int) -> bool:
    """Wait for a child's end; one that hangs is ended."""
    deadline = time.monotonic() + CHILD_SECONDS
    try:
        while True:
            ended, status = os.waitpid(child, os.WNOHANG)  # noqa: ASYNC222 - it doesn't block
            if ended:
                return os.waitstatus_to_exitcode(status) == 0
            if time.monotonic() > deadline:
                _end(child)
                return False
            await asyncio.sleep(0.05)
    except asyncio.CancelledError:
        _end(child)
        raise


def _end(child: int) -> None:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def _operation(scope: Scope) -> str:
    """Return the AWS operation that a request names (`DynamoDB_20120810.PutItem`), or nothing."""
    for name, value in scope.get("headers", ()):
        if name.lower() == b"x-amz-target":
            return bytes(value).decode("latin-1")
    return ""


def _is_write(scope: Scope, operation: str) -> bool:
    if scope["type"] != "http" or scope["path"].startswith("/_"):
        return False  # our API writes through the same door as everybody: AWS operations
    if operation:
        return not operation.rpartition(".")[2].startswith(READS)
    return scope["method"] not in {"GET", "HEAD"}
