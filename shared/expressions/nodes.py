"""The tree that is walked: it knows JSON values, listed functions and filters, nothing else.

`evaluate` gives a JSON value or Missing; whoever needs a value takes `value`, which raises.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from shared.expressions.errors import TemplateError
from shared.expressions.operators import Operator, concatenate
from shared.expressions.scope import Run, steps_of
from shared.expressions.values import Json, Missing, is_map, is_true, kind, plain, text
from shared.field_paths import ABSENT, near_name
from shared.json_text import whole_number
from shared.messages import Message

_LONGEST_NAME = 80


class Node(ABC):
    __slots__ = ()

    @abstractmethod
    def evaluate(self, run: Run) -> Json | Missing: ...

    def value(self, run: Run) -> Json:
        """Evaluate to a plain JSON value; operators and filters never see anything else."""
        found = self.evaluate(run)
        if type(found) is Missing:
            raise found.error()
        return plain(found)

    def label(self) -> Message:
        """Write the node for a message that says what is undefined."""
        return Message("(…)")


@dataclass(frozen=True, slots=True)
class Constant(Node):
    constant: Json

    def evaluate(self, run: Run) -> Json:  # noqa: ARG002  (a constant needs nothing)
        return self.constant


@dataclass(frozen=True, slots=True)
class Name(Node):
    name: str

    def evaluate(self, run: Run) -> Json | Missing:
        roots = run.scope.roots
        return roots[self.name] if self.name in roots else Missing(self.label())

    def label(self) -> Message:
        return Message.of(self.name)


@dataclass(frozen=True, slots=True)
class Member(Node):
    """`a.b`, `a["b"]`, `a[0]`: a key of a map, or a position of a list or text."""

    target: Node
    key: Node

    def evaluate(self, run: Run) -> Json | Missing:
        target = self.target.evaluate(run)
        if type(target) is Missing:
            return target
        key = self.key.evaluate(run)
        if type(key) is Missing:
            return key
        found = lookup(target, key)
        if found is ABSENT:
            return Missing(self._label(key_label(key)), lambda: self._why(target, key))
        return found

    def _why(self, target: Json, key: Json) -> Message:
        """Say what there is instead of a key, in data that was read."""
        if type(target) is list and whole_number(key) is not None:
            has = ": {target} has length {length}"
            return Message(has, target=self.target.label(), length=len(target))
        if not is_map(target):
            return Message(f": {{target}} is {kind(target)}", target=self.target.label())
        if type(target) is not dict:
            return Message("")
        if not target:
            return Message(": {target} is an empty map", target=self.target.label())
        near = near_name(text(key), target)
        return Message(', did you mean "{near:80}"?', near=near) if near else Message("")

    def label(self) -> Message:
        if type(self.key) is Constant:
            return self._label(key_label(self.key.constant))
        return self._label(Message("[…]"))

    def _label(self, key: Message) -> Message:
        return Message("{target}{key}", target=self.target.label(), key=key)


def path_of(node: Node) -> tuple[str, ...]:
    """Return the root and the names read from it, up to what is worked out; empty without a root.

    `outputs.a.rows[0].id` is `("outputs", "a", "rows")`.
    """
    names: list[str] = []
    while isinstance(node, Member):
        key = node.key.constant if isinstance(node.key, Constant) else None
        if isinstance(key, str):
            names.append(key)
        else:
            names.clear()
        node = node.target
    return (node.name, *reversed(names)) if isinstance(node, Name) else ()


def only_reads(node: Node) -> bool:
    """Tell whether a node is a constant, or reads constant keys of a root: that takes no time.

    A variable may stand for any template.
    """
    while type(node) is Member and type(node.key) is Constant:
        node = node.target
    return type(node) is Constant or (type(node) is Name and node.name != "vars")


def lookup(target: Json, key: Json) -> Json:
    """Read a map's key or a sequence's position, or give ABSENT; no attribute is ever read."""
    if is_map(target):
        return target[key] if type(key) is str and key in target else ABSENT
    position = whole_number(key)
    if position is None or type(target) not in (list, str):
        return ABSENT
    return target[position] if -len(target) <= position < len(target) else ABSENT


def key_label(key: Json) -> Message:
    """Write a key the way it is read: `.name`, `["a name"]`, `[0]`."""
    if type(key) is int:
        return Message("[{key}]", key=key)
    if type(key) is not str:
        return Message(f"[{kind(key)}]")
    is_name = len(key) <= _LONGEST_NAME and key.isidentifier()
    return Message(".{key:80}" if is_name else '["{key:80}"]', key=key)


@dataclass(frozen=True, slots=True)
class Slice(Node):
    target: Node
    bounds: tuple[Node | None, Node | None, Node | None]

    def evaluate(self, run: Run) -> Json:
        target = self.target.value(run)
        given = [bound and bound.value(run) for bound in self.bounds]
        if type(target) not in (str, list):
            raise TemplateError(f"cannot take a slice of {kind(target)}")
        bounds = [whole_number(bound) for bound in given]
        if bounds[2] == 0 or bounds.count(None) > given.count(None):
            raise TemplateError("a slice's bounds are whole numbers, its step is not 0")
        return run.bounded(target[slice(*bounds)])


@dataclass(frozen=True, slots=True)
class ListNode(Node):
    items: tuple[Node, ...]

    def evaluate(self, run: Run) -> Json:
        return run.bounded([item.value(run) for item in self.items])


@dataclass(frozen=True, slots=True)
class MapNode(Node):
    items: tuple[tuple[Node, Node], ...]

    def evaluate(self, run: Run) -> Json:
        return run.bounded({_key(key.value(run)): value.value(run) for key, value in self.items})


def _key(key: Json) -> str:
    if type(key) is not str:
        raise TemplateError(f"a map's key is text, not {kind(key)}")
    return key


@dataclass(frozen=True, slots=True)
class Unary(Node):
    operator: Callable[[Json], Json]
    operand: Node

    def evaluate(self, run: Run) -> Json:
        return self.operator(self.operand.value(run))


@dataclass(frozen=True, slots=True)
class Binary(Node):
    operator: Operator
    left: Node
    right: Node

    def evaluate(self, run: Run) -> Json:
        return self.operator(run, self.left.value(run), self.right.value(run))


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """A chain such as `0 < a <= 9`, each operand evaluated once and only as far as needed."""

    first: Node
    rest: tuple[tuple[Operator, Node], ...]

    def evaluate(self, run: Run) -> bool:
        left = self.first.value(run)
        for operator, operand in self.rest:
            right = operand.value(run)
            if not operator(run, left, right):
                return False
            left = right
        return True


@dataclass(frozen=True, slots=True)
class Concatenation(Node):
    operands: tuple[Node, ...]

    def evaluate(self, run: Run) -> Json:
        return concatenate(run, [operand.value(run) for operand in self.operands])


@dataclass(frozen=True, slots=True)
class And(Node):
    left: Node
    right: Node

    def evaluate(self, run: Run) -> Json:
        left = self.left.value(run)
        return self.right.value(run) if is_true(left) else left


@dataclass(frozen=True, slots=True)
class Or(Node):
    left: Node
    right: Node

    def evaluate(self, run: Run) -> Json:
        left = self.left.value(run)
        return left if is_true(left) else self.right.value(run)


@dataclass(frozen=True, slots=True)
class Not(Node):
    operand: Node

    def evaluate(self, run: Run) -> bool:
        return not is_true(self.operand.value(run))


@dataclass(frozen=True, slots=True)
class Conditional(Node):
    """`a if test else b`; without `else` it is null."""

    test: Node
    then: Node
    otherwise: Node

    def evaluate(self, run: Run) -> Json | Missing:
        branch = self.then if is_true(self.test.value(run)) else self.otherwise
        return branch.evaluate(run)


@dataclass(frozen=True, slots=True)
class Default(Node):
    """`a | default(b)`, the one place where what is missing may be missing."""

    target: Node
    fallback: Node
    also_false: Node

    def evaluate(self, run: Run) -> Json | Missing:
        found = self.target.evaluate(run)
        if type(found) is Missing:
            return self.fallback.evaluate(run)
        if not is_true(found) and is_true(self.also_false.value(run)):
            return self.fallback.evaluate(run)
        return found


@dataclass(frozen=True, slots=True)
class Defined(Node):
    """`a is defined`."""

    target: Node

    def evaluate(self, run: Run) -> bool:
        return type(self.target.evaluate(run)) is not Missing


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function, or a filter or test whose target is the first argument."""

    function: Callable[..., Json]
    arguments: tuple[Node, ...]
    named: tuple[tuple[str, Node], ...]
    name: str

    def evaluate(self, run: Run) -> Json | Missing:
        arguments = [argument.value(run) for argument in self.arguments]
        named = {name: argument.value(run) for name, argument in self.named}
        run.charge(sum(map(steps_of, (*arguments, *named.values()))))
        result = self.function(run, *arguments, **named)
        return Missing(self.label()) if result is ABSENT else run.bounded(result)

    def label(self) -> Message:
        of = self.arguments[0].label() if self.arguments else Message("")
        return Message("{name}({of})", name=Message.of(self.name), of=of)
