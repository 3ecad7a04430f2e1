"""The AWS emulator in this process: its environment, its server, its end."""

import asyncio
import contextlib
import importlib
import logging
import os
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config

from infra.local.credentials import KeyPair
from infra.local.gateway import Gateway
from infra.local.identities import Identities
from infra.local.settings import HOST, REGION, Local, LocalStackError
from infra.local.snapshots import Snapshots, Writes

WORKERS = min(16, max(4, 2 * (os.cpu_count() or 1)))
"""Processes per function."""
STOPPED = {
    "body": {"errorType": "Runtime.ExitError", "errorMessage": "the stack is stopping"},
    "error": True,
    "log": "",
}


def prepare(local: Local, layer: Path) -> None:
    """Set what the emulator reads from its environment, and keep everybody's own AWS out of it.

    Functions run as children of this process: they find the dependencies, unpacked once, through
    `PYTHONPATH`. Deployed as a layer's archive, they would be unpacked again for each worker.
    """
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(
        {
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AUTH": "true",
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(local.emulator_port),
            "IOT_MTLS_ENABLED": "0",
            "LAMBDA_ACCOUNT_CONCURRENCY": "0",
            "LOG_LEVEL": "INFO",
            "NO_PROXY": ",".join(filter(None, [os.environ.get("NO_PROXY"), HOST, "localhost"])),
            "PERSIST_STATE": "1",
            "PYTHONPATH": str(layer / "python"),
            "S3_DATA_DIR": str(local.state / "s3"),
            "S3_PERSIST": "1",
            "SFTP_ENABLED": "0",
            "STATE_DIR": str(local.state),
        }
    )
    logging.basicConfig(
        filename=local.log, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )


def require_free_ports(local: Local) -> None:
    """Say which port is taken, and how to choose another, before anything is started."""
    for name, port in (
        ("HEADRACE_PORT", local.port),
        ("HEADRACE_EMULATOR_PORT", local.emulator_port),
    ):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError as error:
                raise LocalStackError(
                    f"port {port} cannot be used ({error.strerror}): "
                    f"stop what uses it, or choose another with {name}=…"
                ) from error


@asynccontextmanager
async def serving(local: Local, pair: KeyPair) -> AsyncIterator[tuple[Gateway, Snapshots]]:
    """Serve emulator and API until the block ends; then stop the workers and save the state."""
    module: Any = importlib.import_module("ministack.app")
    is_stopping = threading.Event()
    # Imported before a snapshot is chosen: code lies beside the snapshots, once for all of them.
    _take_turns(importlib.import_module("ministack.services.lambda_svc"), is_stopping)
    _name_machine(importlib.import_module("ministack.core.iam_actions"))
    writes = Writes(module.app)
    snapshots = Snapshots(local.state, writes)
    snapshots.choose()
    identities = Identities(pair)
    identities.install()
    gateway = Gateway(writes, local=local, knows=identities.knows)
    application: Any = gateway
    is_over = asyncio.Event()
    server = asyncio.create_task(
        serve(application, _server_config(local), shutdown_trigger=is_over.wait)
    )
    try:
        await _listening(local, server)
        yield gateway, snapshots
    finally:
        # The workers first: one in the middle of its work would call a server that is gone, again
        # and again, while that server waits for its answer.
        is_stopping.set()
        workers: Any = importlib.import_module("ministack.core.lambda_runtime")
        await asyncio.to_thread(workers.reset)
        with snapshots.last(), contextlib.suppress(asyncio.CancelledError):
            is_over.set()
            await server


def _server_config(local: Local) -> Config:
    config = Config()
    config.bind = [f"{HOST}:{local.port}", f"{HOST}:{local.emulator_port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 3
    config.accesslog = None
    config.errorlog = logging.getLogger("hypercorn.error")
    return config


def _take_turns(service: Any, is_stopping: threading.Event) -> None:
    """Let invocations of a function wait for one of a few workers.

    As delivered, each concurrent invocation starts a process of its own: a burst that AWS absorbs
    would bury this machine. No function waits for another's invocation, so turns cannot deadlock.
    """
    dispatch = service._execute_function_dispatch  # noqa: SLF001 - the one way all invocations go
    turns: dict[str, threading.Semaphore] = {}
    making = threading.Lock()

    def in_turn(function: Any, config: Any, *invocation: Any) -> Any:
        with making:
            turn = turns.setdefault(config["FunctionName"], threading.Semaphore(WORKERS))
        with turn:
            return STOPPED if is_stopping.is_set() else dispatch(function, config, *invocation)

    service._execute_function_dispatch = in_turn  # noqa: SLF001


def _name_machine(permissions: Any) -> None:
    """Let a role that may send tokens to the machine send them.

    A token belongs to a machine, and AWS checks the grant against that. As delivered, the emulator
    looks for an ARN in the request, where there is none, and demands a grant on everything. There
    is one machine.
    """
    extract = permissions.extract_resource_arn

    def named(service: str, *request: Any, **more: Any) -> Any:
        found = extract(service, *request, **more)
        if found == "*" and service == "states":
            states: Any = importlib.import_module("ministack.services.stepfunctions")
            return next(iter(states._state_machines), found)  # noqa: SLF001 - as its own lists do
        return found

    permissions.extract_resource_arn = named


async def _listening(local: Local, server: "asyncio.Task[None]") -> None:
    for _ in range(600):
        if server.done():
            server.result()
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(HOST, local.emulator_port)
            writer.close()
            return
        await asyncio.sleep(0.05)
    raise LocalStackError(f"the emulator did not start within 30 seconds: see {local.log}")
