"""Generates mutants of a module, each with one small mistake.

Not mutated is what other checks cover or what has no behaviour: docstrings, annotations, texts of errors and
messages, logging (which has its own tests), and the options of dataclasses (which mypy checks).
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

_OTHER: Final[dict[type[ast.AST], tuple[type[ast.AST], ...]]] = {
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.FloorDiv,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.BitOr: (ast.BitAnd,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitXor: (ast.BitOr,),
}
# Nodes from which an item can be removed: an argument, an element, a condition, a decorator.
_CONTAINERS: Final[dict[type[ast.AST], tuple[str, ...]]] = {
    ast.Call: ("keywords",),
    ast.Set: ("elts",),
    ast.List: ("elts",),
    ast.Tuple: ("elts",),
    ast.BoolOp: ("values",),
    ast.comprehension: ("ifs",),
    ast.FunctionDef: ("decorator_list",),
    ast.AsyncFunctionDef: ("decorator_list",),
    ast.ClassDef: ("decorator_list",),
}
# Query methods, any argument of which may be forgotten.
_QUERY_METHODS: Final = {"filter", "exclude", "get", "get_or_none", "order_by"}
_LEFT_ALONE: Final = {"annotation", "returns", "bases", "target", "targets"}
_HUMAN_READABLE_CALLS: Final = {"_", "Message"}


class Position(Enum):
    """The part of a module that a mutation changes."""

    BODY = "body"
    CONSTANT = "constant"
    REST = "rest"


@dataclass(frozen=True)
class Mutant:
    """A mutated module: the line number and original line, the change, and the new source.

    `position` is the body of a function, a constant of the module, or the rest, such as a class or a default.
    """

    number: int
    line: str
    change: str
    source: str
    position: Position


def mutants(source: str) -> list[Mutant]:
    """Every mutant of `source`, with one change each."""
    tree, lines = ast.parse(source), source.splitlines()
    plain = ast.unparse(tree)
    found: dict[str, Mutant] = {}
    for number, change, position in _changes(tree, 1, Position.REST):
        text = ast.unparse(tree)
        if text != plain:
            found.setdefault(text, Mutant(number, lines[number - 1].strip(), change, text, position))
    return sorted(found.values(), key=lambda mutant: mutant.number)


def _changes(node: ast.AST, number: int, position: Position) -> Iterator[tuple[int, str, Position]]:
    """Applies each change in turn, yields its line and description, and reverts it."""
    number = getattr(node, "lineno", number)
    yield from ((at, change, position) for at, change in _without_one(node, number))
    for name, field in ast.iter_fields(node):
        if name in _LEFT_ALONE or (isinstance(node, ast.Subscript) and isinstance(field, ast.Tuple)):
            continue
        for at, child in enumerate(field if isinstance(field, list) else [field]):
            if not isinstance(child, ast.AST) or _is_text_or_declaration(child):
                continue
            within = _position(node, name, child, position)
            # Show an operator with its operands.
            operator = type(child) in _OTHER
            before = _short(node if operator else child)
            for new in _instead_of(child, test=name == "test"):
                _replace_node(node, name, at, new)
                after = _short(node if operator else new)
                yield getattr(child, "lineno", number), f"{before} → {after}", within
                _replace_node(node, name, at, child)
            if not isinstance(child, ast.Raise):
                yield from _changes(child, number, within)


def _position(node: ast.AST, name: str, child: ast.AST, position: Position) -> Position:
    match node, child:
        case ast.Module(), ast.Assign() | ast.AnnAssign():
            return Position.CONSTANT
        case ast.FunctionDef() | ast.AsyncFunctionDef(), _ if name == "body":
            return Position.BODY
    return position


def _without_one(node: ast.AST, number: int) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Dict):
        groups: list[list[list[Any]]] = [[node.keys, node.values]]
    else:
        groups = [[getattr(node, name)] for name in _CONTAINERS.get(type(node), ())]
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _QUERY_METHODS
    ):
        groups.append([node.args])
    for lists in groups:
        for at in range(len(lists[0])):
            if _is_text_or_declaration(lists[-1][at]):
                continue
            removed_parts = [items.pop(at) for items in lists]
            removed = ": ".join(_short(part) if part else "**" for part in removed_parts)
            yield getattr(removed_parts[-1], "lineno", number), f"without {removed}"
            for items, part in zip(lists, removed_parts, strict=True):
                items.insert(at, part)


def _instead_of(node: ast.AST, *, test: bool) -> Iterator[ast.AST]:
    """The nodes that may replace `node` by mistake."""
    yield from (other() for other in _OTHER.get(type(node), ()))
    if test and isinstance(node, ast.expr) and not isinstance(node, ast.Compare | ast.UnaryOp):
        yield ast.UnaryOp(ast.Not(), node)
    match node:
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield ast.Constant(value + 1)
        case ast.Constant(value=str(value)):
            yield ast.Constant(f"{value}x")
        case ast.Constant(value=bytes(value)):
            yield ast.Constant(value + b"x")
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.Invert(), operand=operand):
            yield operand
        case ast.Attribute(value=ast.Call(func=ast.Attribute(value=ast.Call() as shorter)), attr=attr):
            yield ast.Attribute(shorter, attr)
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.With() | ast.AsyncWith() if all(item.optional_vars is None for item in node.items):
            yield ast.If(ast.Constant(True), node.body, [])
        case ast.Expr() | ast.Raise() | ast.AugAssign() | ast.Delete() | ast.Break() | ast.Continue():
            yield ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield ast.Pass()


def _is_text_or_declaration(node: ast.AST) -> bool:
    match node:
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="events")))):
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in _HUMAN_READABLE_CALLS | {"dataclass"}
    return False


def _replace_node(node: ast.AST, name: str, at: int, new: ast.AST) -> None:
    field = getattr(node, name)
    if isinstance(field, list):
        field[at] = new
    else:
        setattr(node, name, new)


def _short(node: ast.AST) -> str:
    return ast.unparse(node).partition("\n")[0]
