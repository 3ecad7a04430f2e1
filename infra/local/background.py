"""`up`, `down` and `status`: the same stack, without a terminal."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time

from infra.local.home import close_home
from infra.local.settings import ROOT, Local, LocalStackError

START_SECONDS = 300
STOP_SECONDS = 60
TAIL = 15


def up(local: Local) -> None:
    """Start the stack in the background and return when it answers."""
    if running_process(local) is not None:
        status(local)
        return
    close_home(local.home)
    local.description.unlink(missing_ok=True)
    output = local.home / "start.log"
    with output.open("w") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.local", "run"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while not local.description.exists():
        if process.poll() is not None:
            said = output.read_text("utf-8").splitlines()[-TAIL:]
            raise LocalStackError("the stack did not start:\n" + "\n".join(said))
        if time.monotonic() > deadline:
            process.terminate()
            raise LocalStackError(f"not ready after {START_SECONDS} seconds: see {output}")
        time.sleep(0.1)
    print(output.read_text("utf-8"), end="")


def down(local: Local) -> None:
    """Stop the stack of this home and return when its state is on disk."""
    process = running_process(local)
    if process is None:
        print("nothing runs")
        return
    os.kill(process, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while running_process(local) == process:
        if time.monotonic() > deadline:
            raise LocalStackError(f"process {process} is still there after {STOP_SECONDS} seconds")
        time.sleep(0.1)
    print("stopped; the state is kept in", local.home)


def status(local: Local) -> None:
    """Say whether the stack runs, and where."""
    process = running_process(local)
    if process is None:
        raise LocalStackError("nothing runs: `make up` or `make run` starts it")
    try:
        reached = json.loads(local.description.read_text("utf-8"))["apiUrl"]
    except (OSError, ValueError):
        reached = "not ready yet"
    print(f"runs as process {process}: {reached}")


def running_process(local: Local) -> int | None:
    """Return the process that holds this home's lock, if any does."""
    try:
        with local.lock.open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return int(lock.read() or 0) or None
    except OSError:
        pass
    return None
