"""The dependencies' layer, built with uv for another platform and Python, once per lock file."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from uv import find_uv_bin

from infra.options import NATIVE

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build"
NOT_SHIPPED = ("bin", ".lock")


class BundlingError(RuntimeError):
    """uv could not make the layer; the message holds what it said."""


def dependencies_layer(platform: str, python: str) -> Path:
    """The directory of the layer for `platform` and `python`; built if this lock has none yet.

    The directory's name is the hash of everything that decides its contents, and it appears whole
    or not at all: it is built beside its place and then renamed.
    """
    layer = BUILD / f"layer-{_fingerprint(platform, python)}"
    if layer.is_dir():
        return layer
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as scratch:
        unfinished = Path(scratch) / "layer"
        _install(Path(scratch) / "requirements.txt", unfinished / "python", platform, python)
        try:
            unfinished.rename(layer)
        except OSError:
            if not layer.is_dir():
                raise
    return layer


def _install(requirements: Path, into: Path, platform: str, python: str) -> None:
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


def _uv(*arguments: str) -> None:
    outcome = subprocess.run(  # noqa: S603 - our own uv, with arguments from this file and options
        [find_uv_bin(), *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if outcome.returncode:
        raise BundlingError(f"uv {arguments[0]} failed:\n{outcome.stderr.strip()}")


def _fingerprint(platform: str, python: str) -> str:
    parts = [Path(__file__).read_bytes(), (ROOT / "uv.lock").read_bytes()]
    parts += [platform.encode(), python.encode()]
    if platform == NATIVE:
        parts.append(sys.implementation.cache_tag.encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]
