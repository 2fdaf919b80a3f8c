"""Text of a team that tries to be more than text: in a terminal, on a page of the portal, and in Dagster's Markdown."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRINTERS = {"print", "styled", "status", "Tree"}
"""What reads markup, beside `update` of a status and `add` of a tree."""


def prints(tree):
    """Every call that reads its first argument as markup, with the variable names that hold consoles left to the reader."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            owner = getattr(getattr(node.func, "value", None), "id", "")
            if name in PRINTERS or (name, owner) in (("update", "status"), ("add", "tree"), ("add", "branch"), ("add", "to")):
                yield node


def is_literal(node):
    if isinstance(node, ast.IfExp):
        return is_literal(node.body) and is_literal(node.orelse)
    return isinstance(node, ast.Constant)


def is_built(node):
    """Whether an argument is a literal, or an object that only `styled`, `table` or `Tree` can have made: a name or a call."""
    return is_literal(node) or not isinstance(node, (ast.JoinedStr, ast.BinOp))


@pytest.mark.parametrize("path", sorted((ROOT / "platform").rglob("*.py")), ids=lambda path: path.stem)
def test_markup_stands_in_literals_only(path):
    for call in prints(ast.parse(path.read_text(encoding="utf-8"))):
        assert is_built(call.args[0]), f"line {call.lineno}: a value inside of markup; hand it over as an argument"
        if getattr(call.func, "id", "") == "styled":
            assert is_literal(call.args[0]), f"line {call.lineno}: the template of `styled` is not a literal"
