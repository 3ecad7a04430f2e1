"""The shipped folders: our code, and the layer of dependencies, for another platform and Python."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from uv import find_uv_bin

from infra.bytecode import compile_all
from infra.options import NATIVE

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build"
NOT_SHIPPED = ("bin", ".lock")
PACKAGES = ("functions", "shared")
NOT_OURS = shutil.ignore_patterns("__pycache__")
KEPT = 8
HOW = (Path(__file__), Path(__file__).with_name("bytecode.py"))
"""The modules that decide how code is copied and compiled."""
DECIDING = (*HOW, ROOT / "uv.lock")
"""The files that decide what is in the layer, beside platform and version."""


class BundlingError(RuntimeError):
    """An error of uv, which could not make the layer; the message holds what it said."""


class Assets(NamedTuple):
    """The folders that are shipped; the name of each is the hash of what decides its contents."""

    code: Path
    layer: Path


def install(layer: Path, platform: str, python: str) -> None:
    """Fill `<layer>/python` with what `uv.lock` names, as wheels for a platform and version."""
    requirements, into = layer.with_suffix(".txt"), layer / "python"
    _uv(
        "export", "--no-dev", "--no-emit-project", "--frozen", "--quiet",
        "--output-file", str(requirements),
    )  # fmt: skip
    elsewhere = [] if platform == NATIVE else ["--python-platform", platform]
    _uv(
        "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "--link-mode", "copy",
        "--target", str(into), "--python-version", python, *elsewhere,
        "--python", sys.executable, "--requirement", str(requirements),
    )  # fmt: skip
    for name in NOT_SHIPPED:
        path = into / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def dependencies_layer(
    platform: str,
    python: str,
    compiler: str | None = None,
    install: Callable[[Path, str, str], None] = install,
) -> Path:
    """Return the layer's directory for `platform` and `python`; built if this lock has none yet.

    With byte code by `compiler`, an interpreter of that version.
    """

    def fill(folder: Path) -> None:
        install(folder, platform, python)
        if compiler:
            compile_all(folder, compiler, runs_at="/opt")

    return _built(f"layer-{_fingerprint(platform, python, is_compiled=bool(compiler))}", fill)


def our_code(python: str, compiler: str | None = None) -> Path:
    """Return the directory of our own packages, with byte code as in `dependencies_layer`.

    It is a copy: what is compiled for another Python never lies beside the sources.
    """

    def fill(folder: Path) -> None:
        for package in PACKAGES:
            shutil.copytree(ROOT / package, folder / package, ignore=NOT_OURS)
        if compiler:
            compile_all(folder, compiler, runs_at="/var/task")

    code = _built(f"code-{_hash_of_code(python if compiler else None)}", fill)
    code.touch()
    newest_first = sorted(BUILD.glob("code-*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in newest_first[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
    return code


def _built(name: str, fill: Callable[[Path], None]) -> Path:
    """Return the directory of this name, filled if need be.

    It appears whole or not at all: it is built beside its place and then renamed.
    """
    place = BUILD / name
    if place.is_dir():
        return place
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as scratch:
        unfinished = Path(scratch) / name
        unfinished.mkdir()
        fill(unfinished)
        try:
            unfinished.rename(place)
        except OSError:
            if not place.is_dir():
                raise
    return place


def _uv(*arguments: str) -> None:
    outcome = subprocess.run(  # noqa: S603 - our own uv, with arguments from this file and options
        [find_uv_bin(), *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if outcome.returncode:
        raise BundlingError(f"uv {arguments[0]} failed:\n{outcome.stderr.strip()}")


def _fingerprint(platform: str, python: str, *, is_compiled: bool = False) -> str:
    parts = [path.read_bytes() for path in DECIDING]
    parts += [platform.encode(), python.encode(), b"compiled" if is_compiled else b""]
    if platform == NATIVE:
        parts.append(sys.implementation.cache_tag.encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _hash_of_code(compiled_for: str | None) -> str:
    """Return a hash of the sources, not of byte code: equal modules need not give equal bytes."""
    digest = hashlib.sha256(repr(compiled_for).encode())
    for path in HOW:
        digest.update(path.read_bytes())
    for path in sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(str(path.relative_to(ROOT)).encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]
