"""From Jinja2's syntax tree to ours: whatever is not on the lists here is a syntax error."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from inspect import signature
from types import MappingProxyType
from typing import Any

from shared.expressions import nodes
from shared.expressions.errors import TemplateSyntaxError
from shared.expressions.filters import FILTERS
from shared.expressions.functions import FUNCTIONS
from shared.expressions.habits import instead_of, instead_of_sign
from shared.expressions.lexing import environment, stream
from shared.expressions.limits import MAX_TREE_DEPTH
from shared.expressions.operators import ARITHMETIC, COMPARISONS, negative, positive
from shared.expressions.predicates import TESTS

TOO_DEEP = "the expression is nested too deeply"
_NULL = nodes.Constant(None)
_MAX_PATH = 8
"""Names of a path that is gathered; nothing is known of what lies deeper."""


@dataclass
class Facts:
    """The names that one template's expressions read and call, gathered during conversion.

    `paths` are those that must be there, `tested` those that the template asks for.
    """

    roots: set[str] = field(default_factory=set)
    needed: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)
    members: set[tuple[str, str]] = field(default_factory=set)
    paths: set[tuple[str, ...]] = field(default_factory=set)
    tested: set[tuple[str, ...]] = field(default_factory=set)


def parse(source: str, facts: Facts, offset: int = 0) -> nodes.Node:
    """Parse one expression, its braces taken off; errors count from `offset`."""
    try:
        return _Conversion(facts).convert(_jinja_tree(source))
    except TemplateSyntaxError as error:
        raise TemplateSyntaxError(error.reason, error.offset + offset) from None
    except RecursionError:
        raise TemplateSyntaxError(TOO_DEEP, offset) from None
    except Exception as error:
        # The last line of defence: the fuzz test fails when anything gets this far.
        name = type(error).__name__
        raise TemplateSyntaxError(f"the expression cannot be parsed ({name})", offset) from error


def _jinja_tree(source: str) -> Any:
    from jinja2.exceptions import TemplateSyntaxError as JinjaError  # noqa: PLC0415
    from jinja2.parser import Parser  # noqa: PLC0415

    parser = Parser(environment(), "")
    parser.stream = stream(source)
    if parser.stream.eos:
        raise TemplateSyntaxError("the expression is empty", 0)
    try:
        tree = parser.parse_expression()
    except JinjaError as error:
        raise _refusal(error, source) from None
    _refuse_rest(parser.stream, source)
    return tree


def _refuse_rest(rest: Any, source: str) -> None:
    if not rest.eos:
        offset = rest.current.lineno
        hint = instead_of_sign(source, offset)
        raise TemplateSyntaxError(f"unexpected '{rest.current.value}'{hint}", offset)


def _refusal(error: Any, source: str) -> TemplateSyntaxError:
    message: str = error.message or ""
    if "end of template" in message:
        return TemplateSyntaxError("the expression ends too early", len(source))
    offset = error.lineno
    hint = instead_of_sign(source, offset)
    return TemplateSyntaxError(message[:1].lower() + message[1:] + hint, offset)


class _Conversion:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._depth = 0
        self._covered: Any = None

    def convert(self, node: Any) -> nodes.Node:
        self._depth += 1
        if self._depth > MAX_TREE_DEPTH:
            raise TemplateSyntaxError(TOO_DEEP, node.lineno)
        convert = _CONVERSIONS.get(type(node).__name__)
        if convert is None:
            raise TemplateSyntaxError("this syntax is not part of expressions", node.lineno)
        converted = convert(self, node)
        self._depth -= 1
        return converted

    def all(self, found: Iterable[Any]) -> tuple[nodes.Node, ...]:
        return tuple(self.convert(node) for node in found)

    def name(self, node: Any) -> nodes.Node:
        if node.name == "null":
            return _NULL
        self._facts.roots.add(node.name)
        if node is not self._covered:
            self._facts.needed.add(node.name)
        return nodes.Name(node.name)

    def member(self, node: Any) -> nodes.Node:
        target = self.convert(node.node)
        if type(node).__name__ == "Getattr":
            key: nodes.Node = nodes.Constant(node.attr)
        elif type(node.arg).__name__ == "Slice":
            return nodes.Slice(target, self._bounds(node.arg))
        else:
            key = self.convert(node.arg)
        if type(target) is nodes.Name and type(key) is nodes.Constant and type(key.constant) is str:
            self._facts.members.add((target.name, key.constant))
        member = nodes.Member(target, key)
        path = nodes.path_of(member)
        if len(path) > 1 and _base(node) is not self._covered:
            self._facts.paths.add(path[:_MAX_PATH])
        return member

    def _bounds(self, node: Any) -> tuple[nodes.Node | None, nodes.Node | None, nodes.Node | None]:
        start, stop, step = (
            bound and self.convert(bound) for bound in (node.start, node.stop, node.step)
        )
        return start, stop, step

    def pairs(self, node: Any) -> nodes.Node:
        pairs = [(self.convert(pair.key), self.convert(pair.value)) for pair in node.items]
        return nodes.MapNode(tuple(pairs))

    def arithmetic(self, node: Any) -> nodes.Node:
        operator = ARITHMETIC[type(node).__name__]
        return nodes.Binary(operator, self.convert(node.left), self.convert(node.right))

    def compare(self, node: Any) -> nodes.Node:
        rest = [(COMPARISONS[operand.op], self.convert(operand.expr)) for operand in node.ops]
        first = self.convert(node.expr)
        if node.ops[0].op in ("in", "notin") and type(first) is nodes.Constant:
            self._facts.tested.add((*nodes.path_of(rest[0][1]), str(first.constant)))
        return nodes.Compare(first, tuple(rest))

    def conditional(self, node: Any) -> nodes.Node:
        otherwise = self.convert(node.expr2) if node.expr2 else _NULL
        test = self.convert(node.test)
        if type(test) is nodes.Name:
            self._facts.tested.add((test.name,))
        return nodes.Conditional(test, self.convert(node.expr1), otherwise)

    def call(self, node: Any) -> nodes.Node:
        if type(node.node).__name__ != "Name":
            raise TemplateSyntaxError("only functions can be called; try a filter", node.lineno)
        function = _listed(FUNCTIONS, "function", node.node)
        self._facts.functions.add(node.node.name)
        return self._call(function, node, node.node.name, ())

    def filter(self, node: Any) -> nodes.Node:
        function = _listed(FILTERS, "filter", node)
        is_default = node.name in ("default", "d")
        target = self._covering(node.node) if is_default else self.convert(node.node)
        call = self._call(function, node, node.name, (target,))
        if not is_default:
            return call
        given = dict(zip(("default_value", "boolean"), call.arguments[1:], strict=False))
        given.update(call.named)
        fallback = given.get("default_value", nodes.Constant(""))
        return nodes.Default(target, fallback, given.get("boolean", nodes.Constant(constant=False)))

    def test(self, node: Any) -> nodes.Node:
        function = _listed(TESTS, "test", node)
        is_question = node.name in ("defined", "undefined")
        target = self._covering(node.node) if is_question else self.convert(node.node)
        call = self._call(function, node, node.name, (target,))
        if not is_question:
            return call
        self._facts.tested.add(nodes.path_of(target))
        defined = nodes.Defined(target)
        return defined if node.name == "defined" else nodes.Not(defined)

    def _covering(self, node: Any) -> nodes.Node:
        """Convert what may be missing: the name it starts from need not be there."""
        self._covered = _base(node)
        return self.convert(node)

    def _call(
        self, function: Callable[..., Any], node: Any, name: str, first: tuple[nodes.Node, ...]
    ) -> nodes.Call:
        if node.dyn_args or node.dyn_kwargs:
            raise TemplateSyntaxError("'*' and '**' are not part of calls", node.lineno)
        arguments = first + self.all(node.args)
        named = tuple((keyword.key, self.convert(keyword.value)) for keyword in node.kwargs)
        try:
            signature(function).bind(None, *arguments, **dict(named))
        except TypeError as error:
            raise TemplateSyntaxError(f"{name}: {error}", node.lineno) from None
        return nodes.Call(function, arguments, named, name)


def _base(node: Any) -> Any:
    """Return the name that a chain of members starts from, or whatever else it does."""
    while type(node).__name__ in ("Getattr", "Getitem"):
        node = node.node
    return node


def _listed(known: Mapping[str, Callable[..., Any]], kind: str, node: Any) -> Callable[..., Any]:
    if node.name not in known:
        raise TemplateSyntaxError(unknown(kind, node.name, known), node.lineno)
    return known[node.name]


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """Say that nothing has this name, and which one may have been meant."""
    from difflib import get_close_matches  # noqa: PLC0415  (needed for mistakes only)

    near = get_close_matches(name[:80], known, n=1)
    hint = f", did you mean '{near[0]}'?" if near else ""
    return f"unknown {kind} '{name[:80]}'{_instead(kind, name) or hint}"


def _instead(kind: str, name: str) -> str:
    if kind == "function" and name in FILTERS:
        return f": it is a filter, write x | {name}"
    if kind == "filter" and name in FUNCTIONS:
        return f": it is a function, write {name}(x)"
    return instead_of(name)


def _unary(make: Callable[[nodes.Node], nodes.Node]) -> Callable[[_Conversion, Any], nodes.Node]:
    return lambda conversion, node: make(conversion.convert(node.node))


def _logical(
    make: Callable[[nodes.Node, nodes.Node], nodes.Node],
) -> Callable[[_Conversion, Any], nodes.Node]:
    return lambda conversion, node: make(
        conversion.convert(node.left), conversion.convert(node.right)
    )


def _constant(_: _Conversion, node: Any) -> nodes.Node:
    return nodes.Constant(node.value)


def _items(conversion: _Conversion, node: Any) -> nodes.Node:
    return nodes.ListNode(conversion.all(node.items))


def _concatenation(conversion: _Conversion, node: Any) -> nodes.Node:
    return nodes.Concatenation(conversion.all(node.nodes))


_CONVERSIONS: Mapping[str, Callable[[_Conversion, Any], nodes.Node]] = MappingProxyType(
    {
        "Const": _constant,
        "Name": _Conversion.name,
        "Getattr": _Conversion.member,
        "Getitem": _Conversion.member,
        "List": _items,
        "Tuple": _items,
        "Dict": _Conversion.pairs,
        **dict.fromkeys(ARITHMETIC, _Conversion.arithmetic),
        "Neg": _unary(lambda node: nodes.Unary(negative, node)),
        "Pos": _unary(lambda node: nodes.Unary(positive, node)),
        "Not": _unary(nodes.Not),
        "And": _logical(nodes.And),
        "Or": _logical(nodes.Or),
        "Compare": _Conversion.compare,
        "Concat": _concatenation,
        "CondExpr": _Conversion.conditional,
        "Call": _Conversion.call,
        "Filter": _Conversion.filter,
        "Test": _Conversion.test,
    }
)
