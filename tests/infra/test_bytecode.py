"""What is shipped is compiled for the Python it runs under, or it is said aloud that it is not."""

import importlib.util
import marshal
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.bundling import dependencies_layer, our_code
from infra.bytecode import BytecodeError, compile_all, find_compiler

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
UNCHECKED_HASH = (1).to_bytes(4, "little")
"""A .pyc's second word: made of a hash of the source, which is not looked at."""
HEADER_BYTES = 16


def check_compiled(folder: Path, runs_at: str) -> None:
    """Every module has byte code of this interpreter, which no file's time makes old."""
    modules = [path for path in folder.rglob("*.py") if "__pycache__" not in path.parts]
    assert modules
    for module in modules:
        content = Path(importlib.util.cache_from_source(str(module))).read_bytes()
        assert content[:4] == importlib.util.MAGIC_NUMBER, module
        assert content[4:8] == UNCHECKED_HASH, module
        code = marshal.loads(content[HEADER_BYTES:])  # noqa: S302 - our own
        assert code.co_filename == f"{runs_at}/{module.relative_to(folder)}"


def test_our_code_is_compiled_as_a_copy() -> None:
    code = our_code(RUNNING, sys.executable)

    check_compiled(code, "/var/task")
    assert sorted(path.name for path in code.iterdir()) == ["functions", "shared"]
    for source in Path("shared").rglob("*.json"):
        assert (code / source).read_bytes() == source.read_bytes()


def test_without_a_compiler_our_code_has_no_byte_code() -> None:
    plain = our_code(RUNNING)

    assert list(plain.rglob("*.pyc")) == []
    assert plain != our_code(RUNNING, sys.executable)


@pytest.fixture
def layer() -> Iterator[Path]:
    """A layer of one package for a platform that nobody has."""

    def install(folder: Path, _platform: str, _python: str) -> None:
        package = folder / "python" / "sample"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text('"""A sample."""\n')
        (package / "inner.py").write_text("x = 1\n")

    built = dependencies_layer("made-up", RUNNING, sys.executable, install)
    yield built
    shutil.rmtree(built)


def test_the_layer_is_compiled(layer: Path) -> None:
    check_compiled(layer, "/opt")


def test_the_running_interpreter_compiles_for_its_own_version(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert find_compiler(RUNNING) == sys.executable
    assert capsys.readouterr().err == ""


def test_a_version_that_is_not_here_is_missed_aloud(capsys: pytest.CaptureFixture[str]) -> None:
    assert find_compiler("3.99") is None

    said = capsys.readouterr().err
    assert "WARNING: there is no Python 3.99" in said
    assert "uv python install 3.99" in said


def test_a_module_that_cannot_be_compiled_is_named(tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text("def :")

    with pytest.raises(BytecodeError, match=r"wrong\.py"):
        compile_all(tmp_path, sys.executable, runs_at="/var/task")
