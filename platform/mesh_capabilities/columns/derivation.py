"""Where the columns of a query come from: what their values are made of, and what decides which rows are behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from mesh_platform.errors import LineageError

if TYPE_CHECKING:
    from sqlglot import exp


class Relation(NamedTuple):
    """A table or view as SQL names it: schema and name."""

    schema: str
    name: str


class Origin(NamedTuple):
    """A column of a relation."""

    relation: Relation
    column: str


@dataclass(frozen=True)
class Derivation:
    """What a query makes of what it reads."""

    values: Mapping[str, frozenset[Origin]]
    """For each column of the result, the columns that its value is made of."""
    rows: Mapping[str, frozenset[Origin]]
    """For each column of the result, the columns that decide which rows are behind it: filters, joins, groups."""
    named: frozenset[Origin]
    """The columns that the query names; without one of them it does not run. A star names none."""

    @cached_property
    def origins(self) -> frozenset[Origin]:
        """Every column that it has to do with."""
        return self.named.union(*self.values.values(), *self.rows.values())

    @cached_property
    def relations(self) -> frozenset[Relation]:
        """Every relation that it has to do with a column of."""
        return frozenset(origin.relation for origin in self.origins)


def derive(sql: str, columns: Mapping[Relation, Sequence[str]], models: Mapping[Relation, str] | None = None) -> Derivation:
    """The derivation of a DuckDB query.

    Args:
        sql: one SELECT, without Jinja.
        columns: what is known of the relations it reads; one that is missing may have any columns.
        models: relations that are queries themselves; they are followed to what they read.

    Raises LineageError for SQL that cannot be followed.
    """
    from sqlglot.errors import SqlglotError
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import build_scope

    from mesh_capabilities.columns.walk import Walk

    try:
        tree = _parsed(sql, models or {})
        tree = qualify(
            tree, dialect="duckdb", schema=_schema(tree, columns), validate_qualify_columns=False, quote_identifiers=False
        )
        root = build_scope(tree)
        if root is None:
            raise LineageError("The SQL is no query.")
        walk = Walk(root)
        names = root.expression.named_selects
        rows = walk.rows(root)
        return Derivation(
            {name: walk.values(root, name) for name in names},
            {name: rows | walk.behind(root, name) for name in names},
            walk.named(),
        )
    except (SqlglotError, RecursionError) as problem:
        raise LineageError(f"The SQL cannot be followed: {str(problem).splitlines()[0].rstrip('.')}.") from problem


def _schema(tree: "exp.Expression", columns: Mapping[Relation, Sequence[str]]) -> dict[str, dict[str, dict[str, str]]]:
    """The columns of the relations in a query, as sqlglot wants them; it looks at all it is given, and a mesh is big."""
    from sqlglot import exp

    schema: dict[str, dict[str, dict[str, str]]] = {}
    for table in tree.find_all(exp.Table):
        if names := columns.get(Relation(table.db, table.name)):
            schema.setdefault(table.db, {})[table.name] = dict.fromkeys(names, "VARCHAR")
    return schema


def _parsed(sql: str, models: Mapping[Relation, str]) -> "exp.Expression":
    """The query with every model it reads written in as a subquery, and the columns that it names marked as such."""
    from sqlglot import exp, parse_one

    tree = parse_one(sql, dialect="duckdb")
    for column in tree.find_all(exp.Column):
        column.meta["named"] = True
    for table in list(tree.find_all(exp.Table)):
        table.set("catalog", None)  # dbt writes the warehouse in front; there is only the one
        relation = Relation(table.db, table.name)
        if relation in models:
            inner = _parsed(models[relation], {other: text for other, text in models.items() if other != relation})
            table.replace(exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier(table.alias or table.name))))
    return tree
