"""Templates and expressions: parsed once, rendered many times."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import TypeVar

from shared.errors import UnavailableError
from shared.expressions import nodes, tokens
from shared.expressions.errors import TakesTooLongError, TemplateError, TemplateSyntaxError
from shared.expressions.habits import NO_CREDENTIALS
from shared.expressions.limits import MAX_SOURCE_BYTES
from shared.expressions.parsing import Facts, parse
from shared.expressions.roots import TASK_ROOTS
from shared.expressions.scope import Run, Scope
from shared.expressions.values import TOO_DEEP, Json, is_map, is_true, json_size, plain
from shared.messages import Message
from shared.watchdog import watched

_MARKS = ("{{", "{%", "{#", "${")
_MAX_TREE = 200
"""Lists and maps inside each other in a tree of templates."""
_CACHED = 5000

Part = tokens.Literal | tokens.Credential | nodes.Node
Result = TypeVar("Result")


@dataclass(frozen=True)
class References:
    """The names in templates, known without rendering them.

    `reads` are the tasks whose outputs or end are read by a constant name, `roots` all root names,
    `needed` those of them that are read where no `default` covers what is missing, `functions` the
    functions called, `credentials` the names in `${NAME}`; `members` pairs a root with each
    constant name that is read from it (`("vars", "greeting")`). `paths` are the roots with the
    names that are read from them, one after the other, where nothing covers what is missing;
    `tested` those that the template asks for (`is defined`, `in`, a root by `if`).
    """

    reads: frozenset[str] = frozenset()
    roots: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    credentials: frozenset[str] = frozenset()
    members: frozenset[tuple[str, str]] = frozenset()
    needed: frozenset[str] = frozenset()
    paths: frozenset[tuple[str, ...]] = frozenset()
    tested: frozenset[tuple[str, ...]] = frozenset()

    def __or__(self, other: "References") -> "References":
        return References(
            self.reads | other.reads,
            self.roots | other.roots,
            self.functions | other.functions,
            self.credentials | other.credentials,
            self.members | other.members,
            self.needed | other.needed,
            self.paths | other.paths,
            self.tested | other.tested,
        )


NOTHING = References()


@dataclass(frozen=True)
class _Referring:
    references: References

    @property
    def reads(self) -> frozenset[str]:
        return self.references.reads

    @property
    def roots(self) -> frozenset[str]:
        return self.references.roots

    @property
    def functions(self) -> frozenset[str]:
        return self.references.functions

    @property
    def credentials(self) -> frozenset[str]:
        return self.references.credentials


@dataclass(frozen=True)
class Expression(_Referring):
    """One expression; cheap to evaluate again and again, each time over another scope."""

    node: nodes.Node

    def evaluate(self, scope: Scope, place: str = "") -> Json:
        """Give its JSON value; raises TemplateError, which names `place`, and nothing else."""
        evaluated = _guarded if nodes.only_reads(self.node) else _watched
        return evaluated(scope, place, self.node.value)

    def is_true(self, scope: Scope, place: str = "") -> bool:
        """Tell whether a condition holds."""
        return is_true(self.evaluate(scope, place))


@dataclass(frozen=True)
class Template(_Referring):
    """A string of a flow: literal text, expressions and credentials."""

    parts: tuple[Part, ...]

    @property
    def is_constant(self) -> bool:
        return all(isinstance(part, tokens.Literal) for part in self.parts)

    def render(self, scope: Scope, place: str) -> Json:
        """Give its text, or the native value where it is one expression or credential only.

        Raises TemplateError, which names `place`, and nothing else.
        """
        evaluated = _guarded if self._only_reads else _watched
        return evaluated(scope, place, self._render)

    @property
    def _only_reads(self) -> bool:
        if len(self.parts) != 1:
            return False
        part = self.parts[0]
        return isinstance(part, nodes.Node) and nodes.only_reads(part)

    def _render(self, run: Run) -> Json:
        if len(self.parts) == 1:
            return _value(self.parts[0], run)
        lone = [part for part in self.parts if not _is_space(part)]
        if len(lone) == 1 and isinstance(lone[0], nodes.Node):
            return lone[0].value(run)
        pieces: list[str] = []
        size = 0
        for part in self.parts:
            pieces.append(run.text(_value(part, run)))
            size += len(pieces[-1])
            run.room(size)
        return "".join(pieces)


def _is_space(part: Part) -> bool:
    return isinstance(part, tokens.Literal) and part.text.isspace()


def _value(part: Part, run: Run) -> Json:
    if isinstance(part, tokens.Literal):
        return part.text
    if isinstance(part, nodes.Node):
        return part.value(run)
    return _credential(part, run.scope.credentials)


def _credential(part: tokens.Credential, find: Callable[[str], Json | None] | None) -> Json:
    if find is None:
        return part.text
    stored = find(part.name)
    if stored is None:
        sentence = f'credential "{{name}}" not found{NO_CREDENTIALS}'
        raise TemplateError(Message(sentence, name=Message.of(part.name)))
    if part.field is None:
        return stored
    if not is_map(stored) or part.field not in stored:
        raise TemplateError(
            Message(
                'credential "{name}" has no field "{field}"',
                name=Message.of(part.name),
                field=Message.of(part.field),
            )
        )
    return stored[part.field]


def _watched(scope: Scope, place: str, work: Callable[[Run], Json]) -> Json:
    """Run one evaluation inside its bounds, and where it can be left behind if they have a hole."""
    try:
        return watched(lambda: _guarded(scope, place, work))
    except TimeoutError:
        raise TakesTooLongError(place) from None


def _guarded(scope: Scope, place: str, work: Callable[[Run], Json]) -> Json:
    """Run one evaluation inside its bounds; raises TemplateError, a scope's UnavailableError."""
    try:
        run = Run(scope, place)
        value = plain(work(run))
        run.finish(json_size(value))
    except TemplateError as error:
        raise error if error.place else TemplateError(error.reason, place) from None
    except RecursionError:
        raise TemplateError(TOO_DEEP, place) from None
    except UnavailableError:
        raise  # what the scope reads is out of reach for now: no template is at fault
    except Exception as error:
        # The last line of defence: the fuzz test fails when anything gets this far.
        raise TemplateError(
            Message("cannot be evaluated ({kind})", kind=type(error).__name__), place
        ) from error
    return value


def parse_template(source: str) -> Template:
    """Parse any string of a flow; raises TemplateSyntaxError with an offset into `source`."""
    if not _is_template(source):
        return Template(NOTHING, (tokens.Literal(source),))
    return _parsed_template(source)


@lru_cache(maxsize=_CACHED)
def _parsed_template(source: str) -> Template:
    _check_size(source)
    facts = Facts()
    parts = tokens.tokenise(source)
    credentials = {part.name for part in parts if isinstance(part, tokens.Credential)}
    converted = tuple(
        parse(part.source, facts, part.offset) if isinstance(part, tokens.Braces) else part
        for part in parts
    )
    return Template(_references(facts, credentials), converted)


def parse_expression(source: str) -> Expression:
    """Parse a condition or a deferred expression, bare or wholly inside one `{{ }}`.

    Raises TemplateSyntaxError with an offset into `source`.
    """
    return _parsed_expression(source)


@lru_cache(maxsize=_CACHED)
def _parsed_expression(source: str) -> Expression:
    _check_size(source)
    inner = tokens.Braces(source, 0)
    if source.lstrip().startswith("{{"):
        parts = [part for part in tokens.tokenise(source) if not _is_blank(part)]
        if len(parts) != 1 or not isinstance(parts[0], tokens.Braces):
            raise TemplateSyntaxError("expected one expression inside one '{{ }}'", 0)
        inner = parts[0]
    facts = Facts()
    node = parse(inner.source, facts, inner.offset)
    return Expression(_references(facts, set()), node)


def _is_blank(part: tokens.Part) -> bool:
    return isinstance(part, tokens.Literal) and part.text.isspace()


def _is_template(source: str) -> bool:
    return any(mark in source for mark in _MARKS)


def _check_size(source: str) -> None:
    if len(source.encode("utf-8", "surrogatepass")) > MAX_SOURCE_BYTES:
        raise TemplateSyntaxError("the template is larger than 64 KiB", MAX_SOURCE_BYTES)


def _references(facts: Facts, credentials: set[str]) -> References:
    return References(
        frozenset(name for root, name in facts.members if root in TASK_ROOTS),
        frozenset(facts.roots),
        frozenset(facts.functions),
        frozenset(credentials),
        frozenset(facts.members),
        frozenset(facts.needed),
        frozenset(facts.paths),
        frozenset(facts.tested),
    )


def render_tree(value: Json, scope: Scope, place: str) -> Json:
    """Render every string in nested lists and maps, keys never; other values stay as they are.

    `place` grows on the way down (`properties.headers.Accept`, `properties.items[0]`). Raises
    TemplateError, for a template that cannot be parsed as well, and nothing else.
    """
    try:
        return _rendered(value, scope, place)
    except RecursionError:
        raise TemplateError(TOO_DEEP, place) from None


def _rendered(value: Json, scope: Scope, place: str) -> Json:
    if type(value) is str:
        return _render_string(value, scope, place)
    if type(value) is list:
        return [_rendered(item, scope, f"{place}[{index}]") for index, item in enumerate(value)]
    if is_map(value):
        return {key: _rendered(item, scope, f"{place}.{key}") for key, item in value.items()}
    return value


def _render_string(source: str, scope: Scope, place: str) -> Json:
    if not _is_template(source):
        return source
    try:
        template = _parsed_template(source)
    except TemplateSyntaxError as error:
        raise TemplateError(error.reason, place) from None
    return template.render(scope, place)


def references(value: Json) -> References:
    """Unite what all strings of nested lists and maps name; raises TemplateSyntaxError."""
    found = (parse_template(source).references for source in _strings(value))
    return reduce(References.__or__, found, NOTHING)


def _strings(value: Json) -> Iterator[str]:
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if type(part) is str:
            yield part
        elif type(part) is list:
            waiting.extend(part)
        elif is_map(part):
            waiting.extend(part.values())
