"""What may be shown of a row, and whether the result of a query can be made of values that must not be shown.

Queries are judged on DuckDB's own parse tree.

A number is not harmless because it is a number: `max(hash(city))` is made of one value. A count of rows is: each row changes it
by one at most, whatever the row holds.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any

from mesh_isolation.sql import SqlRefused, nodes_of, parsed_select

MASK = "#personal"
"""What is shown in place of a personal value that has no hash."""
_UNDERSTOOD = re.compile(
    r"(?:SELECT|SET_OPERATION|RECURSIVE_CTE|CTE)_NODE|BASE_TABLE|SUBQUERY|JOIN|EMPTY|TABLE_FUNCTION|EXPRESSION_LIST"
    r"|\w+_MODIFIER|\w+_TYPE_INFO|ORDER_\w+|ASCENDING|DESCENDING"
)
"""The types of the parts of a query, besides expressions, in which every column that is read has a name."""
_ONE_TABLE = ("BASE_TABLE", "SUBQUERY", "EMPTY")
"""What a query can read without having more rows than one table has."""
_MAKE_ROWS = ("unnest", "unlist", "generate_subscripts", "regexp_split_to_table")
"""The functions of DuckDB that make many rows of one."""
_COUNTS = ("count_star", "count", "count_if", "countif")


def shown(row: Mapping[str, Any], visible: Collection[str], hashed: Callable[[Any], str] | None) -> dict[str, Any]:
    """The row as messages show it: only the columns in `visible` keep their values; NULL stays NULL.

    Args:
        row: the values by column. A tuple holds several values of its column.
        visible: the columns that are promised and not personal.
        hashed: makes the hash of a value; None for a contract outside a mesh.
    """

    def hidden(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(hidden, value))
        return None if value is None else hashed(value) if hashed else MASK

    return {name: value if name in visible else hidden(value) for name, value in row.items()}


def hidden_in_view(columns: Collection[str], made_by: Mapping[str, str], table: Mapping[str, bool] | None) -> frozenset[str]:
    """The columns of a view that can be made of values of its table that must not be shown.

    Args:
        columns: the columns of the view.
        made_by: the expressions that make some of them from the table. The others are its columns of the same name.
        table: by column of the table, whether its values must not be shown; None if that is not known.
    """
    known = {name.casefold(): is_hidden for name, is_hidden in (table or {}).items()}
    hidden = frozenset(name for name, is_hidden in known.items() if is_hidden) or frozenset([""] if table is None else [])
    visible = frozenset(known) - hidden

    def is_hidden(name: str) -> bool:
        if name in made_by:
            return expression_discloses(made_by[name], hidden, visible)
        return bool(hidden) and name.casefold() not in visible

    return frozenset(filter(is_hidden, columns))


def expression_discloses(expression: str, hidden: frozenset[str], visible: frozenset[str]) -> bool:
    """`discloses` of an expression over the columns of one table."""
    return discloses(f"SELECT (\n{expression}\n) FROM newest", hidden, visible)


@lru_cache(1_000)
def discloses(sql: str, hidden: frozenset[str], visible: frozenset[str]) -> bool:
    """Whether the result of a SELECT can be made of values of hidden columns, unless it is a count of rows.

    What cannot be told counts as true: a name that is neither a visible column nor made of some, a whole row, `*`.

    Args:
        sql: one SELECT over one table.
        hidden: the columns of the table whose values must not be shown, in small letters.
        visible: its other columns, in small letters.
    """
    if not hidden:
        return False
    try:
        tree = parsed_select(sql)
    except (SqlRefused, RecursionError):
        return True
    nodes = [*nodes_of(tree)]
    return _reads(nodes, hidden, visible) and not _counts_rows(tree, nodes)


def _reads(nodes: Collection[dict[str, Any]], hidden: frozenset[str], visible: frozenset[str]) -> bool:
    """Whether a query names a hidden column, or reads columns without their names."""
    tables = {str(name).casefold() for node in nodes if "class" not in node for name in _names_of_tables(node)}
    listed = [column for node in nodes for column in node.get("select_list") or ()]
    known = visible | ({column["alias"].casefold() for column in listed if column.get("alias")} - tables)
    return any(_is_unknown(node, hidden, known) for node in nodes)


def _names_of_tables(node: dict[str, Any]) -> Iterator[str]:
    yield from (node[key] for key in ("table_name", "alias", "key") if isinstance(node.get(key), str))


def _is_unknown(node: dict[str, Any], hidden: frozenset[str], known: frozenset[str]) -> bool:
    """Whether a node reads a column of which it is not certain that it may be shown."""
    if "class" not in node:
        kind, using = node.get("type"), {name.casefold() for name in node.get("using_columns") or ()}
        renamed = node.get("column_name_alias") or node.get("aliases")
        understood = not isinstance(kind, str) or _UNDERSTOOD.fullmatch(kind)
        return bool(not understood or renamed or node.get("ref_type") == "NATURAL" or using - known or using & hidden)
    if node["class"] == "COLUMN_REF":
        parts = {part.casefold() for part in node["column_names"]}
        return bool(parts & hidden) or not parts & known
    return node["class"] in ("STAR", "POSITIONAL_REFERENCE")


def _counts_rows(tree: dict[str, Any], nodes: Collection[dict[str, Any]]) -> bool:
    """Whether the result is a count of rows of the table, or a difference or a share of two counts.

    More than two would be digits: sixteen counts, each multiplied by another power of two, write a number. With a join, a
    subquery in an expression, a window or a function that makes rows, one value could decide how many rows are counted.
    """
    simple = all(
        (not str(node.get("type")).endswith("_NODE") or node["type"] == "SELECT_NODE")
        and ("from_table" not in node or node["from_table"]["type"] in _ONE_TABLE)
        and node.get("class") not in ("SUBQUERY", "WINDOW")
        and str(node.get("function_name")).casefold() not in _MAKE_ROWS
        and len(node.get("group_sets") or ()) < 2
        for node in nodes
    )
    listed = tree.get("select_list") or ()
    return simple and len(listed) == 1 and _number_of_counts(listed[0]) in (1, 2)


def _number_of_counts(node: dict[str, Any]) -> float:
    """Of how many counts an expression is made, besides constants; infinity if it is made of anything else."""
    name, children = str(node.get("function_name")).casefold(), node.get("children") or ()
    if node["class"] == "CONSTANT":
        return 0
    if node["class"] != "FUNCTION" or node.get("export_state"):
        return float("inf")
    if name in _COUNTS or (name == "sum" and len(children) == 1 and _is_comparison(children[0])):
        return 1
    return sum(map(_number_of_counts, children)) if name in ("+", "-", "*", "/") else float("inf")


def _is_comparison(node: dict[str, Any]) -> bool:
    """Whether it is a comparison, as a truth value or as the number 0 or 1."""
    return node["class"] == "COMPARISON" or (node["class"] == "CAST" and node["child"]["class"] == "COMPARISON")
