"""`run`: from nothing to a stack that answers, step by step, and back to nothing but its state."""

import asyncio
import concurrent.futures
import contextlib
import fcntl
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from infra.admins import Login
from infra.bundling import BundlingError, dependencies_layer
from infra.local.credentials import KeyPair, home_key_pair
from infra.local.deploy import Deployer, Deployment
from infra.local.description import describe, token_command
from infra.local.emulator import prepare, require_free_ports, serving
from infra.local.first_admin import make_first_admin
from infra.local.gateway import Gateway
from infra.local.home import close_home, readable
from infra.local.logins import ADMIN
from infra.local.settings import Local, LocalStackError
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
        "auth": "" if local.has_users else "off",
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
        known = await _aside(lambda: deployer.unchanged(built))
        deployment = known or await _deployed(deployer, built)
    made = None
    if known is None:
        made = await _first_admin(deployer, deployment)
        # Only what a snapshot holds is there after a kill.
        if await snapshots.take():
            deployer.remember(deployment)
    gateway.api_id = deployment.api_id
    _announce(deployer.local, made)
    await asyncio.gather(snapshots.keep_taking(), _resume(deployer, deployment))


async def _first_admin(deployer: Deployer, deployment: Deployment) -> Login | None:
    """Make the admin of the first tenant; return the login if there was none before."""
    if not deployer.local.has_users:
        return None
    with _step("first admin"):
        return await _aside(lambda: make_first_admin(deployer, deployment))


async def _deployed(deployer: Deployer, built: Path) -> Deployment:
    return await _aside(lambda: deployer.deploy(built))


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


def _announce(local: Local, made: Login | None) -> None:
    describe(local)
    _say(f"ready: {local.api_url} (for this machine, no foreign pages; Ctrl-C or make down)")
    if not local.has_users:
        _say("HEADRACE_AUTH=off: every program of this machine may do everything")
    if made:
        _say(
            f"The admin, shown this once and kept in {local.description}:\n"
            f"  {made.username}  {made.password}\n"
            "A token of an hour for your shell:\n"
            f"  {token_command(local, ADMIN)}"
        )


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
