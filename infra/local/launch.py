"""`run`: from nothing to a stack that answers, step by step, and back to nothing but its state."""

import asyncio
import concurrent.futures
import contextlib
import fcntl
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from infra.bundling import BundlingError, dependencies_layer
from infra.local.credentials import KeyPair, home_key_pair
from infra.local.deploy import Deployer, Deployment
from infra.local.emulator import prepare, require_free_ports, serving
from infra.local.gateway import Gateway
from infra.local.home import close_home, readable
from infra.local.settings import REGION, Local, LocalStackError
from infra.local.snapshots import Snapshots
from infra.options import LOCAL, NATIVE
from infra.synthesis import BUILD, SynthesisError, assembly

Result = TypeVar("Result")


def run(local: Local) -> None:
    """Run the stack until SIGINT or SIGTERM; its state is on disk when this returns."""
    close_home(local.home)
    with _alone(local), _temporary_description(local):
        require_free_ports(local)
        pair = home_key_pair(local.credentials)
        try:
            with readable():
                layer = _build(local)
                built = _synthesise(local, layer)
        except (BundlingError, SynthesisError) as error:
            raise LocalStackError(str(error)) from error
        prepare(local, layer)
        asyncio.run(_serve(local, pair, built))


def _build(_local: Local) -> Path:
    with _step("dependencies"):
        return dependencies_layer(NATIVE, LOCAL["python"])


def _synthesise(local: Local, layer: Path) -> Path:
    """Return the assembly, whose layer only names the one on disk (see `emulator.prepare`)."""
    marker = BUILD / f"{layer.name}-marker"
    (marker / "python").mkdir(parents=True, exist_ok=True)
    (marker / "python" / "dependencies.txt").write_text(f"{layer.name}\n", "utf-8")
    chosen = {
        "egress_allow": local.egress_allow,
        "egress_deny": local.own_addresses,
        "retention": local.retention,
    }
    said = {name: value for name, value in chosen.items() if value}
    with _step("template"):
        return assembly(target="local", layer=str(marker), **said)


async def _serve(local: Local, pair: KeyPair, built: Path) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with _step("emulator"):
        server = serving(local, pair)
        gateway, snapshots = await server.__aenter__()
    try:
        work = asyncio.create_task(_bring_up(Deployer(local, pair), gateway, built, snapshots))
        ended = asyncio.create_task(stop.wait())
        await asyncio.wait({work, ended}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
        work.cancel()
    finally:
        local.description.unlink(missing_ok=True)
        with _step("saving the state"):
            await asyncio.wait({work})
            await server.__aexit__(None, None, None)


async def _bring_up(
    deployer: Deployer, gateway: Gateway, built: Path, snapshots: Snapshots
) -> None:
    with _step("deploy"):
        deployment = await _aside(lambda: deployer.unchanged(built))
        if deployment is None:
            deployment = await _aside(lambda: deployer.deploy(built))
            # Only what a snapshot holds is there after a kill.
            if await snapshots.take():
                deployer.remember(deployment)
    gateway.api_id = deployment.api_id
    _announce(deployer.local)
    await asyncio.gather(snapshots.keep_taking(), _resume(deployer, deployment))


async def _resume(deployer: Deployer, deployment: Deployment) -> None:
    problem = await _aside(lambda: deployer.resume(deployment))
    if problem:
        _say(f"warning: interrupted executions were not resumed: {problem}")


async def _aside(work: Callable[[], Result]) -> Result:
    """Run `work` in a thread that nobody waits for at the end: it talks to our own server."""
    outcome: concurrent.futures.Future[Result] = concurrent.futures.Future()

    def run() -> None:
        outcome.set_running_or_notify_cancel()
        try:
            outcome.set_result(work())
        except Exception as error:  # noqa: BLE001 - it is raised where it is awaited
            outcome.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return await asyncio.wrap_future(outcome)


def _announce(local: Local) -> None:
    description = {
        "apiUrl": local.api_url,
        "websocketUrl": None,
        "awsEndpointUrl": local.aws_endpoint_url,
        "region": REGION,
    }
    unfinished = local.description.with_suffix(".new")
    unfinished.write_text(json.dumps(description, indent=2) + "\n", "utf-8")
    unfinished.replace(local.description)
    _say(f"ready: {local.api_url} (for this machine, no foreign pages; Ctrl-C or make down)")


@contextmanager
def _alone(local: Local) -> Iterator[None]:
    """Hold the home's lock, with our process id in it."""
    with local.lock.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise LocalStackError(
                f"a stack runs already from {local.home}: `make down` stops it; for a second one "
                "choose HEADRACE_HOME, HEADRACE_PORT and HEADRACE_EMULATOR_PORT"
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


@contextmanager
def _temporary_description(local: Local) -> Iterator[None]:
    local.description.unlink(missing_ok=True)
    try:
        yield
    finally:
        local.description.unlink(missing_ok=True)


@contextmanager
def _step(name: str) -> Iterator[None]:
    _say(f"  {name} …", end=" ")
    started = time.monotonic()
    yield
    _say(f"{time.monotonic() - started:.1f} s")


def _say(text: str, *, end: str = "\n") -> None:
    with contextlib.suppress(BrokenPipeError):
        print(text, end=end, flush=True)
