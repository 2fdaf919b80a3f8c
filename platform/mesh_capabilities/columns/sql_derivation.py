"""Derives the origins of a query's columns: parses the SQL with sqlglot and walks the scopes of the syntax tree."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from mesh_capabilities.columns.derivation import Derivation, Origin, Relation
from mesh_capabilities.errors import LineageError

NO_ORIGINS: frozenset[Origin] = frozenset()


def answer_request(request: Mapping[str, Any]) -> dict[str, Any]:
    """`derive` as a function of JSON values, for a process of its own; the derivation in the form of `_written`."""
    columns, models = ({Relation(*name): part for name, part in request[key]} for key in ("columns", "models"))
    try:
        return _written(derive(request["sql"], columns, models))
    except LineageError as problem:
        return {"refused": problem.found}


def _written(derivation: Derivation) -> dict[str, Any]:
    """A derivation as JSON values. Each origin is listed once, and the columns refer to it by its index."""
    origins = sorted(derivation.origins)
    index_of = {origin: index for index, origin in enumerate(origins)}

    def indexes(parts: Mapping[str, frozenset[Origin]]) -> dict[str, list[int]]:
        return {name: sorted(index_of[origin] for origin in part) for name, part in parts.items()}

    return {
        "origins": [(*origin.relation, origin.column) for origin in origins],
        "values": indexes(derivation.values),
        "rows": indexes(derivation.rows),
        "named": indexes({"": derivation.named})[""],
    }


def derive(sql: str, columns: Mapping[Relation, Sequence[str]], models: Mapping[Relation, str] | None = None) -> Derivation:
    """The derivation of a DuckDB query.

    Args:
        sql: one SELECT, without Jinja.
        columns: the known columns of the relations that the query reads. A relation that is missing may have any columns.
        models: relations that are queries themselves. They are replaced by their queries.

    Raises LineageError if the SQL cannot be parsed or is not a query.
    """
    try:
        tree = _parsed(sql, models or {})
        tree = qualify(
            tree, dialect="duckdb", schema=_schema(tree, columns), validate_qualify_columns=False, quote_identifiers=False
        )
        root = build_scope(tree)
        if root is None:
            raise LineageError("The SQL is not a query.")
        walk = _ScopeWalk(root)
        names = root.expression.named_selects
        rows = walk.rows(root)
        return Derivation(
            {name: walk.values(root, name) for name in names},
            {name: rows | walk.column_rows(root, name) for name in names},
            walk.named(),
        )
    except (SqlglotError, RecursionError) as problem:
        raise LineageError(f"The SQL cannot be parsed: {str(problem).splitlines()[0].rstrip('.')}.") from problem


def _parsed(sql: str, models: Mapping[Relation, str]) -> exp.Expression:
    """The syntax tree, with each model replaced by its query as a subquery, and the columns named in the text marked."""
    tree = parse_one(sql, dialect="duckdb")
    for column in tree.find_all(exp.Column):
        column.meta["named"] = True
    for table in list(tree.find_all(exp.Table)):
        table.set("catalog", None)  # dbt prefixes the warehouse; there is only one
        relation = Relation(table.db, table.name)
        if relation in models:
            inner = _parsed(models[relation], {other: text for other, text in models.items() if other != relation})
            table.replace(exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier(table.alias or table.name))))
    return tree


def _schema(tree: exp.Expression, columns: Mapping[Relation, Sequence[str]]) -> dict[str, dict[str, dict[str, str]]]:
    """The columns of the query's relations in sqlglot's form. Only these, since sqlglot normalizes everything it gets."""
    schema: dict[str, dict[str, dict[str, str]]] = {}
    for table in tree.find_all(exp.Table):
        if names := columns.get(Relation(table.db, table.name)):
            schema.setdefault(table.db, {})[table.name] = dict.fromkeys(names, "VARCHAR")
    return schema


class _ScopeWalk:
    """Finds the origins of the columns of each scope. Answers are cached, so each scope is walked once.

    A column name that is ambiguous counts for every relation that it may belong to.

    Args:
        root: the scope of the whole query, with stars expanded and columns qualified where that is possible.
    """

    def __init__(self, root: Scope) -> None:
        self.root = root
        self._scopes = {id(scope.expression): scope for scope in root.traverse()}
        self._cache: dict[tuple[str, int, str], frozenset[Origin]] = {}

    def values(self, scope: Scope, name: str) -> frozenset[Origin]:
        """The origins of the values of one column of a scope's result."""
        return self._once("values", scope, name)

    def column_rows(self, scope: Scope, name: str) -> frozenset[Origin]:
        """The origins that select the rows of one column only, such as those of a joined subquery."""
        return self._once("column_rows", scope, name)

    def rows(self, scope: Scope) -> frozenset[Origin]:
        """The origins that select the rows of a scope's result."""
        return self._once("rows", scope, "")

    def named(self) -> frozenset[Origin]:
        """Every column that the query names anywhere, and the keys of its joins, which `using` names without a table."""
        origins: set[Origin] = set()
        for scope in self.root.traverse():
            joins = [column for join in scope.expression.args.get("joins") or [] for column in join.find_all(exp.Column)]
            spelled = [column for column in scope.columns if column.meta.get("named")]
            for column in (*spelled, *joins):
                if not column.table or column.table in scope.sources:
                    tables = [source for _, source in self._sources_of(scope, column) if isinstance(source, exp.Table)]
                    origins.update(Origin(Relation(table.db, table.name), column.name) for table in tables)
                    if not tables:
                        origins |= self._column("values", scope, column)
        return frozenset(origins)

    def _once(self, aspect: str, scope: Scope, name: str) -> frozenset[Origin]:
        key = (aspect, id(scope), name)
        if key not in self._cache:
            self._cache[key] = NO_ORIGINS  # a recursive query adds no origins the second time
            self._cache[key] = self._rows(scope) if aspect == "rows" else self._of_result(aspect, scope, name)
        return self._cache[key]

    def _of_result(self, aspect: str, scope: Scope, name: str) -> frozenset[Origin]:
        select = scope.expression
        if sides := scope.set_operation_scopes:
            names = select.named_selects
            lists = [(side, side.expression.named_selects) for side in sides]
            place = names.index(name) if name in names else len(names)
            return NO_ORIGINS.union(*(self._once(aspect, side, own[place]) for side, own in lists if place < len(own)))
        if not isinstance(select, exp.Select):
            return self._origins(aspect, scope, select)
        for projection in select.selects:
            if projection.alias_or_name == name:
                origins = self._origins(aspect, scope, projection)
                counts = aspect == "column_rows" and projection.find(exp.AggFunc, exp.Window)
                return origins | self.rows(scope) if counts else origins
        if select.is_star:
            return NO_ORIGINS.union(*(self._of_source(aspect, source, name) for _, source in scope.selected_sources.values()))
        return NO_ORIGINS

    def _rows(self, scope: Scope) -> frozenset[Origin]:
        select = scope.expression
        origins = NO_ORIGINS.union(*(self.rows(side) for side in scope.set_operation_scopes))
        row_keeping = {id(join) for join in select.args.get("joins") or [] if self._keeps_rows(scope, join)}
        row_keeping_names = {join.alias_or_name for join in select.args.get("joins") or [] if id(join) in row_keeping}
        for name, (_, source) in scope.selected_sources.items():
            if isinstance(source, Scope) and name not in row_keeping_names:
                origins |= self.rows(source)
        if not isinstance(select, exp.Select):
            is_distinct = isinstance(select, exp.SetOperation) and select.args.get("distinct")
            return origins.union(*(self.values(scope, name) for name in select.named_selects)) if is_distinct else origins
        group, distinct = select.args.get("group"), select.args.get("distinct")
        selecting = [select.args.get(part) for part in ("where", "group", "having", "qualify", "distinct")]
        selecting += [join for join in select.args.get("joins") or [] if id(join) not in row_keeping]
        selecting += [select.args.get("order")] if select.args.get("limit") else []
        if distinct or (group and group.args.get("all")):
            selecting += [part for part in select.selects if not part.find(exp.AggFunc)]
        return origins.union(
            *(self._origins(aspect, scope, part) for part in selecting if part for aspect in ("values", "column_rows"))
        )

    def _keeps_rows(self, scope: Scope, join: exp.Join) -> bool:
        """Whether a join neither drops nor repeats rows: an ASOF left join, or a left join on all keys of a GROUP BY."""
        if join.side != "LEFT":
            return False
        if join.method == "ASOF":
            return True
        name = join.alias_or_name
        source = scope.sources.get(name)
        group = source.expression.args.get("group") if isinstance(source, Scope) else None
        condition = join.args.get("on")
        if not group or group.args.get("all") or not condition:
            return False
        keys = {
            projection.alias_or_name
            for projection in source.expression.selects
            for key in group.expressions
            if _same(projection, key)
        }
        equated = {
            side.name
            for equation in condition.find_all(exp.EQ)
            for side in (equation.this, equation.expression)
            if isinstance(side, exp.Column) and side.table == name
        }
        return len(keys) == len(group.expressions) and keys <= equated

    def _origins(self, aspect: str, scope: Scope, part: exp.Expression) -> frozenset[Origin]:
        """The origins of every column in a part of a scope's SQL. A subquery in it counts with its rows."""
        origins = NO_ORIGINS
        for node in self._nodes(scope, part):
            inner = self._scopes.get(id(node))
            if inner is None:
                origins |= self._column(aspect, scope, node)
            else:
                origins |= self.rows(inner).union(*(self._once(aspect, inner, name) for name in node.named_selects))
        return origins

    def _nodes(self, scope: Scope, part: exp.Expression) -> list[Any]:
        """The columns and the subqueries of a part, without the contents of the subqueries and without joined tables."""
        sources = {id(node) for node, _ in scope.selected_sources.values()}

        def inner(node: exp.Expression) -> bool:
            return node is not part and id(node) in self._scopes

        nodes = part.walk(prune=lambda node: id(node) in sources or inner(node))
        return [node for node in nodes if id(node) not in sources and (isinstance(node, exp.Column) or inner(node))]

    def _column(self, aspect: str, scope: Scope, column: exp.Column) -> frozenset[Origin]:
        origins = NO_ORIGINS
        for at, source in self._sources_of(scope, column):
            origins |= self._of_source(aspect, source, column.name)
            if aspect == "column_rows" and isinstance(at.expression, exp.Select):
                origins |= self._join_origins(at, column.table, source)
        return origins

    def _join_origins(self, scope: Scope, name: str, source: Any) -> frozenset[Origin]:
        """The origins that a row-keeping join adds: it selects the rows of the joined relation, not those of the scope."""
        for join in scope.expression.args.get("joins") or []:
            if join.alias_or_name == name and self._keeps_rows(scope, join):
                origins = self.rows(source) if isinstance(source, Scope) else NO_ORIGINS
                return origins | self._origins("values", scope, join)
        return NO_ORIGINS

    def _sources_of(self, scope: Scope, column: exp.Column) -> list[tuple[Scope, Any]]:
        """The sources a column may belong to, with the scope that reads each. A subquery also sees the scopes around it."""
        at: Scope | None = scope
        while column.table and at is not None:
            if column.table in at.sources:
                return [(at, at.sources[column.table])]
            at = at.parent
        return [(scope, source) for _, source in scope.selected_sources.values()]

    def _of_source(self, aspect: str, source: Any, name: str) -> frozenset[Origin]:
        if isinstance(source, Scope):
            return self._once(aspect, source, name)
        return frozenset({Origin(Relation(source.db, source.name), name)}) if aspect == "values" else NO_ORIGINS


def _same(projection: exp.Expression, key: exp.Expression) -> bool:
    return projection.unalias() == key or projection.alias_or_name == (
        key.name if isinstance(key, exp.Column) and not key.table else ""
    )
