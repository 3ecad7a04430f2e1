"""One evaluation that the law of bounds tries, and how it is named, run and told from an escape."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from shared.expressions import TemplateError
from shared.plugins.sdk.plugin import PluginError
from tests.support.bounds import expressions, plugins


class Case(NamedTuple):
    """A parameter of a subject, the value it is given, and what stands around it.

    `shape` names the value, `frame` its surroundings: the value before the bar, one or many.
    """

    table: str
    subject: str
    parameter: str
    shape: str
    frame: str

    def __str__(self) -> str:
        return f"{self.table} {self.subject}: {self.parameter} is {self.shape}, {self.frame}"


class Source(NamedTuple):
    """A table of subjects: its parameters, the frames and shapes of one, and how a case is run."""

    subjects: Callable[[], list[str]]
    parameters: Callable[[str], list[str]]
    surroundings: Callable[[str, str], Iterator[tuple[str, str]]]
    run: Callable[[str, str, str, str], object]


TABLES: Mapping[str, Source] = MappingProxyType(
    {
        **{name: Source(*table) for name, table in expressions.TABLES.items()},
        "plugin": Source(*plugins.TABLE),
    }
)


def parameters() -> list[tuple[str, str, str]]:
    """Return (table, subject, parameter) of everything that a flow's author can call."""
    return [
        (name, subject, parameter)
        for name, table in TABLES.items()
        for subject in table.subjects()
        for parameter in table.parameters(subject)
    ]


def cases_of(table: str, subject: str, parameter: str) -> Iterator[Case]:
    for shape, frame in TABLES[table].surroundings(subject, parameter):
        yield Case(table, subject, parameter, shape, frame)


def run(case: Case) -> None:
    """Run a case; a refusal is fine, any other exception is not."""
    try:
        TABLES[case.table].run(*case[1:])
    except TemplateError as error:
        if "cannot be evaluated" in error.message.unmasked():
            raise
    except PluginError:
        return
