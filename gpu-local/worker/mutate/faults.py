"""Small faults that can be put into a module, each by changing one node of its syntax tree."""

from __future__ import annotations

import ast
import copy
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.Add,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
}
#: Names of fields, settings and codes; other texts are for people, and how they read is not judged.
NAME = re.compile(r"[\w.=-]*")


@dataclass(frozen=True)
class Fault:
    file: str
    line: int
    kind: str
    #: The line of the file, and what the changed part of it is now.
    was: str
    now: str
    #: The file without the fault; the node that it is put into, and which of the node's faults.
    whole: str
    node: int
    choice: int

    @property
    def text(self) -> str:
        """The whole file with the fault in it."""
        tree = ast.parse(self.whole)
        node = next(node for i, node in enumerate(ast.walk(tree)) if i == self.node)
        _, change = _changes(node)[self.choice]
        change()
        return ast.unparse(tree)


#: What a fault is called, and what puts it into the node that it was made for.
Change = tuple[str, Callable[[], None]]


def faults_of(file: str, text: str, seed: int) -> Iterator[Fault]:
    """Every fault that can be put into a file, in an order by the seed."""
    lines = text.split("\n")
    tree = ast.parse(text)
    unseen = _changes_nothing(tree)
    nodes = list(ast.walk(tree))
    places = [
        (index, choice)
        for index, node in enumerate(nodes)
        if id(node) not in unseen
        for choice in range(len(_changes(node)))
    ]
    random.Random(seed).shuffle(places)  # noqa: S311
    for index, choice in places:
        node = copy.deepcopy(nodes[index])
        kind, change = _changes(node)[choice]
        change()
        line = getattr(node, "lineno", 0) or getattr(node, "target", node).lineno
        yield Fault(file, line, kind, lines[line - 1].strip(), _shown(node), text, index, choice)


def _changes_nothing(tree: ast.Module) -> set[int]:
    """Nodes that only people and type checkers read."""
    roots: list[ast.AST | None] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign | ast.arg):
            roots.append(node.annotation)
        elif isinstance(node, ast.FunctionDef):
            roots.append(node.returns)
        elif isinstance(node, ast.JoinedStr):
            roots += [part for part in node.values if isinstance(part, ast.Constant)]
            roots += [p.format_spec for p in node.values if isinstance(p, ast.FormattedValue)]
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            roots.append(node.value)
        elif isinstance(node, ast.ClassDef):
            # That a record is frozen guards it from programmers.
            roots += node.decorator_list
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Literal":
            roots.append(node)
    return {id(node) for root in roots if root is not None for node in ast.walk(root)}


def _shown(node: ast.AST) -> str:
    """The changed part, without what a branch holds."""
    part = node.test if isinstance(node, ast.If) else node
    return " ".join(ast.unparse(part).split())


def _changes(node: ast.AST) -> list[Change]:
    match node:
        case ast.Compare():
            return [
                _comparison(node, i) for i, op in enumerate(node.ops) if type(op) in COMPARISONS
            ]
        case ast.BoolOp():
            return _conditions(node)
        case ast.BinOp() if type(node.op) in OPERATORS:
            before, after = type(node.op), OPERATORS[type(node.op)]
            return [(f"{before.__name__} is {after.__name__}", _setting(node, "op", after()))]
        case ast.UnaryOp(op=ast.Not()):
            return [("not is left out", _bare(node))]
        case ast.Constant():
            return _constants(node)
        case ast.IfExp():
            return [("the two branches are exchanged", _exchanging(node))]
        case ast.If():
            return [
                ("a branch is never taken", _setting(node, "test", ast.Constant(False))),
                ("a branch is always taken", _setting(node, "test", ast.Constant(True))),
            ]
        case ast.comprehension(ifs=[_, *_]):
            return [("a filter is left out", _setting(node, "ifs", []))]
        case ast.Expr(value=ast.Call()):
            return [("a call is left out", _setting(node, "value", ast.Constant(None)))]
        case ast.Call() if _takes_fewer(node):
            return [
                (f"{keyword.arg} is left out", _without(node.keywords, i))
                for i, keyword in enumerate(node.keywords)
                if keyword.arg
            ]
    return []


def _setting(node: ast.AST, field: str, value: object) -> Callable[[], None]:
    return lambda: setattr(node, field, value)


def _without(entries: list[ast.expr] | list[ast.keyword], index: int) -> Callable[[], None]:
    return lambda: entries.__delitem__(index)


def _comparison(node: ast.Compare, index: int) -> Change:
    before, after = type(node.ops[index]), COMPARISONS[type(node.ops[index])]
    kind = f"{before.__name__} is {after.__name__}"
    return kind, lambda: node.ops.__setitem__(index, after())


def _conditions(node: ast.BoolOp) -> list[Change]:
    is_or = isinstance(node.op, ast.Or)
    swap = _setting(node, "op", ast.And() if is_or else ast.Or())
    return [
        ("or is and" if is_or else "and is or", swap),
        *((f"part {i + 1} is left out", _without(node.values, i)) for i in range(len(node.values))),
    ]


def _bare(node: ast.UnaryOp) -> Callable[[], None]:
    def change() -> None:
        node.op = ast.UAdd()
        node.operand = ast.Call(ast.Name("bool", ast.Load()), [node.operand], [])

    return change


def _exchanging(node: ast.IfExp) -> Callable[[], None]:
    def change() -> None:
        node.body, node.orelse = node.orelse, node.body

    return change


def _constants(node: ast.Constant) -> list[Change]:
    value = node.value
    if isinstance(value, bool):
        return [(f"{value} is {not value}", _setting(node, "value", not value))]
    if isinstance(value, int):
        more: Change = ("a number is one more", _setting(node, "value", value + 1))
        less: Change = ("a number is one less", _setting(node, "value", value - 1))
        return [more, less] if value > 1 else [more]
    if isinstance(value, float):
        return [("a number is twice as large", _setting(node, "value", value * 2 or 1.0))]
    if isinstance(value, str) and NAME.fullmatch(value):
        return [("a name is another", _setting(node, "value", f"{value}x"))]
    return []


def _takes_fewer(call: ast.Call) -> bool:
    """Not where a record is made, which cannot be without any of its fields."""
    name = ast.unparse(call.func).rsplit(".", 1)[-1]
    return name[:1] in "_abcdefghijklmnopqrstuvwxyz" or name.endswith("Error")
