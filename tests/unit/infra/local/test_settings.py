"""Where the local stack lives, and what it says when that cannot be."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.background import down, running_process, status
from infra.local.launch import run
from infra.local.settings import ROOT, Local, LocalStackError


def test_without_a_choice_the_stack_lives_in_the_clone_on_the_usual_ports() -> None:
    local = Local.from_environment({})

    assert (local.home, local.port, local.emulator_port) == (ROOT / ".headrace", 8080, 4566)
    assert local.api_url == "http://localhost:8080"
    assert local.aws_endpoint_url == "http://127.0.0.1:4566"


def test_home_ports_egress_and_retention_can_be_chosen(tmp_path: Path) -> None:
    local = Local.from_environment(
        {
            "HEADRACE_HOME": str(tmp_path),
            "HEADRACE_PORT": "8081",
            "HEADRACE_EMULATOR_PORT": "4567",
            "HEADRACE_EGRESS_ALLOW": "127.0.0.1",
            "HEADRACE_RETENTION": "*=1d",
            "HEADRACE_HOSTS": "flows.example, Other.example:443",
        }
    )

    assert local == Local(
        home=tmp_path,
        port=8081,
        emulator_port=4567,
        egress_allow="127.0.0.1",
        retention="*=1d",
        hosts=("flows.example", "other.example:443"),
    )
    assert local.own_addresses == "127.0.0.1:8081,127.0.0.1:4567"


@pytest.mark.parametrize("wrong", ["http://x", "*", "a b", "x/y", "x:"])
def test_a_host_that_is_no_name_is_refused(wrong: str) -> None:
    with pytest.raises(LocalStackError, match=r"HEADRACE_HOSTS=.*names"):
        Local.from_environment({"HEADRACE_HOSTS": wrong})


def test_one_has_to_log_in_unless_auth_is_off() -> None:
    assert Local.from_environment({}).has_users
    assert Local.from_environment({"HEADRACE_AUTH": "on"}).has_users
    assert not Local.from_environment({"HEADRACE_AUTH": "off"}).has_users


@pytest.mark.parametrize("wrong", ["Off", "0", "false", "no"])
def test_auth_that_is_neither_on_nor_off_is_refused(wrong: str) -> None:
    with pytest.raises(LocalStackError, match="expected on or off"):
        Local.from_environment({"HEADRACE_AUTH": wrong})


@pytest.mark.parametrize("wrong", ["x", "0", "65536", "-1", "80.5"])
def test_a_port_that_is_none_is_refused_by_name(wrong: str) -> None:
    with pytest.raises(LocalStackError, match=r"HEADRACE_PORT=.*1 to 65535"):
        Local.from_environment({"HEADRACE_PORT": wrong})


@pytest.mark.timing
@pytest.mark.enable_socket
def test_a_port_in_use_is_named_before_anything_is_built(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(LocalStackError, match=rf"port {port} .*HEADRACE_EMULATOR_PORT"):
            run(Local(home=tmp_path, port=free_port(), emulator_port=port))


def test_nothing_runs_where_nothing_was_started(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    local = Local(home=tmp_path, port=1, emulator_port=2)

    down(local)

    assert capsys.readouterr().out == "nothing runs\n"
    assert running_process(local) is None
    with pytest.raises(LocalStackError, match="make up"):
        status(local)


@pytest.mark.timing
def test_a_running_stack_is_known_by_the_lock_it_holds_and_ended_by_a_signal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    local = Local(home=tmp_path, port=1, emulator_port=2)
    local.description.write_text(json.dumps({"apiUrl": "http://localhost:1"}), "utf-8")
    holder = hold(local.lock)

    status(local)
    with pytest.raises(LocalStackError, match="runs already"):
        run(local)
    down(local)

    assert holder.wait() == -signal.SIGTERM
    said = capsys.readouterr().out
    assert f"runs as process {holder.pid}: http://localhost:1" in said
    assert "stopped" in said


def hold(lock: Path) -> "subprocess.Popen[str]":
    """A process that holds a lock as a running stack does."""
    program = (
        "import fcntl, os, sys, time\n"
        "lock = open(sys.argv[1], 'w')\n"
        "fcntl.flock(lock, fcntl.LOCK_EX)\n"
        "lock.write(str(os.getpid())); lock.flush()\n"
        "print('held', flush=True)\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen(  # noqa: S603 - the program above
        [sys.executable, "-c", program, str(lock)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    process.stdout.close()
    return process


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
