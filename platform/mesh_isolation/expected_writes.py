"""The statements with which dbt builds a node, and no others: everything that a build executes passes here.

A statement counts as expected if it is one of the forms that dbt's macros and those of the platform have for the node. Texts of
the project can be anywhere in it; so it is read by DuckDB's own lexer, and what is not understood is not expected.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from mesh_isolation.engine import identifier, is_select, literal
from mesh_isolation.lexer import is_plain
from mesh_isolation.side_writes import is_reading

UNEXPECTED = "The build of a domain may not execute a statement that is not part of what it builds"
"""How the message begins when a node, a test or a hook would write something else than the result of its query."""

_QUERY = 'select * from "the compiled query"'
"""Stands for the compiled SQL of a node, which was judged by itself."""
_Q = re.escape(_QUERY)
_N = r'(?:"(?:[^"]|"")*"(?:\."(?:[^"]|"")*")*|[^\W\d]\w*)'
_LIST = rf"{_N}(?: , {_N})*"
_TYPE = r'(?:[\w ,()\[\]]|"[^"]*")+'
_TEXT = r"'(?:[^']|'')*'"
_FORMS = {
    name: re.compile(pattern)
    for name, pattern in {
        "schema": rf"create schema (?:if not exists )?{_N}",
        "query": rf"create (?P<temporary>temporary )?(?:table|view) (?P<new>{_N}) as \( (?P<query>.*) \)",
        "columns": rf"create table (?P<new>{_N}) \( (?P<columns>.*) \)",
        "candidate": rf"copy \( select \* from \( {_Q} \) where (?P<only>.*) \) to (?P<file>{_TEXT}) "
        r"\( format parquet , compression zstd , compression_level 1 \)",
        "port": rf"create or replace view (?P<own>{_N}) as select \* from read_parquet \( (?P<file>{_TEXT}) \)",
        "drop": rf"drop (?:table|view) if exists (?P<family>{_N}) cascade",
        "rename": rf"alter (?:table|view) (?P<from>{_N}) rename to (?P<to>{_N})",
        "add": rf"alter table (?P<own>{_N}) add column {_N} (?P<columns>{_TYPE})",
        "remove": rf"alter table (?P<own>{_N}) drop column {_N}",
        "index": rf"create (?:unique )?index (?:if not exists )?{_N} on (?P<family>{_N}) \( {_LIST} \)",
        "drop_index": rf"drop index (?:if exists )?{_N}",
        "comment": rf"comment on (?:table|view) (?P<own>{_N}) is (?:{_TEXT}|null)",
        "column_comment": rf"comment on column (?P<column>{_N}) is (?:{_TEXT}|null)",
        "checked": rf"insert into (?P<empty>{_N}) \( (?P<list>{_LIST}) \) \( select (?P<same>{_LIST}) from \( {_Q} \) "
        r"as model_subq \)",
        "insert": rf"insert into (?P<own>{_N}) \( (?P<list>{_LIST}) \) (?P<bracket>\( )?select (?P<same>{_LIST}) from "
        rf"(?P<source>{_N})(?: as dbt_internal_source)?(?P<reads> where .*)?(?(bracket) \))",
        "delete": rf"(?P<reads>delete from (?P<own>{_N}) .*)",
        "merge": rf"merge into (?P<own>{_N}) as dbt_internal_dest using (?P<source>{_N}) as dbt_internal_source "
        r"(?P<reads>(?:on|using) .*?) when matched then (?P<merge>update by name|update set .*) when not matched then insert "
        r"by name",
        "close": rf"update (?P<own>{_N}) as dbt_internal_target set (?P<list>{_N}) = (?P<same>{_N}) from (?P<source>{_N}) as "
        r"dbt_internal_source (?P<reads>where .*)",
        "seed": rf"copy (?P<own>{_N}) from {_TEXT} \( format csv , header true , delimiter {_TEXT} \)",
        "rows": rf"insert into (?P<own>{_N}) \( {_LIST} \) values [?(), ]+",
        "empty": rf"truncate table (?P<own>{_N})|delete from (?P<all>{_N})",
    }.items()
}
"""The forms of dbt-core 1.11, dbt-duckdb 1.11 and the materialisation `port`. What stands for a name is in `_Statement`."""
_TABLE = ("schema", "drop", "index", "drop_index", "comment", "column_comment")
_OF_KIND = {
    "model": (
        "query",
        "columns",
        "checked",
        "rename",
        "insert",
        "delete",
        "merge",
        "add",
        "remove",
        "candidate",
        "port",
        *_TABLE,
    ),
    "snapshot": ("query", "close", "insert", "add", *_TABLE),
    "seed": ("columns", "seed", "rows", "empty", *_TABLE),
    "test": ("query", "drop"),
    "unit_test": ("query", "drop"),
}
"""By the kind of a node, the forms that dbt has for it."""
_STEPS = {
    f'"{name}"'
    for name in (
        "snapshot_query",
        "snapshotted_data",
        "insertions_source_data",
        "updates_source_data",
        "deletes_source_data",
        "insertions",
        "updates",
        "deletes",
        "deletion_records",
    )
}
"""The common table expressions of dbt's query for a snapshot."""
_BOUND = r"(?:[<>]=?|!=|<>|==?) *-?\d+"
_BEFORE_ROWS = re.compile(
    r"\s*(?:/\*(?:(?!/\*|\*/).)*\*/)?\s*select\s+count\(\*\) as failures,\s+"
    rf"count\(\*\) {_BOUND} as should_warn,\s+count\(\*\) {_BOUND} as should_error\s+from \(\s*",
    re.DOTALL,
)
_KEPT_ROWS = re.compile(rf"select \*\s+from {_N}\s*")
_AFTER_ROWS = re.compile(r"\s*\n\s*(?:limit \d+\s*)?\) dbt_internal_test\s*")
"""With which dbt counts the rows of a test: before its query, in place of it if its rows are kept in a table, and after it."""
_NEVER = {"table", "describe", "desc", "show", "summarize", "pivot", "unpivot", "values", "generated", "default", "replace"}
"""Words that read a relation without FROM, or that let a column hold something else than what is inserted."""
_ENDS_FROM = {"where", "group", "order", "having", "qualify", "window", "limit", "union", "except", "intersect"}


@dataclass
class Building:
    """A node while dbt builds it."""

    kind: str
    """dbt's resource type, such as `model`, `snapshot`, `test` or `unit_test`."""
    name: str
    id: str = ""
    own: str = ""
    """Its table or view, as `_joined` writes it; empty if no other node may have it, and another has."""
    family: Collection[str] = ()
    """Its own relation, and those that dbt renames to it or from it."""
    python: bool = False
    """Whether its file is Python, which may execute anything."""
    candidate: str = ""
    """The file that a port is written to."""
    queries: list[str] = field(default_factory=list)
    """Its compiled SQL; more than one if it is built in batches."""
    made: set[str] = field(default_factory=set)
    """The relations that hold the result of its compiled SQL now."""


class Door:
    """Decides which statements of a build are executed.

    Args:
        nodes: those of dbt's manifest, by their ids.
        candidates: the folder that ports are written to.
        only: port → the predicate that its rows satisfy, as the platform has chosen it.
    """

    def __init__(self, nodes: Mapping[str, Any], candidates: str, only: str | None) -> None:
        self._candidates, self._only = candidates, json.loads(only or "{}")
        self._taken = Counter(_relation(node, "") for node in nodes.values() if getattr(node, "database", None))
        self._lock, self._freed = Lock(), False
        self.counted: set[str] = set()
        """The ids of the tests whose number is dbt's own count of the rows of their query."""

    def enter(self, node: Any) -> Building:
        """What is known of a node before dbt builds it."""
        kind, name = str(node.resource_type), getattr(node, "alias", None) or node.name
        python = getattr(node, "language", "sql") == "python"
        candidate = f"{self._candidates}/{node.name}.parquet"
        building = Building(kind, name, getattr(node, "unique_id", ""), python=python, candidate=candidate)
        if getattr(node, "database", None) and self._taken[_relation(node, "")] == 1:
            building.own = _relation(node, "")
            beside = [_relation(node, end) for end in ("__dbt_tmp", "__dbt_backup")]
            building.family = [building.own, *(one for one in beside if not self._taken[one])]
        return building

    def check(self, sql: str, connection: Any, building: Building | None) -> None:
        """Raises PermissionException for a statement that neither reads only, nor is how dbt builds the node.

        A model in Python may execute anything; what it makes is not followed.

        Args:
            sql: one text with any number of statements.
            connection: to the warehouse.
            building: the node that dbt builds; None for statements of the whole project.
        """
        import duckdb

        if building and building.python:
            return
        statements = None
        with self._lock:
            if not self._freed:
                with connection.cursor() as own:
                    _free(own)
                self._freed = True
        try:
            statements = connection.extract_statements(sql)
            if building:
                statements = connection.extract_statements(_with_query(sql, building.queries, connection))
        except duckdb.Error:
            if statements is None:
                return  # the statement will fail
        for statement in statements:
            if not is_reading(statement) and not self._expected(statement.query, building):
                raise duckdb.PermissionException(f"{UNEXPECTED}: {getattr(statement.type, 'name', 'a statement')}")
        if building and building.kind == "test" and "dbt_internal_test" in sql:  # the last one has the result of the test
            (self.counted.add if _counts_rows(sql, building.queries, connection) else self.counted.discard)(building.id)

    def _expected(self, sql: str, building: Building | None) -> bool:
        parts = _parts(sql)
        if parts is None:
            return False
        text = " ".join(parts)
        if building is None:
            return bool(_FORMS["schema"].fullmatch(text))
        matches = ((form, _FORMS[form].fullmatch(text)) for form in _OF_KIND.get(building.kind, ()))
        return any(match and self._allows(form, match, building) for form, match in matches)

    def _allows(self, form: str, match: re.Match[str], building: Building) -> bool:
        """Whether the names and conditions of a statement of this form are those of the node; notes what it makes."""
        named = {name: text for name, text in match.groupdict().items() if text is not None}
        family, known = building.family, {building.own, *building.made} - {""}

        def is_temporary(name: str) -> bool:
            own = re.escape(identifier(building.name.casefold())[:-1])
            return bool(re.fullmatch(rf'{own}__dbt_tmp[0-9_]*"', _quoted(name)))

        new = named.get("new")
        if new is not None:
            if not (is_temporary(new) if named.get("temporary") else new in family):
                return False
            if building.kind == "unit_test" and not named.get("temporary"):
                return False
        if "query" in named and not self._is_query(named["query"], building, known):
            return False
        if "columns" in named and _NEVER.union(("as", "select", "from")).intersection(_words(named["columns"])):
            return False
        for group in ("own", "all"):
            if group in named and (not building.own or named[group] != building.own):
                return False
        if "family" in named and named["family"] not in family and not is_temporary(named["family"]):
            return False
        if "empty" in named and named["empty"] not in family:
            return False
        if "source" in named and _quoted(named["source"]) not in building.made:
            return False
        if "column" in named and not re.fullmatch(re.escape(building.own) + r'\."(?:[^"]|"")*"', named["column"] or "-"):
            return False
        if "file" in named and named["file"] != literal(building.candidate):
            return False
        if "only" in named and named["only"] != " ".join(_parts(self._only.get(building.name, "true")) or ["-"]):
            return False
        if "list" in named and _columns(named["list"]) != _columns(named["same"]):
            return False
        if "merge" in named and not _sets_same(named["merge"]):
            return False
        if "reads" in named and not _reads_only(named["reads"], {*known}):
            return False
        if form == "rename" and not self._renames(named["from"], _quoted(named["to"]), building):
            return False
        if form in ("query", "checked"):
            building.made.add(_quoted(new or named["empty"]))
        elif form == "drop":
            building.made.discard(_quoted(named["family"]))
        return True

    def _is_query(self, query: str, building: Building, known: Collection[str]) -> bool:
        if building.kind in ("test", "unit_test"):
            return True  # no other node may read it
        if query == _QUERY or building.kind != "snapshot":
            return query == _QUERY
        return f"( {_QUERY} )" in query and _reads_only(query, {*known, *_STEPS, '"the compiled query"'})

    def _renames(self, old: str, new: str, building: Building) -> bool:
        schema = building.own[: -len(identifier(building.name.casefold()))]
        if f"{schema}{new}" not in building.family:
            return False
        if old == building.own:
            building.made.discard(old)
            return new == identifier(f"{building.name.casefold()}__dbt_backup")
        if old not in building.made or f"{schema}{new}" != building.own:
            return False
        building.made.remove(old)
        building.made.add(building.own)
        return True


def _relation(node: Any, end: str) -> str:
    alias = getattr(node, "alias", None) or node.name
    return _joined((node.database, node.schema, f"{alias}{end}"))


def _joined(parts: Iterable[str | None]) -> str:
    return ".".join(identifier(part.casefold()) for part in parts if part)


def _quoted(name: str) -> str:
    return name if name.startswith('"') else identifier(name)


def _counts_rows(sql: str, queries: Sequence[str], connection: Any) -> bool:
    """Whether a statement has the form with which dbt counts the rows of a test, and nothing of the project can change that.

    A query that closes the bracket around it could put another number in place of the count, and so could a limit.
    """
    head = _BEFORE_ROWS.match(sql)
    if not head:
        return False
    rest = sql[head.end() :]
    if (kept := _KEPT_ROWS.match(rest)) and _AFTER_ROWS.fullmatch(f"\n{rest[kept.end() :]}"):
        return True
    whole = (query for one in queries if (query := one.strip()) and rest.startswith(query))
    return any(_AFTER_ROWS.fullmatch(rest[len(query) :]) and is_select(query, connection) for query in whole)


def _with_query(sql: str, queries: Sequence[str], connection: Any) -> str:
    """The text with the compiled SQL of the node replaced, where it is in brackets of its own."""
    import duckdb

    for query in dict.fromkeys(one.strip() for one in queries):
        before, found, after = sql.partition(query)
        if not query or not found or query in after:
            continue
        try:
            alone = connection.extract_statements(query)
            last, first = list(_lexed(before))[-1:], list(_lexed(after))[:1]
        except duckdb.Error:
            continue
        if (
            len(alone) == 1
            and alone[0].type == duckdb.StatementType.SELECT
            and (last, first) == (["("], [")"])
            and after.lstrip(" \t").startswith(("\n", "\r\n"))  # the query can end with a comment
        ):
            return f"{before}\n{_QUERY}\n{after}"
    return sql


def _lexed(sql: str) -> Iterator[str]:
    """The parts of a text as DuckDB reads them: names in quotes and small letters, words in small letters, and signs."""
    import duckdb

    found = duckdb.tokenize(sql)
    raw = sql.encode()
    for (start, kind), (end, _) in zip(found, [*found[1:], (len(raw), None)]):
        part = raw[start:end].decode()
        if part.startswith('"'):
            yield re.match(r'"(?:[^"]|"")*"', part)[0].casefold()
        elif kind == duckdb.token_type.string_const:
            yield match[0] if (match := re.match(_TEXT, part)) else "''"
        elif match := re.match(r"\w+", part):
            yield match[0].casefold()
        elif part[0] in "(),;.[]{}?":
            yield part[0]
        else:
            yield re.match(r"\S+", part)[0]


def _parts(sql: str) -> list[str] | None:
    """What `_lexed` yields, with dotted names as one part, without the semicolon; None if the parser can read it otherwise."""
    import duckdb

    try:
        lexed = [*_lexed(sql)]
    except (duckdb.Error, TypeError, UnicodeDecodeError, IndexError):
        return None
    parts: list[str] = []
    dotted = False
    for part in lexed:
        if not is_plain(part) and part[0] not in "\"'":
            return None  # DuckDB takes some signs for spaces
        if part == "." and parts:
            dotted = True
            parts[-1] = _quoted(parts[-1])
        elif dotted:
            parts[-1] += f".{_quoted(part)}"
            dotted = False
        else:
            parts.append(part)
    while parts and parts[-1] == ";":
        parts.pop()
    return parts


_PART = re.compile(rf"{_TEXT}|{_N}|\S+")


def _words(text: str) -> list[str]:
    return _PART.findall(text)


def _columns(text: str) -> list[str]:
    """The columns of a list, without the name of the table that they are read from."""
    return [_quoted(name).removeprefix('"dbt_internal_source".') for name in re.findall(_N, text)]


def _sets_same(text: str) -> bool:
    """Whether each column gets the value of the column of the same name."""
    if text == "update by name":
        return True
    one = rf"({_N}) = ({_N})"
    pairs = re.findall(one, text.removeprefix("update set "))
    return text == "update set " + " , ".join(f"{name} = {value}" for name, value in pairs) and all(
        value == f'"dbt_internal_source".{_quoted(name)}' for name, value in pairs
    )


def _reads_only(text: str, relations: Collection[str]) -> bool:
    """Whether a part of a statement reads these relations and no others."""
    words = _words(text)
    if _NEVER.intersection(words):
        return False
    opened: list[bool] = [False]  # for each bracket, whether its FROM has begun
    for word, after, further in zip(words, [*words[1:], ""], [*words[2:], "", ""]):
        if word == "(":
            opened.append(False)
        elif word == ")":
            if len(opened) == 1:
                return False
            opened.pop()
        elif word in ("from", "join", "using"):
            if after == "(":
                if word != "using" and further not in ("select", "with"):
                    return False
            elif _quoted(after) not in relations or further == "(":
                return False
            opened[-1] = True
        elif word in _ENDS_FROM:
            opened[-1] = False
        elif word == "," and opened[-1]:
            return False
    return len(opened) == 1


def _free(connection: Any) -> None:
    """Drops what an earlier build can have left and no node makes: a name in a query would mean something else than it says."""
    for kind, source, name, condition in (
        ("MACRO", "duckdb_functions", "function_name", "function_type = 'macro'"),
        ("MACRO TABLE", "duckdb_functions", "function_name", "function_type = 'table_macro'"),
        ("TYPE", "duckdb_types", "type_name", "true"),
        ("SEQUENCE", "duckdb_sequences", "sequence_name", "true"),
    ):
        internal = "" if kind == "SEQUENCE" else "AND NOT internal"
        rows = connection.execute(
            f"SELECT DISTINCT database_name, schema_name, {name} FROM {source}() WHERE {condition} {internal} "
            "AND database_name NOT IN ('system', 'temp')"
        ).fetchall()
        for row in rows:
            connection.execute(f"DROP {kind} IF EXISTS {'.'.join(map(identifier, row))} CASCADE")
