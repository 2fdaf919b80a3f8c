"""Runs dbt inside the sandbox, on a warehouse that can open only declared files."""

import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from mesh_isolation.dbt_declarations import IgnoredDeclaration, check_declarations
from mesh_isolation.engine import REFUSED_CHANGE, check_statements, identifier, literal, lock
from mesh_isolation.expected_writes import UNEXPECTED, Building, Door
from mesh_isolation.files import write_whole
from mesh_isolation.records import text_or_none
from mesh_isolation.relations import source_clash
from mesh_isolation.sandbox import QUIET
from mesh_isolation.side_writes import CHANGED, asking, only_reads, remembering, seeds_of, side_writes, unreferenced
from mesh_isolation.sql import parsed_select
from mesh_isolation.tracebacks import trace_error

if TYPE_CHECKING:
    import duckdb


_PREDICATES = "MESH_ONLY"
"""The variable of a build that holds the predicate of each port's rows, as JSON. It is no setting: the caller chooses it."""


def run_dbt(
    emit: Callable[..., None],
    arguments: Sequence[str],
    warehouse: str,
    files: Sequence[str],
    folders: Sequence[str],
    macros: Sequence[str] = (),
    strict: bool = True,
) -> dict[str, Any]:
    """Runs one dbt command.

    Args:
        emit: called with the name and status of each finished node, and with `started` before a file is parsed or compiled.
        arguments: the command and its flags.
        warehouse: the only database file that may be opened.
        files: the files that its SQL may read.
        folders: the folders whose files its SQL may read; the first one receives the candidates.
        macros: the texts of the macro files that the platform shares with every project.
        strict: whether a declaration which dbt ignores is a problem.

    Returns: `success`; `problem`, a message if dbt could not run the command; `nodes`, one entry per node of the result;
    `fetched`, whether Jinja has had rows, which it can put into a message; and `manifest` after `parse`.
    """
    import duckdb
    from dbt.cli.main import dbtRunner
    from dbt.parser.base import ConfiguredParser

    def on_event(event: Any) -> None:
        if event.info.name == "NodeFinished":
            emit(event.data.node_info.node_name, event.data.run_result.status)
        elif event.info.name == "NodeStart":
            emit(event.data.node_info.node_path, "started")

    parse = ConfiguredParser.parse_node
    ConfiguredParser.parse_node = lambda self, block: emit(block.path.original_file_path, "started") or parse(self, block)
    if strict:
        _refuse_ignored()
    _refuse_odd_results()
    compiles = arguments[0] == "compile"
    changed, seen = Path(f"{warehouse}{CHANGED}"), _Seen()
    parsed_select("SELECT 1")  # its connection is not one to the warehouse, as all others are from here on
    opened = _lock_connections(warehouse, files, folders, seen, arguments[0] == "build")
    if arguments[0] != "parse":  # which makes no SQL
        _keep_files([warehouse, f"{warehouse}.wal", *files, *folders], arguments[arguments.index("--project-dir") + 1], seen)

    def begin(manifest: Any) -> None:
        seen.manifest = seen.manifest or manifest
        described = _described(manifest)
        if strict and (clash := source_clash(described, Path(warehouse).stem)):  # it can be another one than dbt has parsed
            raise IgnoredDeclaration(f"{clash[0]} {clash[1]}. {clash[2]}")
        if arguments[0] == "build":
            if _writes(described, macros):  # it was judged as made of everything: nothing more can be gained by it
                changed.touch()
            else:
                seen.door = Door(manifest.nodes, folders[0], os.environ.get(_PREDICATES))

    _on_manifest(begin)
    if compiles:
        _find_relations(None)
    outcome = dbtRunner(callbacks=[on_event]).invoke([*arguments, *QUIET])
    for connection in opened:  # the process ends without closing them, and DuckDB drops what it cannot read of a log
        with suppress(duckdb.Error):
            connection.execute("CHECKPOINT")
    if outcome.exception:
        trace_error(outcome.exception)
    answer = {"success": outcome.success, "problem": str(outcome.exception) if outcome.exception else "", "nodes": []}
    if hasattr(outcome.result, "to_dict") and arguments[0] == "parse":
        manifest = outcome.result.to_dict(omit_none=False)
        return {**answer, "manifest": {key: manifest[key] for key in ("metadata", "nodes", "sources", "unit_tests")}}
    results = outcome.result or ()
    for result in results:  # a model that is built in batches is compiled for each
        if one := seen.texts.get(result.node.unique_id):
            result.node.compiled_code = one[0] if len(one) == 1 else " UNION ALL ".join(f"(\n{text}\n)" for text in one)
    counted = seen.door.counted if seen.door else ()
    nodes = {result.node.unique_id: _node(result, counted) for result in results}
    if compiles and any((node["model"] or {}).get("materialized") == "incremental" for node in nodes.values()):
        _find_relations("table")
        later = dbtRunner().invoke([*arguments, "--select", "config.materialized:incremental", *QUIET])
        answer |= {"success": later.success, "problem": str(later.exception or "")}
        for result in later.result or ():
            if model := nodes[result.node.unique_id]["model"]:  # the selection has their tests, too
                model["adds"] = result.node.compiled_code
    if seen.manifest:
        described = _described(seen.manifest)
        for key, doubt in _doubts(described, results, macros, changed.exists(), seen.asked).items():
            nodes[key]["model"] |= {"doubt": doubt, "seeds": seeds_of(key, described)}
    return {**answer, "nodes": [*nodes.values()], "fetched": seen.fetched}


def _refuse_ignored() -> None:
    """From now on, dbt raises IgnoredDeclaration when it has loaded a project of which it ignores a part."""
    from dbt import deprecations
    from dbt.cli.requires import get_event_manager
    from dbt.jsonschemas import jsonschemas
    from dbt.parser import manifest as manifests
    from dbt.parser.schemas import SchemaParser
    from dbt.parser.sources import SourcePatcher

    jsonschemas._JSONSCHEMA_SUPPORTED_ADAPTERS.add("duckdb")  # dbt knows its keys, and compares them only for these
    warnings: list[tuple[str, Mapping[str, Any]]] = []
    events = type(get_event_manager())
    fire, warn, check = events.fire_event, deprecations.warn, manifests._check_manifest

    def fired(manager: Any, e: Any, *rest: Any, **named: Any) -> None:
        # Not in a callback: a project can silence a warning.
        warnings.append((type(e).__name__, {field.name: value for field, value in e.pb_msg.ListFields()}))
        fire(manager, e, *rest, **named)

    def warned(name: str, *rest: Any, **named: Any) -> None:
        # Not as an event: of each kind, dbt fires the first one only.
        warnings.append((name, named))
        warn(name, *rest, **named)

    def checked(manifest: Any, config: Any) -> None:
        check(manifest, config)
        try:
            check_declarations(manifest, config, warnings, jsonschemas.resources_schema())
        except IgnoredDeclaration:
            # dbt warns about a file when it reads it: with its parsed state, the next command would not.
            (Path(config.project_root) / config.target_path / "partial_parse.msgpack").unlink(missing_ok=True)
            raise

    events.fire_event, deprecations.warn, manifests._check_manifest = fired, warned, checked
    for parser, name in ((SchemaParser, "parse_file"), (SourcePatcher, "parse_source"), (SourcePatcher, "parse_source_test")):
        setattr(parser, name, _naming_file(getattr(parser, name)))


def _refuse_odd_results() -> None:
    """From now on, dbt refuses the result of a test that it cannot read without a message that quotes it."""
    from dbt.exceptions import DbtRuntimeError
    from dbt.task.test import TestResultData

    validate = TestResultData.validate.__func__

    def validated(cls: Any, data: Any) -> None:
        try:
            validate(cls, data)
        except Exception:
            raise DbtRuntimeError("the result of a test is one whole number and two truth values") from None

    TestResultData.validate = classmethod(validated)


def _naming_file(read: Callable[..., Any]) -> Callable[..., Any]:
    """A method of a parser whose errors name the file that it reads."""

    def reading(parser: Any, *parts: Any, **named: Any) -> Any:
        try:
            return read(parser, *parts, **named)
        except Exception as problem:
            part = [*parts, *named.values()][0]
            if (file := (part if hasattr(part, "original_file_path") else part.path).original_file_path) in str(problem):
                raise
            raise IgnoredDeclaration(f"{file}: {problem}") from problem

    return reading


def _find_relations(kind: str | None) -> None:
    """Lets dbt find every relation that it looks for, of this kind, or none. It does not query the warehouse."""
    from dbt.adapters.base import BaseAdapter

    def get_relation(adapter: Any, database: str, schema: str, identifier: str) -> Any:
        return kind and adapter.Relation.create(database=database, schema=schema, identifier=identifier, type=kind)

    BaseAdapter.get_relation = get_relation


def _on_manifest(begin: Callable[[Any], None]) -> None:
    """Calls the function with each manifest that a command works on, before anything of it is executed."""
    from dbt.task.runnable import GraphRunnableTask

    init = GraphRunnableTask.__init__
    GraphRunnableTask.__init__ = lambda self, args, config, manifest: begin(manifest) or init(self, args, config, manifest)


def _described(manifest: Any) -> dict[str, dict[str, Any]]:
    """The parts of a manifest as documents."""
    parts = {"macros": manifest.macros, "nodes": manifest.nodes, "sources": manifest.sources}
    return {part: {key: one.to_dict(omit_none=False) for key, one in entries.items()} for part, entries in parts.items()}


def _writes(described: Mapping[str, Any], macros: Sequence[str]) -> set[str]:
    """What a project can write besides its models' queries, one sentence each."""
    from dbt.context.providers import ModelContext
    from jinja2.defaults import DEFAULT_NAMESPACE

    reserved = {*ModelContext._context_members_, "builtins", "context", *DEFAULT_NAMESPACE}
    return {*side_writes(described, macros, reserved)}


def _doubts(
    described: Mapping[str, Any], results: Sequence[Any], macros: Sequence[str], changed: bool, asked: Collection[str]
) -> dict[str, str]:
    """By node of the results, the field `doubt` of a `CompiledModel`."""
    writes = _writes(described, macros).union(remembering(described) if changed else (), map(asking, asked))
    models = {result.node.unique_id: result.node for result in results if _is_compiled(result.node)}
    reads = unreferenced(described, {key: node.compiled_code for key, node in models.items() if node.language == "sql"})
    return {key: "; ".join(sorted({*writes, *reads.get(key, ())})) for key in models}


def _node(result: Any, counted: Collection[str]) -> dict[str, Any]:
    node = result.node
    return {
        "id": node.unique_id,
        "name": node.name,
        "kind": str(node.resource_type).removeprefix("unit_"),
        "status": str(result.status),
        "seconds": result.execution_time,
        "message": _message(result, counted),
        "file": node.original_file_path,
        "code": _code(node),
        "model": _compiled_model(node),
    }


def _message(result: Any, counted: Collection[str]) -> str | dict[str, Any] | None:
    """dbt's message; for a test that has found something, a document for `dbt_messages.test_message`.

    Args:
        result: of a node.
        counted: the ids of the tests whose number is dbt's own count of rows; any other number can be made of a value.
    """
    config, status = result.node.config, str(result.status)
    if result.node.resource_type != "test" or status not in ("fail", "warn") or result.failures is None:
        return result.message
    limit = config.error_if if status == "fail" else config.warn_if
    rows = result.failures if result.node.unique_id in counted else None
    return {"rows": rows, "fail_calc": config.fail_calc, "outcome": f"{status}s", "limit": limit}


def _code(node: Any) -> str:
    """The code that dbt ran: compiled SQL, or the source of a Python model; for a seed, the digest of its file."""
    code = getattr(node, "compiled_code", None) or getattr(node, "raw_code", None)
    return code or getattr(getattr(node, "checksum", None), "checksum", "") or ""


def _is_compiled(node: Any) -> bool:
    """Whether it is a model or a snapshot, and dbt has compiled it."""
    return node.resource_type in ("model", "snapshot") and bool(getattr(node, "compiled_code", None))


def _compiled_model(node: Any) -> dict[str, Any] | None:
    """The fields of a `CompiledModel`; None for tests, seeds and nodes that dbt did not compile."""
    if not _is_compiled(node):
        return None
    return {
        "name": node.alias,
        "schema": node.schema,
        "file": node.original_file_path,
        "materialized": node.config.materialized,
        "sql": node.compiled_code,
        "node": node.name,
        "remembers": _remembers(node),
        "doubt": "",
    }


def _remembers(node: Any) -> dict[str, list[str]]:
    """For a snapshot: each column that dbt adds → the columns that determine it; with `check_cols: all`, only the key."""
    if node.resource_type != "snapshot":
        return {}
    config = node.config
    stated = [config.unique_key, config.updated_at, None if config.check_cols == "all" else config.check_cols]
    columns = [name for part in stated if part for name in ([part] if isinstance(part, str) else part)]
    # https://docs.getdbt.com/reference/resource-configs/snapshot_meta_column_names
    renamed = vars(config.snapshot_meta_column_names) if config.snapshot_meta_column_names else {}
    added = ("dbt_valid_from", "dbt_valid_to", "dbt_scd_id", "dbt_updated_at")
    return {renamed.get(name) or name: columns for name in added}


@dataclass
class _Seen:
    """What is known of a command while it runs."""

    door: Door | None = None
    """Decides about the statements of a build; None if all that change the warehouse are executed."""
    texts: dict[str, list[str]] = field(default_factory=dict)
    """The SQL that was compiled, by node."""
    asked: set[str] = field(default_factory=set)
    """The files whose Jinja has had rows, or names that can be values, while dbt compiled them."""
    manifest: Any = None
    """The first of the command, as soon as there is one."""
    python: bool = False
    """Whether a Python model has begun."""
    fetched: bool = False
    """Whether the project's Jinja has had rows, beside the one that dbt's own test returns."""

    @cached_property
    def words(self) -> set[str]:
        """The words of the project, folded. A column with another name can be a value that became one."""
        return {*re.findall(r"\w+", json.dumps(_described(self.manifest), default=str).casefold())}


def _lock_connections(
    warehouse: str, files: Sequence[str], folders: Sequence[str], seen: _Seen, changes: bool
) -> "list[duckdb.DuckDBPyConnection]":
    """Makes every connection of this process one that is locked, and dbt's cursors refuse what a build does not execute.

    Jinja reaches no cursor and no transaction: only dbt itself begins and commits. What its queries return is noted.

    Args:
        warehouse, files, folders: as in `run_dbt`.
        seen: receives what is compiled and asked.
        changes: whether the command may change the warehouse; otherwise the process may not even write to its folder.

    Returns: the list to which each connection is added when it is opened.
    """
    import duckdb
    from dbt.adapters.base import BaseAdapter
    from dbt.adapters.duckdb import DuckDBAdapter
    from dbt.adapters.duckdb.environments.local import DuckDBCursorWrapper, LocalEnvironment
    from dbt.adapters.sql import SQLAdapter, SQLConnectionManager
    from dbt.compilation import Compiler
    from dbt.task.base import BaseRunner

    connect, execute, opened = duckdb.connect, DuckDBCursorWrapper.execute, []
    compile_node, compiling = Compiler.compile_node, ContextVar("compiling", default="")
    own: ContextVar[bool] = ContextVar("own", default=False)
    python, add_query, columns_of = LocalEnvironment.submit_python_job, SQLAdapter.add_query, SQLAdapter.get_columns_in_relation
    run_node, running = BaseRunner.compile_and_execute, ContextVar[Building | None]("running", default=None)
    result_of = SQLConnectionManager.get_result_from_cursor.__func__
    allowed = ContextVar[int | None]("allowed", default=None)  # how many results the node that runs may still fetch

    def run(runner: Any, *arguments: Any, **named: Any) -> Any:
        with (
            _within(running, seen.door and seen.door.enter(runner.node)),
            _within(allowed, int(runner.node.resource_type in ("test", "unit_test"))),
        ):
            return run_node(runner, *arguments, **named)

    def fetched(manager: Any, cursor: Any, *arguments: Any, **named: Any) -> Any:
        result = result_of(manager, cursor, *arguments, **named)
        if not own.get() and len(result.rows):  # dbt asks for the names of a query's columns with no row
            seen.fetched |= bool(compiling.get()) or allowed.get() == 0
            if allowed.get():
                allowed.set(allowed.get() - 1)
        return result

    def compiled(compiler: Any, node: Any, *arguments: Any, **named: Any) -> Any:
        with _within(compiling, node.original_file_path):
            node = compile_node(compiler, node, *arguments, **named)
        if isinstance(text := getattr(node, "compiled_code", None), str):
            if text not in (known := seen.texts.setdefault(node.unique_id, [])):
                known.append(text)
            if building := running.get():
                building.queries.append(text)
        return node

    def as_python(environment: Any, handle: Any, *arguments: Any) -> Any:
        if compiling.get() or seen.door and not (running.get() and running.get().python):
            raise duckdb.PermissionException(f"{UNEXPECTED}: PYTHON")
        seen.python = True
        return python(environment, SimpleNamespace(cursor=lambda: whole(handle.cursor()._cursor)), *arguments)

    def locked(database: Any = ":memory:", *_: Any, **__: Any) -> "duckdb.DuckDBPyConnection":
        if str(database) not in (":memory:", warehouse):
            raise duckdb.PermissionException(f"Cannot open the database {database}: only {warehouse} may be opened.")
        connection = connect(str(database)) if changes else _reading(str(database), connect)
        lock(connection, files, [*folders, str(Path(warehouse).parent)])
        opened.append(connection)
        return connection

    def checked(cursor: Any, sql: str, bindings: Any = None) -> Any:
        cursor.sql = sql
        if own.get() and sql in ("BEGIN", "COMMIT"):
            return execute(cursor, sql, bindings)
        check_statements(sql, cursor._cursor, folders[0])
        if compiling.get():
            if not only_reads(sql, cursor._cursor):
                raise duckdb.PermissionException(f"{REFUSED_CHANGE}.")
            if not own.get():
                seen.asked.add(compiling.get())
        if seen.door:
            seen.door.check(sql, cursor._cursor, running.get())
        return execute(cursor, sql, bindings)

    def result(cursor: Any, name: str) -> Any:
        if name not in _OF_RESULTS:
            raise AttributeError(f"The Jinja of a project has no {name} of a cursor.")
        return getattr(cursor._cursor, name)

    def by_dbt(method: Callable[..., Any]) -> Callable[..., Any]:
        """The method, whose statements are those of dbt alone."""

        def run(*arguments: Any, **named: Any) -> Any:
            with _within(own, True):
                return method(*arguments, **named)

        return run

    def columns(adapter: Any, relation: Any) -> Any:
        with _within(own, True):
            found = columns_of(adapter, relation)
        if compiling.get() and not {column.name.casefold() for column in found} <= seen.words:
            seen.asked.add(compiling.get())
        return found

    whole = type("WholeCursor", (DuckDBCursorWrapper,), {"__getattr__": DuckDBCursorWrapper.__getattr__})
    duckdb.connect = locked
    DuckDBCursorWrapper.execute, DuckDBCursorWrapper.__getattr__ = checked, result
    LocalEnvironment.submit_python_job = as_python
    Compiler.compile_node = compiled
    BaseRunner.compile_and_execute = run
    for owner, name in (
        (SQLConnectionManager, "add_begin_query"),
        (SQLConnectionManager, "add_commit_query"),
        (BaseAdapter, "list_relations"),
        (DuckDBAdapter, "pre_model_hook"),
    ):
        setattr(owner, name, by_dbt(getattr(owner, name)))
    SQLAdapter.get_columns_in_relation = columns
    SQLConnectionManager.get_result_from_cursor = classmethod(fetched)
    SQLAdapter.add_query = lambda *arguments, **named: (add_query(*arguments, **named), (None, None))[1]
    return opened


_OF_RESULTS = {"close", "description", "fetchall", "fetchmany", "fetchone", "interrupt", "rollback", "rowcount"}
"""What dbt does with a cursor, beside executing a statement."""


@contextmanager
def _within(variable: ContextVar, value: Any) -> Iterator[None]:
    before = variable.set(value)
    try:
        yield
    finally:
        variable.reset(before)


def _keep_files(places: Sequence[str], project: str, seen: _Seen) -> None:
    """From now on, Python opens no file of data: an object that Jinja has can read or write one. DuckDB opens its own.

    Python models are what they are: after the first one, all is allowed.

    Args:
        places: files, and folders of files.
        project: the folder of the project, whose own files dbt reads.
        seen: says whether one has begun.
    """
    own = f"{os.path.realpath(project)}{os.sep}"
    kept = tuple(path for path in map(os.path.realpath, places) if not path.startswith(own))

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and not seen.python and isinstance(arguments[0], (str, bytes)):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            below = any(path == place or path.startswith(f"{place}{os.sep}") for place in kept)
            if below and not path.endswith(CHANGED):  # `run_dbt` writes that one; a further one would only add a doubt
                raise PermissionError(f"The Jinja of a project opens no file of data: {path}")

    sys.addaudithook(refuse)


def _reading(database: str, connect: "Callable[..., duckdb.DuckDBPyConnection]") -> "duckdb.DuckDBPyConnection":
    """A connection that reads the database; it is empty if there is no file yet."""
    exists = database != ":memory:" and Path(database).is_file()
    connection = connect(database, read_only=True) if exists else connect()
    connection.execute(f"SET temp_directory = {literal(Path(tempfile.gettempdir(), 'spill'))}")
    if database != ":memory:" and not exists:
        name = identifier(Path(database).stem)
        connection.execute(f"ATTACH ':memory:' AS {name}; USE {name}")
    return connection


def flags_of(project: Path, target: Path, warehouse: str) -> list[str]:
    """dbt's flags for a project; writes the profile that opens the warehouse, because the project's own could open more."""
    output = {"type": "duckdb", "path": warehouse, "threads": 2}
    profile = json.dumps({"mesh": {"target": "mesh", "outputs": {"mesh": output}}})
    if text_or_none(file := target.parent / "profiles.yml") != profile:
        write_whole({file: profile})
    flags = {"--project-dir": project, "--profiles-dir": target.parent, "--target-path": target, "--log-path": target / "logs"}
    return [*(str(part) for flag in flags.items() for part in flag), "--profile", "mesh"]


_PROFILE = {"type", "path", "threads", "schema", "settings"}
"""What a project's own profile may set. It serves those who run dbt by hand; the platform opens the warehouse itself."""


def more_than_a_warehouse(profiles: Mapping[str, Any]) -> list[str]:
    """The keys of a project's own profiles with which an output opens more than its warehouse; those of the first output."""
    for profile in profiles.values():
        outputs = profile.get("outputs") if isinstance(profile, dict) else None
        for output in outputs.values() if isinstance(outputs, dict) else ():
            if isinstance(output, dict) and (more := sorted(map(str, output.keys() - _PROFILE))):
                return more
    return []
