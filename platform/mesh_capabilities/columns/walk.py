"""The walk over the scopes of a qualified query that finds the origins of its columns."""

from typing import Any

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from mesh_capabilities.columns.derivation import Origin, Relation

NOTHING: frozenset[Origin] = frozenset()


class Walk:
    """Answers are kept, so a query is walked once. A name that cannot be told apart counts for all it may be of.

    Args:
        root: the scope of the whole query, with stars expanded and columns qualified where that is possible.
    """

    def __init__(self, root: Scope) -> None:
        self.root = root
        self._scopes = {id(scope.expression): scope for scope in root.traverse()}
        self._known: dict[tuple[str, int, str], frozenset[Origin]] = {}

    def values(self, scope: Scope, name: str) -> frozenset[Origin]:
        """What the value of one column of a scope's result is made of."""
        return self._once("values", scope, name)

    def behind(self, scope: Scope, name: str) -> frozenset[Origin]:
        """What decides on the rows that one column's value was taken from, where that is not the scope's own rows."""
        return self._once("behind", scope, name)

    def rows(self, scope: Scope) -> frozenset[Origin]:
        """What decides which rows a scope's result has."""
        return self._once("rows", scope, "")

    def named(self) -> frozenset[Origin]:
        """Every column that the query names anywhere, and the keys of its joins, which `using` names in another way."""
        found: set[Origin] = set()
        for scope in self.root.traverse():
            joins = [column for join in scope.expression.args.get("joins") or [] for column in join.find_all(exp.Column)]
            spelled = [column for column in scope.columns if column.meta.get("named")]
            for column in (*spelled, *joins):
                if not column.table or column.table in scope.sources:
                    tables = [source for _, source in self._sources_of(scope, column) if isinstance(source, exp.Table)]
                    found.update(Origin(Relation(table.db, table.name), column.name) for table in tables)
                    if not tables:
                        found |= self._column("values", scope, column)
        return frozenset(found)

    def _once(self, question: str, scope: Scope, name: str) -> frozenset[Origin]:
        key = (question, id(scope), name)
        if key not in self._known:
            self._known[key] = NOTHING  # a query that reads itself adds nothing on its second turn
            self._known[key] = self._rows(scope) if question == "rows" else self._of_result(question, scope, name)
        return self._known[key]

    def _of_result(self, question: str, scope: Scope, name: str) -> frozenset[Origin]:
        select = scope.expression
        if sides := scope.set_operation_scopes:
            names = select.named_selects
            lists = [(side, side.expression.named_selects) for side in sides]
            place = names.index(name) if name in names else len(names)
            return NOTHING.union(*(self._once(question, side, own[place]) for side, own in lists if place < len(own)))
        if not isinstance(select, exp.Select):
            return self._origins(question, scope, select)
        for projection in select.selects:
            if projection.alias_or_name == name:
                found = self._origins(question, scope, projection)
                counts = question == "behind" and projection.find(exp.AggFunc, exp.Window)
                return found | self.rows(scope) if counts else found
        if select.is_star:
            return NOTHING.union(*(self._of_source(question, source, name) for _, source in scope.selected_sources.values()))
        return NOTHING

    def _rows(self, scope: Scope) -> frozenset[Origin]:
        select = scope.expression
        found = NOTHING.union(*(self.rows(side) for side in scope.set_operation_scopes))
        harmless = {id(join) for join in select.args.get("joins") or [] if self._keeps_rows(scope, join)}
        spared = {join.alias_or_name for join in select.args.get("joins") or [] if id(join) in harmless}
        for name, (_, source) in scope.selected_sources.items():
            if isinstance(source, Scope) and name not in spared:
                found |= self.rows(source)
        if not isinstance(select, exp.Select):
            whole = isinstance(select, exp.SetOperation) and select.args.get("distinct")
            return found.union(*(self.values(scope, name) for name in select.named_selects)) if whole else found
        group, distinct = select.args.get("group"), select.args.get("distinct")
        deciding = [select.args.get(part) for part in ("where", "group", "having", "qualify", "distinct")]
        deciding += [join for join in select.args.get("joins") or [] if id(join) not in harmless]
        deciding += [select.args.get("order")] if select.args.get("limit") else []
        if distinct or (group and group.args.get("all")):
            deciding += [part for part in select.selects if not part.find(exp.AggFunc)]
        return found.union(
            *(self._origins(question, scope, part) for part in deciding if part for question in ("values", "behind"))
        )

    def _keeps_rows(self, scope: Scope, join: exp.Join) -> bool:
        """Whether a join neither drops nor repeats a row: a left join to at most one row each, as one knows of a group."""
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

    def _origins(self, question: str, scope: Scope, part: exp.Expression) -> frozenset[Origin]:
        """The answers for every column in a part of a scope's SQL; a subquery in it counts with its rows."""
        found = NOTHING
        for node in self._nodes(scope, part):
            inner = self._scopes.get(id(node))
            if inner is None:
                found |= self._column(question, scope, node)
            else:
                found |= self.rows(inner).union(*(self._once(question, inner, name) for name in node.named_selects))
        return found

    def _nodes(self, scope: Scope, part: exp.Expression) -> list[Any]:
        """The columns of a part, and the subqueries in it without what is in them; a joined table is a source, no part."""
        sources = {id(node) for node, _ in scope.selected_sources.values()}

        def inner(node: exp.Expression) -> bool:
            return node is not part and id(node) in self._scopes

        found = part.walk(prune=lambda node: id(node) in sources or inner(node))
        return [node for node in found if id(node) not in sources and (isinstance(node, exp.Column) or inner(node))]

    def _column(self, question: str, scope: Scope, column: exp.Column) -> frozenset[Origin]:
        found = NOTHING
        for at, source in self._sources_of(scope, column):
            found |= self._of_source(question, source, column.name)
            if question == "behind" and isinstance(at.expression, exp.Select):
                found |= self._joined(at, column.table, source)
        return found

    def _joined(self, scope: Scope, name: str, source: Any) -> frozenset[Origin]:
        """What a join that keeps every row decides on: not the rows of the scope, but what is found in the joined ones."""
        for join in scope.expression.args.get("joins") or []:
            if join.alias_or_name == name and self._keeps_rows(scope, join):
                found = self.rows(source) if isinstance(source, Scope) else NOTHING
                return found | self._origins("values", scope, join)
        return NOTHING

    def _sources_of(self, scope: Scope, column: exp.Column) -> list[tuple[Scope, Any]]:
        """Where a column may come from, with the scope that reads it: a subquery also sees what is around it."""
        at: Scope | None = scope
        while column.table and at is not None:
            if column.table in at.sources:
                return [(at, at.sources[column.table])]
            at = at.parent
        return [(scope, source) for _, source in scope.selected_sources.values()]

    def _of_source(self, question: str, source: Any, name: str) -> frozenset[Origin]:
        if isinstance(source, Scope):
            return self._once(question, source, name)
        return frozenset({Origin(Relation(source.db, source.name), name)}) if question == "values" else NOTHING


def _same(projection: exp.Expression, key: exp.Expression) -> bool:
    return projection.unalias() == key or projection.alias_or_name == (
        key.name if isinstance(key, exp.Column) and not key.table else ""
    )
