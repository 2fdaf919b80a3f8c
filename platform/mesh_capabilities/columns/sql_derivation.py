"""Derives the origins of a query's columns: parses the SQL with sqlglot and resolves its names as DuckDB does.

Every kind of expression and of table that is understood is listed here. Anything else is not followed: it counts as made of
every column that its query can see, and the derivation says so.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from sqlglot import exp
from sqlglot.errors import SqlglotError

from mesh_capabilities.columns.derivation import (
    ANY_COLUMN,
    Derivation,
    Origin,
    Relation,
    folded,
    folded_relation,
    named_relations,
)
from mesh_capabilities.columns.parsed import (
    OtherCut,
    built_in_functions,
    comparable_type,
    is_array,
    is_lambda,
    is_statement,
    names_of_word,
    parsed,
)
from mesh_capabilities.columns.resolved import (
    CONSTANT,
    NO_ORIGINS,
    Followed,
    Lookup,
    Resolved,
    joined,
    joined_known,
    joined_or_same,
    without_marks,
    without_repeats,
)
from mesh_capabilities.columns.unnamed import Unnamed, result_name, unnamed_as
from mesh_capabilities.errors import LineageError

_RECURSIONS = 30
"""How often a recursive query is resolved until its origins no longer grow."""
_FOLLOWED = (
    exp.Func, exp.Binary, exp.Unary, exp.Alias, exp.All, exp.Any, exp.AtTimeZone, exp.Between, exp.Boolean, exp.Bracket,
    exp.Cast, exp.DataType, exp.Distinct, exp.Filter, exp.HavingMax, exp.IgnoreNulls, exp.In, exp.Interval, exp.IntervalSpan,
    exp.Limit, exp.Literal, exp.Null, exp.Order, exp.Ordered, exp.Paren, exp.RespectNulls, exp.Slice, exp.Tuple, exp.Var,
    exp.Where, exp.WindowSpec, exp.WithinGroup, exp.National, exp.HexString, exp.BitString, exp.JSONPath, exp.JSONPathPart,
    exp.Group, exp.Rollup, exp.Cube, exp.GroupingSets, exp.Offset, exp.Having, exp.Qualify, exp.Kwarg, exp.Escape,
    exp.JSONKeyValue, exp.LimitOptions,
)  # fmt: skip
"""The expressions whose value is made of the values of their parts, and of nothing else."""
_QUERIES = (exp.Select, exp.SetOperation, exp.Subquery, exp.Values, exp.Table, exp.Pivot)
_ROW_MAKERS = {"generate_subscripts", "json_each", "json_tree"}
_ORDERED_AGGREGATES = (exp.AggFunc, exp.Anonymous, exp.AnonymousAggFunc, exp.Window)
"""What may return something else when the rows come in another order."""
_MADE_UP = replace(CONSTANT, made_up=True, pending=True)
"""A constant that a column of a table has: which one depends on what selects its row."""
_MARKED, _MARKS = Relation("\0", "\0"), count()
"""The relation of the marks, which no query can name, and their numbers."""


def _new_mark() -> Origin:
    return Origin(_MARKED, str(next(_MARKS)))


_SET_SIDES = {exp.Union: "both", exp.Intersect: "both", exp.Except: "left"}


def answer_request(request: Mapping[str, Any]) -> dict[str, Any]:
    """`derive` as a function of JSON values, for a process of its own; the derivation in the form of `_written`."""
    columns, models, adds = ({Relation(*name): part for name, part in request[key]} for key in ("columns", "models", "adds"))
    types = {Relation(*name): part for name, part in request["types"]}
    try:
        seeds = [Relation(*name) for name in request["seeds"]]
        return _written(derive(request["sql"], columns, models, request["expected"], adds, types, seeds))
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
        "unfollowed": dict(derivation.unfollowed),
    }


def derive(
    sql: str,
    columns: Mapping[Relation, Sequence[str]],
    models: Mapping[Relation, str] | None = None,
    expected: Sequence[str] = (),
    adds: Mapping[Relation, str] | None = None,
    types: Mapping[Relation, Mapping[str, str]] | None = None,
    seeds: Iterable[Relation] = (),
) -> Derivation:
    """The derivation of a DuckDB query.

    Args:
        sql: one SELECT, without Jinja.
        columns: the known columns of the relations that the query reads. A relation that is missing may have any columns.
        models: relations that are queries themselves. They are replaced by their queries. A text that is no query, as that of
            a model in Python, is not followed: its columns count as made of all columns of the relations that it names.
        expected: the columns of the result as its contract names them. They give the case of the names, and the names where
            the SQL does not show them.
        adds: for incremental models, the query whose rows a later run adds to the model's table, which it may read.
        types: the types of columns, as far as they are known. A join on two types may find several rows of a group.
        seeds: the relations whose rows are written down, as those of VALUES.

    Raises LineageError if the SQL cannot be parsed or is not a query.
    """
    try:
        resolver = _Resolver(columns, models or {}, adds or {}, types or {}, seeds)
        tree = parsed(sql)
        if not isinstance(tree, _QUERIES):
            raise LineageError("The SQL is not a query.")
        resolver.see(tree)
        result = resolver.query(tree, {}, None)
    except (SqlglotError, RecursionError) as problem:
        raise LineageError(f"The SQL cannot be parsed: {str(problem).splitlines()[0].rstrip('.')}.") from problem
    return _derivation(result, resolver, expected)


def _derivation(result: Resolved, resolver: "_Resolver", expected: Sequence[str]) -> Derivation:
    spelled = {folded(name): name for name in expected}
    named = [(name, part) for name, part in result.columns if not isinstance(name, Unnamed)]
    traced = {spelled.get(folded(name), name): part for name, part in named}
    if len(traced) < len(named) or not result.placed:
        sure = result.placed or not expected
        traced = {name: column for name in traced if (sure or folded(name) in spelled) and (column := result.column(name))}
    known = set(map(folded, traced))
    for name in expected:
        if folded(name) not in known and (column := result.column(name) or (None if result.closed else result.everything())):
            traced[name] = column
    nameless = {} if expected else {name: part for name, part in result.columns if isinstance(name, Unnamed)}
    values, rows, unfollowed = {}, {}, {}
    for name, part in (traced | nameless).items():
        reason = part.unfollowed or result.unfollowed or ("The SQL gives the column no name." if name in nameless else "")
        if not (reason or expected or result.placed):
            reason = "Whether DuckDB makes a column of this name is not known."
        values[name], rows[name] = part.values, part.rows | result.rows
        if reason:
            unfollowed[name] = reason
    derivation = Derivation(values, rows, frozenset(resolver.named), unfollowed)
    if _MARKED in derivation.relations:
        raise LineageError("What selects the rows of the query is not known.")
    return derivation


@dataclass(frozen=True)
class _Source:
    """A table in a FROM clause."""

    alias: str
    schema: str
    table: Resolved
    hidden: bool = False
    """Whether a star leaves it out, as the right side of a semi join."""


Steps = Mapping[str, Resolved]
"""The queries of a WITH clause by folded name."""


@dataclass
class _Scope:
    """What the names in a query's expressions refer to."""

    parent: "_Scope | None"
    steps: Steps
    sources: list[_Source] = field(default_factory=list)
    merged: dict[str, tuple[str, Followed]] = field(default_factory=dict)
    """The columns of USING by folded name: each appears once, and may come from either side."""
    aliases: dict[str, Followed] = field(default_factory=dict)
    """The columns of the SELECT so far by folded alias."""
    windows: dict[str, exp.Expression] = field(default_factory=dict)
    parameters: frozenset[str] = frozenset()
    """The parameters of a lambda, or of a list comprehension."""
    order: frozenset[Origin] = NO_ORIGINS
    aliases_too: bool = False
    """Whether a name may mean an alias although a column has it, as in HAVING."""
    mark: Origin = field(default_factory=_new_mark)
    """Stands for the columns that select the rows of `sources`, until all of them are known."""
    gathering: Origin = field(default_factory=_new_mark)
    """Stands for the columns that decide which rows, and how many, come together in a group or a window."""
    choosing: Origin = field(default_factory=_new_mark)
    """Stands for the columns that choose among the rows of the result: by QUALIFY, DISTINCT ON, LIMIT and a sample."""
    selecting: set[Origin] = field(default_factory=set)
    """The columns that are known to select the rows: those of conditions of joins, and of sources that read other sources."""
    loose: list[Resolved] = field(default_factory=list)
    """The sources that no condition of a join ties to another one: each row of the others comes once for each of theirs."""
    looked_up: list[str] = field(default_factory=list)
    """The names of columns that were looked up in `sources`, and are there."""

    def counted(self) -> frozenset[Origin]:
        """What a number of rows is made of: where rows are generated, their number says what selects them."""
        generated = [source.table for source in self.sources if source.table.generated]
        marked = {self.mark, *self.gathered()} if generated else NO_ORIGINS
        return NO_ORIGINS.union(marked, *(table.rows | table.order for table in generated))

    def gathered(self) -> Iterator[Origin]:
        """The marks of what gathers rows. An aggregate in a subquery may be one of a query around it."""
        scope: _Scope | None = self
        while scope is not None:
            yield scope.gathering
            scope = scope.parent

    def number(self) -> frozenset[Origin]:
        """What decides how often a made-up value of a source comes, and is not among its values."""
        loose = self.loose if len(self.sources) > 1 else []
        return NO_ORIGINS.union(*(table.rows for table in loose), *(one.table.number for one in self.sources))

    def settled(
        self,
        result: Resolved,
        selecting: frozenset[Origin] = NO_ORIGINS,
        gathering: frozenset[Origin] = NO_ORIGINS,
        choosing: frozenset[Origin] = NO_ORIGINS,
    ) -> Resolved:
        """The result of this query, with the columns that its marks stand for in their place."""
        generated = result.generated or any(source.table.generated for source in self.sources)
        meant = {self.mark: selecting | self.selecting, self.gathering: gathering | self.number(), self.choosing: choosing}
        number = result.number | gathering | self.number()
        return replace(result, number=number, generated=generated).settled(without_marks(meant))

    def everything(self) -> Followed:
        """A value that may be made of all that the scope sees."""
        seen = [source.table.everything() for source in self.sources]
        return joined([*seen, self.parent.everything()] if self.parent else seen)

    @property
    def has_sources(self) -> bool:
        return bool(self.sources) or (self.parent is not None and self.parent.has_sources)

    def column(self, parts: Sequence[str]) -> Followed | None:
        """The value of a name, which may have a table or a schema before it and fields of a struct behind it."""
        if folded(parts[0]) in self.parameters:  # its list is an argument of the same function
            return joined_known([CONSTANT, self._qualified_anywhere(parts) if len(parts) > 1 else None])
        column = self._qualified(parts) if len(parts) > 1 else None
        certain = column is not None
        if column is None:
            column, certain = self._unqualified(parts[0])
        if column is not None:
            self.looked_up.append(parts[0])
        if not certain and self.parent is not None:
            column = joined_known([column, self.parent.column(parts)])
        return column

    def _qualified_anywhere(self, parts: Sequence[str]) -> Followed | None:
        """The column of a table that has the name of a parameter."""
        column = self._qualified(parts)
        if column is not None:
            self.looked_up.append(parts[0])
        return joined_known([column, self.parent._qualified_anywhere(parts) if self.parent else None])

    def _qualified(self, parts: Sequence[str]) -> Followed | None:
        for source in self.sources:
            if folded(source.alias) == folded(parts[0]) and (column := source.table.column(parts[1])) is not None:
                return column
            schema_and_table = (folded(source.schema), folded(source.alias))
            if schema_and_table == tuple(map(folded, parts[:2])) and len(parts) > 2:
                column = source.table.column(parts[2])
                if column is not None:
                    return column
        return None

    def _unqualified(self, name: str) -> tuple[Followed | None, bool]:
        """The value of a name, and whether no query around this one can mean another."""
        key = folded(name)
        alias = self.aliases.get(key)
        others = [alias] if self.aliases_too and alias is not None else []
        if key in self.merged:
            return joined_or_same([self.merged[key][1], *others]), True
        certain = [column for one in self.sources if one.table.certain(name) and (column := one.table.column(name)) is not None]
        if certain:
            return joined_or_same([*certain, *others]), True
        possible = [column for one in self.sources if (column := one.table.column(name)) is not None]
        possible += [one.table.everything() for one in self.sources if folded(one.alias) == key]  # the whole row
        if alias is not None:
            possible.append(alias)
        return joined_known(possible), alias is not None


_Star = tuple[list[tuple[str, Followed]], Lookup | None, Followed, bool]
"""The columns of a star; a lookup and what it may find, where not all names are known; whether their places are."""


class _Resolver:
    """Resolves the parts of one query.

    Args:
        columns: the known columns of base tables.
        models: the queries that relations stand for.
        adds: the queries whose rows are added to those of such a relation, and may be made of them.
        types: the types of columns, as far as they are known.
        seeds: the relations whose rows are written down.
    """

    def __init__(
        self,
        columns: Mapping[Relation, Sequence[str]],
        models: Mapping[Relation, str],
        adds: Mapping[Relation, str],
        types: Mapping[Relation, Mapping[str, str]],
        seeds: Iterable[Relation],
    ) -> None:
        self._columns = {folded_relation(relation): (relation, tuple(names)) for relation, names in columns.items()}
        self._models = {folded_relation(relation): text for relation, text in models.items()}
        self._adds = {folded_relation(relation): text for relation, text in adds.items()}
        self._types = {
            (folded_relation(relation), folded(name)): comparable_type(kind)
            for relation, kinds in types.items()
            for name, kind in kinds.items()
        }
        self._seeds = {*map(folded_relation, seeds)}
        self._resolved: dict[Relation, Resolved] = {}
        self._resolving: list[Relation] = []
        self._seen: dict[Relation, Resolved] = {}
        self.named: set[Origin] = set()

    def see(self, tree: exp.Expression) -> None:
        """Notes the base tables of a query: what cannot be followed at all counts as made of all of them."""
        for table in tree.find_all(exp.Table):
            if isinstance(table.this, exp.Identifier) and table.db:
                self._see(Relation(table.db, table.name))

    def _see(self, relation: Relation) -> None:
        if folded_relation(relation) in self._models:
            self._model(folded_relation(relation))
        else:
            self._seen[folded_relation(relation)] = self._base(relation)

    def _lost(self, scope: _Scope | None, reason: str) -> Followed:
        """A value that is not followed."""
        seen = (
            scope.everything()
            if scope is not None and scope.has_sources
            else joined(table.everything() for table in self._seen.values())
        )
        return Followed(seen.values | seen.rows, seen.rows, seen.unfollowed or reason)

    def _lost_table(self, scope: _Scope | None, reason: str) -> Resolved:
        lost = joined([self._lost(scope, reason), self._lost(None, reason)])
        return Resolved((), lost.all, lambda name: lost, lost, unfollowed=lost.unfollowed)

    # Base tables and models.

    def _relation(self, relation: Relation) -> Resolved:
        if not relation.schema and folded_relation(main := Relation("main", relation.name)) in (*self._models, *self._columns):
            relation = main
        return self._model(folded_relation(relation)) if folded_relation(relation) in self._models else self._base(relation)

    def _base(self, relation: Relation) -> Resolved:
        is_seed = folded_relation(relation) in self._seeds
        relation, names = self._columns.get(folded_relation(relation), (relation, ()))

        def origin(name: str) -> Followed:
            kind = self._types.get((folded_relation(relation), folded(name)), "")
            return Followed(frozenset({Origin(relation, name)}), kind=kind, made_up=is_seed, pending=is_seed)

        if not relation.schema:
            reason = f"The table '{relation.name}' is read without a schema: it can be any table or file of that name."
            lost = replace(joined([origin(ANY_COLUMN), self._lost(None, reason)]), unfollowed=reason)
            return Resolved((), lost.all, lambda name: lost, lost, unfollowed=reason)
        if names:
            return Resolved(tuple((name, origin(name)) for name in names), generated=is_seed)
        return Resolved((), further=origin, rest=origin(ANY_COLUMN), generated=is_seed)

    def _model(self, relation: Relation) -> Resolved:
        if relation not in self._resolved:
            if relation in self._resolving:
                return self._lost_table(None, f"{relation.name} reads itself.")
            self._resolving.append(relation)
            result = self._text(relation, self._models[relation])
            if relation in self._adds:
                result = self._added(relation, result)
            self._resolved[relation] = result
            self._resolving.pop()
        return self._resolved[relation]

    def _text(self, relation: Relation, text: str) -> Resolved:
        try:
            tree = parsed(text)
        except SqlglotError as problem:
            if isinstance(problem, OtherCut) and is_statement(text):
                raise  # what it names does not show in its text, either
            return self._opaque(relation, text)
        if not isinstance(tree, _QUERIES):
            return self._opaque(relation, text)
        self.see(tree)
        return self.query(tree, {}, None)

    def _added(self, relation: Relation, table: Resolved) -> Resolved:
        """A model's table, after rows were added to it that may be made of its own and may replace them."""
        for _ in range(_RECURSIONS):
            self._resolved[relation] = table
            added = self._text(relation, self._adds[relation])
            now = self._by_name(table, added)
            rows = table.rows | added.rows | table.whole.all | added.whole.all
            now = replace(now, rows=rows, unfollowed=table.unfollowed or added.unfollowed).decided_by(rows)
            now = replace(now, generated=table.generated or added.generated)
            if (now.columns, now.rows, now.rest, now.unfollowed) == (table.columns, table.rows, table.rest, table.unfollowed):
                return now
            table = now
        return self._lost_table(None, f"{relation.name} adds rows in a way that is not followed.")

    def _opaque(self, relation: Relation, text: str) -> Resolved:
        """A model that is no SQL: made of all columns of all relations that its text names."""
        pairs = named_relations(text) - {relation}
        read = [self._relation(pair) for pair in sorted(pairs) if pair in self._models or pair in self._columns]
        whole = joined(table.everything() for table in read)
        lost = replace(whole, unfollowed=f"{relation.name} is not SQL that can be followed.")
        return Resolved((), whole.all, lambda name: lost, lost, unfollowed=lost.unfollowed)

    # Queries.

    def query(self, node: exp.Expression, steps: Steps, outer: _Scope | None) -> Resolved:
        """The result of a query, with the names of its WITH clause and those around it."""
        steps = self._steps(node, steps, outer)
        if isinstance(node, exp.Select):
            return self._select(node, steps, outer)
        if isinstance(node, exp.SetOperation):
            return self._limited(node, self._set_operation(node, steps, outer), steps, outer)
        scope = _Scope(outer, steps)
        joins = node.args.get("joins") or []
        if isinstance(node, exp.Subquery) and isinstance(node.this, (*_QUERIES,)) and not (node.args.get("pivots") or joins):
            return self._limited(node, self.query(node.this, steps, outer), steps, outer)
        first = node
        if isinstance(node, exp.Subquery) and joins:
            first = node.copy()
            first.set("joins", None)
        self._add_source(scope, first)
        for join in joins:
            self._join(scope, join)
        columns, further, rest, placed = self._star(scope, exp.Star())
        rows, lost = self._rows_of(scope)
        result = scope.settled(Resolved(without_repeats(columns), rows, further, rest, placed, scope.order, unfollowed=lost))
        return self._limited(node, result, steps, outer) if isinstance(node, (exp.Subquery, exp.Pivot)) else result

    def _steps(self, node: exp.Expression, steps: Steps, outer: _Scope | None) -> Steps:
        clause = node.args.get("with_")
        if not clause:
            return steps
        known = dict(steps)
        for step in clause.expressions:
            name = folded(step.alias)
            if clause.args.get("recursive") and any(folded(t.name) == name for t in step.this.find_all(exp.Table)):
                known[name] = self._recursive(step, known, outer)
            else:
                known[name] = self._renamed(self.query(step.this, known, outer), step.args.get("alias"))
        return known

    def _recursive(self, step: exp.CTE, steps: Steps, outer: _Scope | None) -> Resolved:
        query = step.this
        if not isinstance(query, exp.SetOperation):
            return self._lost_table(outer, f"{step.alias} reads itself.")
        name, alias = folded(step.alias), step.args.get("alias")
        inner = self._steps(query, steps, outer)
        table = self._renamed(self.query(query.this, inner, outer), alias)
        for _ in range(_RECURSIONS):
            now = self._renamed(self.query(query, {**inner, name: table}, outer), alias)
            if step.args.get("key_expressions"):  # a row replaces the one with its key
                now = replace(now, rows=now.rows | now.whole.all).decided_by(now.rows | now.whole.all)
            now = replace(now, generated=now.generated or now.whole.made_up)
            if (now.columns, now.rows, now.rest, now.unfollowed) == (table.columns, table.rows, table.rest, table.unfollowed):
                return now
            table = now
        return self._lost_table(outer, f"{step.alias} recurs in a way that is not followed.")

    def _set_operation(self, node: exp.SetOperation, steps: Steps, outer: _Scope | None) -> Resolved:
        left, right = (self.query(side, steps, outer) for side in (node.this, node.expression))
        kind = _SET_SIDES.get(type(node))
        if node.args.get("by_name") and kind == "both":
            result = self._by_name(left, right)
        elif left.closed and right.closed and len(left.columns) == len(right.columns) and kind:
            pairs = zip(left.columns, right.columns)
            columns = tuple(
                (name, joined([one, other]) if kind == "both" else replace(one, kind="")) for (name, one), (_, other) in pairs
            )
            result = Resolved(columns)
        else:
            whole = joined([left.everything(), right.everything()])
            lost = replace(
                whole, unfollowed=whole.unfollowed or "The columns of a set operation are not known by their places."
            )
            result = Resolved((), further=lambda name: lost, rest=lost)
        rows = left.rows | right.rows
        if not isinstance(node, exp.Union) or node.args.get("distinct"):
            rows |= left.whole.all | right.whole.all
        deciding = (left.number | right.number, left.rows | right.rows) if isinstance(node, exp.Union) else (rows,)
        sides = [side.generated or (side.closed and all(part.made_up for _, part in side.columns)) for side in (left, right)]
        generated = left.generated or right.generated or all(sides)
        result = replace(result, rows=rows, order=left.order | right.order, unfollowed=left.unfollowed or right.unfollowed)
        return replace(result.decided_by(*deciding), generated=generated, number=rows)

    def _by_name(self, left: Resolved, right: Resolved) -> Resolved:
        def either(name: str) -> Followed | None:
            return joined_known([left.column(name), right.column(name)])

        unnamed = [traced for side in (left, right) for name, traced in side.columns if isinstance(name, Unnamed)]
        if unnamed:  # which of them have one name is not known
            left, right = (
                replace(
                    side,
                    columns=tuple((n, joined(unnamed) if isinstance(n, Unnamed) else part) for n, part in side.columns),
                    placed=False,
                )
                for side in (left, right)
            )
        names = {folded(name): name for side in (right, left) for name, _ in side.columns}
        order = dict.fromkeys(folded(name) for side in (left, right) for name, _ in side.columns)
        columns = tuple((names[key], either(key) or CONSTANT) for key in order)
        if left.further is None and right.further is None:
            return Resolved(columns, placed=left.placed and right.placed)
        return Resolved(columns, further=either, rest=joined([left.whole, right.whole]), placed=False)

    def _limited(self, node: exp.Expression, result: Resolved, steps: Steps, outer: _Scope | None) -> Resolved:
        """A result with the ORDER BY and LIMIT behind it."""
        limit, order = [node.args.get(part) for part in ("limit", "offset")], node.args.get("order")
        if not order and not any(limit):
            return result
        scope = _Scope(outer, steps, [_Source("", "", result)], aliases=dict(result.by_name))
        by = self._ordering(order, scope, result.columns, result.whole) if order else CONSTANT
        if order and isinstance(node, (exp.Subquery, exp.SetOperation)) and any(map(_is_computed, _sort_keys(order))):
            # DuckDB sorts by what the query inside reads under these names
            lost = "How DuckDB sorts a query in parentheses by an expression is not known."
            by = replace(
                by, values=by.values | result.whole.all | self._lost(None, lost).values, unfollowed=by.unfollowed or lost
            )
        result = replace(
            result, order=result.order | by.all, unfollowed=result.unfollowed or (by.unfollowed if any(limit) else "")
        )
        if any(limit):
            limits = self._value([part for part in limit if part], scope)
            result = replace(
                result, rows=result.rows | result.order | limits.all, unfollowed=result.unfollowed or limits.unfollowed
            )
            result = result.decided_by(result.order | limits.all | result.number)
        return scope.settled(result)

    def _ordering(
        self, order: exp.Expression, scope: _Scope, selected: Sequence[tuple[str, Followed]], whole: Followed
    ) -> Followed:
        parts = []
        for key in _sort_keys(order):
            if isinstance(key, exp.Var) and key.name.upper() == "ALL":
                parts.append(whole)
            elif (place := _place(key)) is not None:  # `#1` is of the result here, as `1` is
                parts.append(_selected(place, selected, whole))
            else:
                parts.append(self._by_alias(key, scope, selected))
        return joined(parts)

    def _by_alias(self, key: exp.Expression, scope: _Scope, selected: Sequence[tuple[str, Followed]]) -> Followed:
        """A key of ORDER BY or DISTINCT ON: a name alone is an alias before it is a column, and in an expression behind it."""
        while isinstance(key, exp.Paren):
            key = key.this
        if isinstance(key, exp.Collate):
            return self._value([key], replace(scope, aliases_too=True))
        if not isinstance(key, exp.Column) or key.table or isinstance(key.this, exp.Star):
            return self._value([key], scope)
        if (alias := scope.aliases.get(folded(key.name))) is not None:
            self._name(alias)
            return alias
        same = [traced for name, traced in selected if not isinstance(name, Unnamed) and folded(name) == folded(key.name)]
        return joined([self._value([key], scope), *same])

    # FROM and its joins.

    def _add_source(self, scope: _Scope, node: exp.Expression) -> None:
        if (inner := _joined_tables(node)) is not None:
            bare = inner.copy()
            bare.set("joins", None)
            self._add_source(scope, bare)
            for join in inner.args["joins"]:
                self._join(scope, join)
            return
        source = self._read(node, scope)
        scope.loose.append(source.table)
        scope.sources.append(source)
        scope.order |= source.table.order

    def _read(self, node: exp.Expression, scope: _Scope) -> _Source:
        """A table of a FROM clause as its query reads it."""
        looked_up_before = len(scope.looked_up)
        source = self._source(node, scope)
        if node.args.get("sample"):  # which rows it chooses depends on their order
            source = replace(source, table=source.table.sampled)
        if (
            len(scope.looked_up) > looked_up_before or source.table.unfollowed
        ):  # it has rows for some of the rows of other sources
            scope.selecting |= source.table.rows
        return replace(source, table=source.table.read(scope.mark))

    def _source(self, node: exp.Expression, scope: _Scope) -> _Source:
        alias = node.args.get("alias")
        name = alias.name if isinstance(alias, exp.TableAlias) and alias.this else ""
        schema = ""
        if isinstance(node, exp.Pivot):
            table = self._pivot(node, self._source(node.this, scope).table, scope)
        elif isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            key = folded(node.name)
            is_step = key in scope.steps and (not node.db or folded(node.db) == "recurring")
            table = scope.steps[key] if is_step else self._relation(Relation(node.db, node.name))
            name, schema = name or node.name, "" if alias else node.db
        elif isinstance(node, exp.Table) and isinstance(node.this, exp.Expression):
            table = self._table_function(node.this, scope)
            name = name or node.this.sql_name().lower() if isinstance(node.this, exp.Func) else name
        elif isinstance(node, (exp.Unnest, exp.Explode)):
            table = self._table_function(node, scope)
            name = name or "unnest"
        elif isinstance(node, exp.Values):
            table = self._values(node, scope)
        elif isinstance(node, exp.Lateral):
            inner = node.this
            table = self._source(inner, scope).table if isinstance(inner, _QUERIES) else self._table_function(inner, scope)
        elif isinstance(node, (exp.Subquery, exp.Select, exp.SetOperation)):
            inner = node if not isinstance(node, exp.Subquery) else node.this
            table = self.query(inner, scope.steps, scope if scope.sources or scope.parent else scope.parent)
            if inner is not node:
                table = self._limited(node, table, scope.steps, scope)
        else:
            table = self._lost_table(scope, f"The table '{node.sql('duckdb')[:60]}' is not followed.")
        for pivot in node.args.get("pivots") or []:
            table = self._pivot(pivot, table, scope)
            inner_alias = pivot.args.get("alias")
            name = inner_alias.name if inner_alias else name
        nested = [] if isinstance(node, exp.Pivot) else node.args.get("joins") or []
        if nested:  # joins in parentheses
            inside = _Scope(scope, scope.steps, order=table.order)
            inside.sources.append(_Source(name, schema, table.read(inside.mark)))
            inside.loose.append(inside.sources[0].table)
            for join in nested:
                self._join(inside, join)
            rows, lost = self._rows_of(inside)
            columns, further, rest, placed = self._star(inside, exp.Star())
            table = Resolved(without_repeats(columns), rows, further, rest, placed, inside.order, unfollowed=lost)
            table = inside.settled(table)
        return _Source(name, schema, self._renamed(table, alias) if isinstance(alias, exp.TableAlias) else table)

    def _renamed(self, table: Resolved, alias: exp.Expression | None) -> Resolved:
        """A table under the column names of its alias, as in `t(a, b)`."""
        names = [column.name for column in alias.args.get("columns") or []] if alias else []
        if not names:
            return table
        if table.closed and len(names) <= len(table.columns):
            kept = [*names, *(name for name, _ in table.columns[len(names) :])]
            unique = None
            return replace(
                table, columns=tuple((name, traced) for name, (_, traced) in zip(kept, table.columns)), unique=unique
            )
        whole = table.whole
        single = len(names) == 1 and not table.columns  # a function that returns one column
        if not single and not whole.unfollowed:
            whole = replace(whole, unfollowed="The columns of an alias are not known by their places.")
        return replace(table, columns=tuple((name, whole) for name in names), further=table.further, rest=whole, unique=None)

    def _table_function(self, node: exp.Expression, scope: _Scope) -> Resolved:
        if isinstance(node, (exp.Unnest, exp.Explode, exp.GenerateSeries)):
            parts = self._value(list(_children(node)), scope)
            name = "unnest"
            if isinstance(node, exp.GenerateSeries):
                name = "range" if node.args.get("is_end_exclusive") else "generate_series"
            generated = parts.made_up or not parts.values or _lists(node)
            columns = [(name, replace(parts, made_up=generated, pending=generated))]
            if (offset := node.args.get("offset")) and isinstance(node, exp.Unnest):
                columns.append((offset.name if isinstance(offset, exp.Identifier) else "ordinality", _MADE_UP))
            return Resolved(tuple(columns), parts.all, unfollowed=parts.unfollowed, generated=generated)
        return self._lost_table(scope, f"The table function '{node.sql('duckdb')[:60]}' is not followed.")

    def _values(self, node: exp.Values, scope: _Scope) -> Resolved:
        rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in node.expressions]
        columns = [joined(self._value([cell], scope) for cell in cells) for cells in zip(*rows)]
        columns = [replace(traced, made_up=True, pending=True) for traced in columns]
        generated = len(rows) > 1 and any(traced.made_up for traced in columns)
        return Resolved(tuple((f"col{place}", traced) for place, traced in enumerate(columns)), generated=generated)

    def _pivot(self, node: exp.Pivot, table: Resolved, scope: _Scope) -> Resolved:
        inner = _Scope(scope.parent, scope.steps, order=table.order)
        table = table.read(inner.mark)
        inner.sources.append(_Source("", "", table))
        if node.args.get("unpivot"):
            return self._renamed(self._unpivoted(node, table, inner), node.args.get("alias"))
        simple = not node.args.get("fields")
        using = (node.args.get("using") or []) if simple else node.expressions
        by = node.expressions if simple else list(node.args["fields"])
        pivoted = self._value([*by, *using], inner)
        group = node.args.get("group")
        if group and all(isinstance(key, exp.Column) for key in group.expressions):
            kept = tuple((key.name, self._value([key], inner)) for key in group.expressions)
            others: Lookup | None = None
        else:
            used = {folded(column.name) for part in (*by, *using) for column in part.find_all(exp.Column)}
            table = table.naming(used)
            kept = tuple((name, traced) for name, traced in table.columns if folded(name) not in used)
            others = table.further
        keys = joined(traced for _, traced in kept)
        if others:
            keys = joined([keys, table.rest])

        def further(name: str) -> Followed:
            other = others(name) if others else None
            return joined([pivoted, other]) if other else pivoted

        rest = joined([pivoted, table.rest]) if others else pivoted
        rows = table.rows | keys.all | self._value(list(by), inner).all
        lost = table.unfollowed or pivoted.unfollowed
        result = Resolved(kept, rows, further, rest, order=table.order, unfollowed=lost)
        result = inner.settled(result, gathering=rows - table.rows)
        return self._renamed(result, node.args.get("alias"))

    def _unpivoted(self, node: exp.Pivot, table: Resolved, inner: _Scope) -> Resolved:
        into, fields = node.args.get("into"), node.args.get("fields") or []
        if fields:
            names = [field.this for field in fields]
            lists = [part for field in fields for part in field.expressions]
            outputs = node.expressions
        else:
            names = [into.this] if into else [exp.to_identifier("name")]
            lists = node.expressions
            outputs = into.expressions if into else [exp.to_identifier("value")]
        stars = [part for part in lists if part.find(exp.Star, exp.Columns)]
        spelled = {folded(column.name) for part in lists if part not in stars for column in part.find_all(exp.Column)}
        table = table.naming(spelled)
        expanded = [self._projection(part, inner) for part in stars]
        by_star = any(further or not placed for _, further, _, placed in expanded)
        if not by_star:
            spelled |= {folded(name) for columns, _, _, _ in expanded for name, _ in columns}
        unpivoted = self._value(lists, inner)
        kept = tuple((name, traced) for name, traced in table.columns if by_star or folded(name) not in spelled)
        values = [part for output in outputs for part in (output.expressions if isinstance(output, exp.Tuple) else [output])]
        columns = (
            *kept,
            *((name.name, _MADE_UP.decided_by(unpivoted.values)) for name in names),  # a name without a value gets no row
            *((value.name, unpivoted) for value in values),
        )
        result = Resolved(
            columns, table.rows | unpivoted.all, table.further, joined([table.rest, unpivoted]), not by_star, table.order,
            unfollowed=table.unfollowed or unpivoted.unfollowed,
        )  # fmt: skip
        return inner.settled(result, selecting=unpivoted.all)

    def _join(self, scope: _Scope, join: exp.Join) -> None:
        kind, method, side = (str(join.args.get(part) or "").upper() for part in ("kind", "method", "side"))
        before = list(scope.sources)
        if _joined_tables(join.this) is not None:  # their names are visible outside of the parentheses
            self._add_source(scope, join.this)
            before, right = scope.sources[:-1], scope.sources.pop()
        else:
            right = self._read(join.this, scope)
        using = [key.name for key in join.args.get("using") or []]
        right = replace(right, table=right.table.naming(using))
        before = [replace(one, table=one.table.naming(using)) for one in before]
        if side in ("LEFT", "FULL"):  # where it has no row, its values are missing
            right = replace(right, table=right.table.decided_by(right.table.number))
        if side in ("RIGHT", "FULL"):
            before = scope.sources = [replace(one, table=one.table.decided_by(one.table.number)) for one in before]
        if method == "NATURAL":
            if not all(one.table.closed for one in (*before, right)):
                lost = joined([*(one.table.everything() for one in before), right.table.everything()])
                reason = "The columns of a natural join are not known."
                right = replace(right, table=replace(right.table, unfollowed=reason, rows=right.table.rows | lost.all))
            using = [name for name, _ in right.table.columns if any(one.table.column(name) for one in before)]
        keys = {}
        for name in using:
            sides = [column for one in (*before, right) if (column := one.table.column(name)) is not None]
            keys[folded(name)] = (name, replace(joined(sides), kind=_same_kind(sides)))
            list(map(self._name, sides))
        whole = replace(scope, sources=[*before, right], aliases={}, windows={}, order=NO_ORIGINS)
        on = join.args.get("on")
        condition = joined([*(traced for _, traced in keys.values()), self._value([on], whole) if on else CONSTANT])
        keeps = side == "LEFT" and (method == "ASOF" or _finds_one_row(right, on, using, whole, keys))
        hidden = kind in ("SEMI", "ANTI") or side in ("SEMI", "ANTI")
        if keeps:
            table = replace(right.table.selected_by(right.table.rows | condition.all), rows=NO_ORIGINS)
            if condition.unfollowed or right.table.unfollowed:
                table = replace(table, unfollowed=condition.unfollowed or right.table.unfollowed)
        else:
            lost = right.table.unfollowed or condition.unfollowed
            table = replace(right.table, rows=right.table.rows | condition.all, unfollowed=lost)
            if method == "POSITIONAL" or kind == "POSITIONAL":  # the order and the rows of both sides decide which rows meet
                table = replace(table, rows=table.rows | scope.order | right.table.order)
                scope.selecting |= table.rows.union(*(one.table.rows for one in before))
            scope.selecting |= table.rows - right.table.rows
        scope.selecting |= condition.all
        tied = {origin for origin in condition.all if origin.relation != _MARKED}
        scope.loose[:] = [one for one in (*scope.loose, right.table) if tied.isdisjoint(one.whole.values)]
        if not hidden:
            if keeps:
                keys = {key: (name, traced.with_rows(condition.all)) for key, (name, traced) in keys.items()}
            scope.merged |= keys
        scope.sources.append(replace(right, table=table, hidden=hidden))
        scope.order |= right.table.order
        if method == "ASOF":  # it sorts the rows; where nothing sorts them, their order is DuckDB's own
            scope.order |= condition.all

    def _rows_of(self, scope: _Scope) -> tuple[frozenset[Origin], str]:
        rows = NO_ORIGINS.union(*(source.table.rows for source in scope.sources))
        return rows, next((source.table.unfollowed for source in scope.sources if source.table.unfollowed), "")

    # SELECT.

    def _select(self, node: exp.Select, steps: Steps, outer: _Scope | None) -> Resolved:
        scope = _Scope(outer, steps)
        if (clause := node.args.get("from_")) is not None:
            self._add_source(scope, clause.this)
        for join in (*(node.args.get("laterals") or []), *(node.args.get("joins") or [])):
            if isinstance(join, exp.Join):
                self._join(scope, join)
            else:
                self._add_source(scope, join)
        scope.windows = {folded(window.name): window for window in node.args.get("windows") or []}
        columns, further, rest, placed = self._projections(node, scope)
        whole = joined([*(column for _, column in columns), rest])
        at_places = columns if placed else []
        rows, lost = self._rows_of(scope)
        makers = [part for part in node.selects if _makes_rows(part)]
        row_makers = [self._value([part], scope) for part in makers]
        generated = any(part.made_up or not part.values for part in row_makers) or any(map(_lists, makers))
        grouped = replace(scope, aliases_too=True)
        selecting = [(node.args.get("where"), scope), (node.args.get("having"), grouped), (node.args.get("qualify"), grouped)]
        conditions = [self._value([part], at) for part, at in selecting if part]
        choosing = [*conditions]
        kept = conditions[1:] if node.args.get("where") else [*conditions]
        gathering: list[Followed] = []
        group, distinct, order = (node.args.get(part) for part in ("group", "distinct", "order"))
        conditions += row_makers
        if group:
            gathering += self._grouping(node, group, scope, at_places, whole)
        if distinct:
            on = distinct.args.get("on")
            gathering.append(self._ordering(on, scope, at_places, whole) if on else whole)
        conditions += gathering
        limits = [node.args.get(part) for part in ("limit", "offset")]
        by = CONSTANT
        if order:
            by = self._ordering(order, scope, at_places, whole)
            scope.order |= by.all
        if any(limits) or node.args.get("sample") or (distinct and distinct.args.get("on")):
            chosen = [by, Followed(rows=scope.order), self._value([part for part in limits if part], scope)]
            conditions += chosen
            kept += chosen
        if kept:  # how many rows there are of a made-up value decides which of them are kept
            kept += [*gathering, *row_makers, Followed(rows=scope.number())]
            choosing += kept
        condition = joined(conditions)
        windows = [part for value in node.selects for window in _own(value, exp.Window) for part in _sorting(window)]
        windows += [part for window in scope.windows.values() for part in _sorting(window)]
        scope.order |= self._value(windows, scope).all  # a window leaves its rows sorted, where nothing else sorts them
        result = Resolved(
            without_repeats(columns), rows | condition.all, further, rest, placed, scope.order,
            _unique_names(node, scope), lost or condition.unfollowed, generated=generated,
        )  # fmt: skip
        return scope.settled(result, joined(choosing).all, joined(gathering).all, joined(kept).all)

    def _grouping(
        self, node: exp.Select, group: exp.Group, scope: _Scope, columns: Sequence[tuple[str, Followed]], whole: Followed
    ) -> list[Followed]:
        if group.args.get("all"):  # the keys are the columns without an aggregate of this query; a subquery has its own
            keys = (part for part in node.selects if not _own(part, exp.AggFunc) or _own(part, exp.Window))
            return [self._value([part], scope) for part in keys]
        keys = [*_group_keys(part for key, part in _parts(group) if key != "all")]
        parts = [
            key for key in keys if _place(key) is None or key.find(exp.PositionalColumn)
        ]  # `#1` is of the FROM clause here
        places = [_place(key) for key in keys if key not in parts]
        return [*(_selected(place, columns, whole) for place in places if place), self._value(parts, scope)]

    def _projections(self, node: exp.Select, scope: _Scope) -> _Star:
        columns: list[tuple[str, Followed]] = []
        lookups: list[Lookup] = []
        rests: list[Followed] = []
        all_placed = True
        for part in node.expressions:
            listed, further, rest, placed = self._projection(part, scope)
            columns += listed
            all_placed = all_placed and placed and (further is None or part is node.expressions[-1])
            if further:
                lookups.append(further)
            rests.append(rest)
            if isinstance(part, exp.Alias):
                key, last = folded(part.alias), listed[0][1] if listed else rest
                scope.aliases[key] = joined_or_same([scope.aliases[key], last] if key in scope.aliases else [last])
        return columns, _any_of(lookups), joined(rests), all_placed

    def _projection(self, part: exp.Expression, scope: _Scope) -> _Star:
        """The columns of one expression of a SELECT; a lookup and what it may find, where their names are not known."""
        value = part.this if isinstance(part, exp.Alias) else part
        if isinstance(value, exp.Star):
            return self._star(scope, value)
        if isinstance(value, exp.Column) and isinstance(value.this, exp.Star):
            return self._qualified_star(value, scope)
        if isinstance(value, exp.Columns) and not isinstance(part, exp.Alias) and not value.args.get("unpack"):
            return self._matching(value, scope)
        if stars := _top_stars(value):
            each = self._each(value, stars, scope)
            return _under_alias(part.alias, stars[0], each) if isinstance(part, exp.Alias) else each
        traced = self._value([value], scope)
        if _makes_rows(value) and _lists(value):
            traced = replace(traced, made_up=True, pending=True)
        traced = replace(_as_column(traced), kind=_kind(value, scope))
        if traced.pending and (_makes_rows(value) or _own(value, exp.Window)):  # made here, so that this query may choose of it
            traced = replace(traced, values=traced.values | {scope.choosing})
        if isinstance(part, exp.Aliases):
            return [(name.name, traced) for name in part.args["expressions"]], None, CONSTANT, True
        method = value.expression if isinstance(value, exp.Dot) else None
        if isinstance(method, exp.Explode) or (isinstance(method, exp.Anonymous) and folded(method.name) == "unnest"):
            value = exp.Explode(this=value.this, expressions=[method.this] if isinstance(method.this, exp.Expression) else [])
        if isinstance(value, exp.Explode) and not (isinstance(part, exp.Alias) and _is_list(value)):
            known = [(part.alias, traced)] if isinstance(part, exp.Alias) else []
            return known, lambda name: traced, traced, False  # a struct becomes a column for each field, whatever its alias
        if isinstance(value, exp.PositionalColumn) and not isinstance(part, exp.Alias):
            place = _at_place(scope, value)
            return ([(place[0], traced)], None, CONSTANT, True) if place else ([], lambda name: traced, traced, False)
        name = part.alias if isinstance(part, exp.Alias) else result_name(value)
        return [(name, traced)], None, CONSTANT, True

    def _star(self, scope: _Scope, star: exp.Star) -> _Star:
        columns: list[tuple[str, Followed]] = []
        owners: list[str | None] = []
        merged: set[str] = set()
        visible = [source for source in scope.sources if not source.hidden]
        for source in visible:
            for name, traced in source.table.columns:
                if folded(name) not in scope.merged:
                    columns.append((name, traced))
                    owners.append(folded(source.alias))
                elif folded(name) not in merged:
                    merged.add(folded(name))
                    columns.append((scope.merged[folded(name)][0], scope.merged[folded(name)][1]))
                    owners.append(None)
        lookups = [source.table.further for source in visible if source.table.further]
        further = _any_of(lookups)
        if further and scope.merged:
            keys, others = scope.merged, further
            further = lambda name: keys[folded(name)][1] if folded(name) in keys else others(name)  # noqa: E731
        rest = joined([*(source.table.rest for source in visible), *(traced for _, traced in scope.merged.values() if lookups)])
        placed = all(source.table.placed and not (source.table.further and len(visible) > 1) for source in visible)
        return self._changed(star, scope, (columns, further, rest, placed), owners)

    def _changed(self, star: exp.Expression, scope: _Scope, whole: _Star, owners: Sequence[str | None]) -> _Star:
        """The columns of a star with its EXCLUDE, REPLACE and RENAME.

        Args:
            star: the star.
            scope: what the names in it refer to.
            whole: the columns without these clauses.
            owners: for each column, the folded alias of its table; None for a column of USING, which several tables have.
        """
        columns, further, rest, placed = whole
        gone = {_table_and_name(part) for part in star.args.get("except_") or []}
        new = {folded(part.alias): self._value([part.this], scope) for part in star.args.get("replace") or []}
        renamed = {_table_and_name(part.this): part.alias for part in star.args.get("rename") or []}
        if (like := star.args.get("ilike")) is not None:
            return self._each(exp.ILike(this=exp.Star(), expression=like), [exp.Star()], scope)
        if not gone and not new and not renamed:
            return whole
        spelled = {name for _, name in (*gone, *renamed)} | {*new}
        columns = list(Resolved(tuple(columns)).naming(spelled).columns)
        if spelled - {folded(name) for name, _ in columns} and any(isinstance(name, Unnamed) for name, _ in columns):
            placed = False
        changed = []
        replaced: set[str] = set()
        for (name, traced), owner in zip(columns, owners):
            key = folded(name)
            if owner is None and any(table and key == one for table, one in (*gone, *renamed)):
                placed = False  # what remains of it is the column of another table, at its own place
            if ("", key) in gone or (owner, key) in gone or key in replaced:
                continue
            if key in new:  # the first column of the name is replaced, and there is no second
                replaced.add(key)
            changed.append((renamed.get(("", key), renamed.get((owner or "", key), name)), new.get(key, traced)))
        if further:
            old = {folded(name): before for (_, before), name in renamed.items()}
            others = further

            def further(name: str) -> Followed | None:
                key = old.get(folded(name), folded(name))
                if ("", key) in gone or (("", key) in renamed and key == folded(name)):
                    return None
                return new[key] if key in new else others(old.get(folded(name), name))

            rest = joined([rest, *new.values()])
        return changed, further, rest, placed

    def _qualified_star(self, column: exp.Column, scope: _Scope) -> _Star:
        for source in scope.sources:
            if folded(source.alias) == folded(column.table) and (not column.db or folded(column.db) == folded(source.schema)):
                table = source.table
                whole = (list(table.columns), table.further, table.rest, table.placed)
                return self._changed(column.this, scope, whole, [folded(source.alias)] * len(table.columns))
        fields = scope.column([part.name for part in column.parts[:-1]])
        if fields is None:
            fields = self._lost(scope, f"The star '{column.sql('duckdb')[:60]}' is not followed.")
        else:
            self._name(fields)
        return [], lambda name: fields, fields, False

    def _matching(self, node: exp.Columns, scope: _Scope) -> _Star:
        """The columns of COLUMNS(…). One that is chosen by a lambda may be any, under its own name."""
        chosen = node.this
        if isinstance(chosen, exp.Star):
            return self._star(scope, chosen)
        if isinstance(chosen, exp.Column) and isinstance(chosen.this, exp.Star):
            return self._qualified_star(chosen, scope)
        columns, further, rest, _ = self._star(scope, exp.Star())
        if isinstance(chosen, exp.Array) and all(isinstance(one, exp.Literal) for one in chosen.expressions):
            table = Resolved(tuple(columns), further=further)
            listed = [(one.name, table.column(one.name)) for one in chosen.expressions]
            spelled = {folded(name): name for name, _ in columns}
            return [(spelled.get(folded(name), name), traced or rest) for name, traced in listed], None, CONSTANT, True
        if (pattern := _pattern(chosen)) is not None:
            known = [(name, traced) for name, traced in columns if isinstance(name, Unnamed) or pattern.search(name)]
            placed = not any(isinstance(name, Unnamed) for name, _ in known)
            others = further
            return known, others and (lambda name: others(name) if pattern.search(name) else None), rest, placed
        lookup = Resolved(tuple(columns), further=further).column
        return [], lookup, joined([*(traced for _, traced in columns), rest]), False

    def _each(self, value: exp.Expression, stars: Sequence[exp.Expression], scope: _Scope) -> _Star:
        """An expression around stars, such as `max(columns(*))`: one column for each of theirs, made of it and the rest."""
        inside = {id(star) for star in stars}
        beside = self._value([value], scope, inside)
        expanded = [self._projection(star, scope) for star in stars]
        whole = joined(
            [beside, *(traced for columns, _, _, _ in expanded for _, traced in columns), *(r for _, _, r, _ in expanded)]
        )
        if len(stars) > 1:
            names = [(name, whole) for columns, _, _, _ in expanded for name, _ in columns]
            return names, lambda name: whole, whole, False
        columns, further, rest, placed = expanded[0]
        with_further = further and (lambda name: joined([beside, column]) if (column := further(name)) else None)
        each = [(name, joined([beside, traced])) for name, traced in columns]
        if further is None and not any(isinstance(name, Unnamed) for name, _ in columns) and (keeps := _filter(value)):
            return [(name, traced) for name, traced in columns if keeps(name)], None, CONSTANT, placed
        is_filter = isinstance(value, (exp.Like, exp.ILike, exp.Glob, exp.Not, exp.SimilarTo, exp.RegexpLike, exp.Escape))
        return each, with_further, joined([beside, rest]) if further else CONSTANT, placed and not is_filter

    # Expressions.

    def _name(self, traced: Followed) -> None:
        if not traced.unfollowed:
            self.named |= {origin for origin in traced.values if origin.relation != _MARKED}

    def _value(self, nodes: Iterable[exp.Expression], scope: _Scope, skipped: frozenset | set = frozenset()) -> Followed:
        """What expressions are made of, together. `skipped` are the ids of parts that do not count."""
        values: set[Origin] = set()
        rows: set[Origin] = set()
        in_order: set[Origin] = set()
        gathered: set[Origin] = set()
        unfollowed, made_up, pending, counted = "", False, False, False
        ahead: list[tuple[exp.Expression, _Scope]] = [(node, scope) for node in nodes]
        while ahead:
            node, at = ahead.pop()
            if id(node) in skipped:
                continue
            origins: Followed | None = None
            if isinstance(node, exp.Column):
                origins = self._column(node, at)
            elif isinstance(node, exp.Identifier):
                origins = self._looked_up([node.name], at, node)
            elif isinstance(node, exp.Star):
                origins = _together(self._star(at, node))
            elif isinstance(node, exp.Columns):
                origins = _together(self._matching(node, at))
            elif isinstance(node, exp.Exists):
                table = self.query(node.this, at.steps, at)
                origins = Followed(table.rows, unfollowed=table.unfollowed)
            elif isinstance(node, (exp.Select, exp.SetOperation, exp.Subquery, exp.Values, exp.Table, exp.Pivot)):
                table = self.query(node, at.steps, at)
                origins = replace(table.everything(), unfollowed=table.whole.unfollowed or table.unfollowed)
                origins = replace(origins, values=origins.values | origins.rows, rows=origins.rows | table.order)
            elif isinstance(node, exp.Dot):
                ahead += self._chain(node, at)
            elif isinstance(node, (exp.Count, exp.CountIf)) and isinstance(node.this, exp.Star):
                origins = Followed(at.counted(), at.order, counted=True)
            elif isinstance(node, exp.Lambda) and not is_lambda(node):
                ahead += [(part, at) for part in (node.this, *node.expressions)]
            elif isinstance(node, exp.Lambda):
                names = frozenset(folded(part.name) for part in node.expressions)
                ahead.append((node.this, replace(at, parameters=at.parameters | names)))
            elif isinstance(node, exp.Comprehension):
                named = [part for part in (node.args["expression"], node.args.get("position")) if part]
                names = frozenset(folded(one.name) for part in named for one in part.find_all(exp.Identifier))
                inner = replace(at, parameters=at.parameters | names)
                ahead.append((node.args["iterator"], at))
                ahead += [(part, inner) for part in (node.this, node.args.get("condition")) if part]
            elif isinstance(node, exp.Window):
                window = at.windows
                for reference in (node.args.get("alias"), node.this):
                    if isinstance(reference, exp.Identifier):
                        if folded(reference.name) in window:
                            others = {name: part for name, part in window.items() if name != folded(reference.name)}
                            ahead.append((window[folded(reference.name)], replace(at, windows=others)))
                        elif reference is not node.this:
                            origins = self._lost(at, f"The window '{reference.name}' is not known.")
                ahead += [(part, at) for key, part in _parts(node) if not isinstance(part, exp.Identifier)]
                in_order |= at.order
                gathered |= {*at.gathered()}
                values |= at.counted()
            elif is_array(node):
                ahead += [(part, at) for part in node.expressions]
            elif isinstance(node, exp.PropertyEQ):
                ahead.append((node.expression, at))
                if not isinstance(node.this, exp.Identifier) or isinstance(node.parent.parent, exp.ToMap):
                    ahead.append((node.this, at))  # the key of a map, where that of a struct is a name
            elif isinstance(node, exp.PositionalColumn) and (place := _at_place(at, node)):
                origins = place[1]
                self._name(origins)
            elif isinstance(node, exp.PositionalColumn) or not isinstance(node, _FOLLOWED):
                origins = self._lost(at, f"'{node.sql('duckdb')[:60]}' is not followed.")
            elif isinstance(node, (exp.Anonymous, exp.AnonymousAggFunc)) and folded(node.name) not in built_in_functions():
                origins = self._lost(at, f"The function '{node.name}' is not one of DuckDB's.")
            else:
                if isinstance(node, exp.DataType):  # `list[1]`: what is left of the name of a column is a type
                    origins = self._lost(at, f"'{node.sql('duckdb')[:60]}' is not followed.")
                elif words := names_of_word(node):
                    origins = joined_known(at.column([word]) for word in words)
                if isinstance(node, _ORDERED_AGGREGATES):
                    in_order |= at.order
                    gathered |= {*at.gathered()}
                if isinstance(node, (exp.AggFunc, exp.AnonymousAggFunc)):
                    values |= at.counted()
                    counted = counted or isinstance(node, (exp.Count, exp.CountIf))
                ahead += [(part, at) for key, part in _parts(node) if not _names_only(node, key)]
            if origins is not None:
                values |= origins.values
                rows |= origins.rows
                unfollowed = unfollowed or origins.unfollowed
                made_up, pending = made_up or origins.made_up, pending or origins.pending
                counted = counted or origins.counted
        if made_up:  # which of the made-up values it takes is a matter of their order and groups
            values |= in_order | gathered
        return Followed(frozenset(values), frozenset(rows | in_order), unfollowed, "", made_up, pending, counted)

    def _column(self, node: exp.Column, scope: _Scope) -> Followed:
        if isinstance(node.this, exp.Star):
            return _together(self._qualified_star(node, scope))
        return self._looked_up([part.name for part in node.parts], scope, node)

    def _looked_up(self, names: Sequence[str], scope: _Scope, node: exp.Expression) -> Followed:
        column = scope.column(names)
        if column is None:
            return self._lost(scope, f"The name '{node.sql('duckdb')[:60]}' is not known.")
        self._name(column)
        return column

    def _chain(self, node: exp.Dot, scope: _Scope) -> list[tuple[exp.Expression, _Scope]]:
        """The parts of `a.b.f(x)`: the name in front, and the arguments of the functions behind it."""
        behind: list[exp.Expression] = []
        head: exp.Expression = node
        while isinstance(head, exp.Dot):
            behind.append(head.expression)
            head = head.this
        ahead: list[tuple[exp.Expression, _Scope]] = []
        if isinstance(head, exp.Identifier):
            names = [head]
            while behind and isinstance(behind[-1], exp.Identifier):
                names.append(behind.pop())
            ahead.append((exp.Column(**dict(zip(("this", "table", "db", "catalog"), reversed(names[:4])))), scope))
        else:
            ahead.append((head, scope))
        return ahead + [(part, scope) for part in behind if not isinstance(part, exp.Identifier)]


def _lists(maker: exp.Expression) -> bool:
    """Whether what makes rows counts numbers, or has a list with a constant in it, whatever else is in it."""

    def is_written(part: exp.Expression) -> bool:
        parts = [part.this, part.expression] if isinstance(part, exp.DPipe) else part.expressions
        is_made = isinstance(part, (exp.Array, exp.DPipe, exp.Concat)) or is_array(part)
        return is_made and not all(one.find(exp.Column) for one in parts)

    return any(
        isinstance(part, exp.GenerateSeries)
        or (isinstance(part, exp.Anonymous) and folded(part.name) in ("range", "generate_series"))
        or is_written(part)
        for part in maker.walk()
    )


def _as_column(traced: Followed) -> Followed:
    """A value as a column of a query: one that is made of no column and of no number of rows is made up there."""
    is_made = traced.counted or traced.made_up or any(origin.relation != _MARKED for origin in traced.values)
    return traced if is_made else replace(traced, made_up=True, pending=True)


def _together(star: _Star) -> Followed:
    """What a star is made of, as `_star` returns it: all of its columns, those that are not known included."""
    columns, _, rest, _ = star
    return joined([*(traced for _, traced in columns), rest])


def _joined_tables(node: exp.Expression) -> exp.Table | None:
    """The first table of joins in parentheses without an alias; None for any other table."""
    inner = node.this if isinstance(node, exp.Subquery) and not node.args.get("alias") else node
    return inner if isinstance(inner, exp.Table) and inner.args.get("joins") else None


def _children(node: exp.Expression) -> Iterable[exp.Expression]:
    return (part for _, part in _parts(node) if not isinstance(part, (exp.TableAlias, exp.Identifier)))


def _names_only(node: exp.Expression, key: str) -> bool:
    """Whether the part is a name that the query gives, or the type of a cast. `translate` has an argument under `to`, too."""
    return key == "alias" or (key == "to" and isinstance(node, exp.Cast))


def _parts(node: exp.Expression) -> Iterable[tuple[str, exp.Expression]]:
    for key, part in node.args.items():
        for one in part if isinstance(part, list) else [part]:
            if isinstance(one, exp.Expression):
                yield key, one


def _any_of(lookups: Sequence[Lookup]) -> Lookup | None:
    def lookup_in_any(name: str) -> Followed | None:
        parts = [part for lookup in lookups if (part := lookup(name)) is not None]
        return joined(parts) if parts else None

    return lookup_in_any if len(lookups) > 1 else next(iter(lookups), None)


def _table_and_name(node: exp.Expression) -> tuple[str, str]:
    return folded(node.table) if isinstance(node, exp.Column) else "", folded(_last_name(node))


def _last_name(node: exp.Expression) -> str:
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
        return node.expression.name
    return node.name if isinstance(node, (exp.Column, exp.Identifier, exp.Literal)) else node.sql("duckdb")


def _pattern(chosen: exp.Expression | None) -> re.Pattern[str] | None:
    """The expression that the columns of COLUMNS('…') match, unless only DuckDB understands it."""
    if isinstance(chosen, exp.Literal) and chosen.is_string:
        try:
            return re.compile(chosen.name)
        except re.error:
            pass
    return None


def _filter(value: exp.Expression) -> Callable[[str], bool] | None:
    """Which names `* LIKE 'a%'` keeps; None for another condition on names."""
    if not isinstance(value, (exp.Like, exp.ILike)) or not isinstance(value.expression, exp.Literal):
        return None
    signs = {"%": ".*", "_": "."}
    pattern = "".join(signs.get(sign, re.escape(sign)) for sign in value.expression.name)
    flags = re.DOTALL | (re.IGNORECASE if isinstance(value, exp.ILike) else 0)
    return lambda name: (re.fullmatch(pattern, name, flags) is None) == bool(value.args.get("negate"))


def _under_alias(alias: str, star: exp.Expression, expanded: _Star) -> _Star:
    """The columns of a star with an alias, which may refer to groups of its expression, as in `\\1`."""
    columns, further, rest, placed = expanded
    pattern = _pattern(star.this) if isinstance(star, exp.Columns) else None
    if "\\" not in alias and not further:
        return [(alias, traced) for _, traced in columns], None, rest, placed
    if further or not pattern or any(isinstance(name, Unnamed) for name, _ in columns):
        whole = joined([*(traced for _, traced in columns), rest])
        return [], lambda name: whole, whole, False

    def renamed(name: str) -> str:
        match = pattern.search(name)
        groups = ["", *([match[0], *match.groups("")] if match else [])]
        return re.sub(r"\\([0-9])", lambda group: [*groups[1:], *[""] * 10][int(group[1])], alias)

    return [(renamed(name), traced) for name, traced in columns], None, rest, placed


_LISTS = (
    exp.Array, exp.Comprehension, exp.Split, exp.GenerateSeries, exp.ArrayAgg, exp.ArrayConcat, exp.ArrayFilter, exp.Transform,
    exp.ArraySort, exp.ArrayDistinct, exp.MapKeys,
)  # fmt: skip
"""What is a list, and no struct."""


def _is_list(maker: exp.Explode) -> bool:
    """Whether UNNEST makes one column of its argument. It makes one of each field of a struct."""
    value = maker.this
    while isinstance(value, exp.Paren):
        value = value.this
    if maker.args.get("expressions"):
        return False
    name = folded(value.name) if isinstance(value, exp.Anonymous) else ""
    is_slice = isinstance(value, exp.Bracket) and any(isinstance(part, exp.Slice) for part in value.expressions)
    return isinstance(value, _LISTS) or name.startswith(("list_", "array_", "str_split", "regexp_split")) or is_slice


def _place(key: exp.Expression) -> int | None:
    """The number that is the key of an ORDER BY or GROUP BY, as DuckDB counts the columns of the result, from 1; else None."""
    sign = 1
    while isinstance(key, (exp.Paren, exp.Collate, exp.Neg)):
        sign = -sign if isinstance(key, exp.Neg) else sign
        key = key.this
    is_place = isinstance(key, exp.PositionalColumn) or (isinstance(key, exp.Literal) and key.is_int)
    return sign * int(key.name) if is_place else None


def _selected(place: int, selected: Sequence[tuple[str, Followed]], whole: Followed) -> Followed:
    return selected[place - 1][1] if 0 < place <= len(selected) else whole


def _group_keys(parts: Iterable[exp.Expression]) -> Iterator[exp.Expression]:
    """The keys in a GROUP BY, each of which may be a place: those in parentheses, ROLLUP, CUBE and GROUPING SETS, too."""
    ahead = [*parts]
    while ahead:
        part = ahead.pop()
        is_row = isinstance(part, exp.Anonymous) and folded(part.name) == "row"
        if is_row or isinstance(part, (exp.Paren, exp.Tuple, exp.Rollup, exp.Cube, exp.GroupingSets)):
            ahead += (inner for _, inner in _parts(part))
        else:
            yield part


def _own(value: exp.Expression, kind: type[exp.Expression]) -> list[exp.Expression]:
    """The parts of an expression that are of a kind. Those of a subquery in it belong to that one."""
    return [part for part in value.walk(prune=lambda part: isinstance(part, _QUERIES)) if isinstance(part, kind)]


def _at_place(scope: _Scope, node: exp.PositionalColumn) -> tuple[str, Followed] | None:
    """The column of the FROM clause that `#1` refers to; None if the places of its columns are not known."""
    place = int(node.name) - 1
    for source in scope.sources:
        if not source.hidden:
            columns = source.table.columns
            if source.table.placed and place < len(columns):
                return columns[place]
            if not source.table.closed:
                return None
            place -= len(columns)
    return None


def _makes_rows(part: exp.Expression) -> bool:
    makers = part.find_all(exp.Explode, exp.ExplodeOuter, exp.Unnest, exp.Anonymous)
    return any(not isinstance(maker, exp.Anonymous) or folded(maker.name) in _ROW_MAKERS | {"unnest"} for maker in makers)


def _top_stars(value: exp.Expression) -> list[exp.Expression]:
    """The stars in an expression that make it one column for each of theirs. A subquery has its own."""
    stars: list[exp.Expression] = []
    ahead = [value]
    while ahead:
        node = ahead.pop()
        if isinstance(node, exp.Columns):
            if not node.args.get("unpack"):
                stars.append(node)
        elif isinstance(node, exp.Star) or (isinstance(node, exp.Column) and isinstance(node.this, exp.Star)):
            if isinstance(node.parent, (exp.Like, exp.ILike, exp.Glob, exp.SimilarTo, exp.RegexpLike)):
                stars.append(node)
        elif not isinstance(node, (exp.Select, exp.SetOperation, exp.Subquery)):
            ahead += [part for _, part in _parts(node)]
    return stars


def _sorting(window: exp.Expression) -> list[exp.Expression]:
    return [part for key, part in _parts(window) if key in ("partition_by", "order")]


def _conjuncts(on: exp.Expression | None) -> list[exp.Expression]:
    if isinstance(on, exp.Paren):
        return _conjuncts(on.this)
    if isinstance(on, exp.And):
        return [*_conjuncts(on.this), *_conjuncts(on.expression)]
    return [on] if on else []


def _finds_one_row(
    right: _Source, on: exp.Expression | None, using: Sequence[str], scope: _Scope, merged: Mapping[str, tuple[str, Followed]]
) -> bool:
    """Whether a join condition equates all names that together differ from row to row of the right side.

    Values that differ can be equal after a cast, as '1' and '01' are as numbers: both sides must be of one type.
    """
    if right.table.unique is None:
        return False
    alias = folded(right.alias)
    equated = {folded(name) for name in using if merged[folded(name)][1].kind}

    def own(node: exp.Expression) -> bool:
        return any(not column.table or folded(column.table) == alias for column in node.find_all(exp.Column))

    for equation in _conjuncts(on):
        if isinstance(equation, (exp.EQ, exp.NullSafeEQ)):
            for one, other in ((equation.this, equation.expression), (equation.expression, equation.this)):
                if isinstance(one, exp.Column) and folded(one.table) == alias and not own(other):
                    key = right.table.column(one.name)
                    if key is not None and key.kind and key.kind == _kind(other, scope):
                        equated.add(folded(one.name))
    return right.table.unique <= equated


def _kind(node: exp.Expression, scope: _Scope) -> str:
    """The type of an expression; empty if it is not known."""
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.Column) and not isinstance(node.this, exp.Star):
        column = scope.column([part.name for part in node.parts])
        return column.kind if column else ""
    if isinstance(node, exp.Cast) and isinstance(node.to, exp.DataType):
        kind = comparable_type(node.to.sql("duckdb"))
        # A text keeps its collation through a cast to a text.
        return kind if kind != comparable_type("VARCHAR") or _kind(node.this, scope) else ""
    return ""


def _same_kind(sides: Sequence[Followed]) -> str:
    kinds = {side.kind for side in sides}
    return kinds.pop() if len(kinds) == 1 else ""


def _sort_keys(order: exp.Expression) -> list[exp.Expression]:
    return [part.this if isinstance(part, exp.Ordered) else part for part in order.expressions]


def _is_computed(key: exp.Expression) -> bool:
    """Whether the key of an ORDER BY is more than a name or a place."""
    return not (_place(key) is not None or isinstance(key, exp.Var) or (isinstance(key, exp.Column) and not key.table))


def _unique_names(node: exp.Select, scope: _Scope) -> frozenset[str] | None:
    """The names of the group's keys in the result, if each key is among its columns and no column makes rows."""
    group = node.args.get("group")
    if not group or group.args.get("all") or any(group.args.get(kind) for kind in ("rollup", "cube", "grouping_sets")):
        return None
    if not group.expressions or any(_makes_rows(part) for part in node.selects):
        return None
    named = [part.alias if isinstance(part, exp.Alias) else result_name(part) for part in node.selects]
    words = [folded(name) for name in named if not isinstance(name, Unnamed)]
    if any(map(_top_stars, node.selects)) or any(_is_star(part) for part in node.selects) or len({*words}) < len(words):
        return None  # DuckDB gives the second column of a name another one
    names = set()
    for key in group.expressions:
        if isinstance(key, exp.Literal) and key.is_int:
            place = int(key.name) - 1
            chosen = place if 0 <= place < len(named) else None
        else:
            chosen = next((place for place, part in enumerate(node.selects) if _same(part, key, scope)), None)
        if chosen is None or isinstance(named[chosen], Unnamed) or unnamed_as(named, named[chosen]):
            return None
        names.add(folded(named[chosen]))
    return frozenset(names)


def _is_star(part: exp.Expression) -> bool:
    value = part.unalias()
    return isinstance(value, (exp.Star, exp.Columns)) or (isinstance(value, exp.Column) and isinstance(value.this, exp.Star))


def _same(projection: exp.Expression, key: exp.Expression, scope: _Scope) -> bool:
    if projection.unalias() == key:
        return True
    if not isinstance(key, exp.Column) or key.table or folded(projection.alias_or_name) != folded(key.name):
        return False
    inner = projection.unalias()
    if isinstance(inner, exp.Column) and folded(inner.name) == folded(key.name):
        return sum(source.table.column(key.name) is not None for source in scope.sources) == 1
    return all(source.table.column(key.name) is None for source in scope.sources)
