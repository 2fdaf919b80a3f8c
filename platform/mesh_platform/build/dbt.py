"""Running dbt in this process: parsing, compiling and building a domain's project."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from mesh_platform.errors import FileRefused, TransformationError
from mesh_platform.project import DomainFolder

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult


@dataclass(frozen=True)
class CompiledModel:
    """One model: the relation that it creates, and its query without Jinja."""

    name: str
    schema: str
    """The schema of the warehouse: `main`, or the one that dbt derives from the model's own schema."""
    file: str
    """The model's SQL file, relative to the dbt project."""
    materialized: str
    """`port` for a model that is published, `snapshot` for one that dbt keeps from run to run."""
    sql: str
    node: str = ""
    """The name that other models use to refer to it."""
    remembers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """For a snapshot: each column that dbt adds → the columns of `sql` that determine it."""


ENGINE = f"duckdb {version('duckdb')}"


_QUIET = ["--quiet", "--no-version-check", "--log-level", "none", "--log-level-file", "none", "--no-write-json"]


@dataclass(frozen=True)
class NodeResult:
    """The result of one model, snapshot, seed or test."""

    id: str
    name: str
    kind: str
    """dbt's resource type, such as `model` or `test`."""
    status: str
    """`success`, `pass` or `warn`; or, when it failed, `error`, `fail` or `skipped`."""
    seconds: float
    message: str
    file: str
    """Its file, relative to the dbt project."""
    code: str = ""
    """The executed code without Jinja; for a seed, the digest of its file; empty if dbt did not compile the node."""
    model: CompiledModel | None = None
    """The model or snapshot that was run; None for tests and seeds."""

    @property
    def good(self) -> bool:
        return self.status in ("success", "pass", "warn")


def parse(domain: DomainFolder) -> Mapping[str, Any]:
    """dbt's manifest of the domain's project. Raises TransformationError when dbt cannot parse the project."""
    result = _invoke(domain, ["parse"])
    if not result.success:
        raise TransformationError(
            f"dbt cannot parse dbt_projects/{domain.name}: {_one_line(result.exception)}.", "Correct the file in the message."
        )
    return result.result.to_dict(omit_none=False)


def compiled(domain: DomainFolder) -> list[CompiledModel]:
    """Every model and snapshot of the project with its compiled SQL.

    dbt does not query the warehouse, so none need exist. Raises TransformationError when dbt cannot compile the project.
    """
    result = _invoke(domain, ["compile", "--no-introspect", "--no-populate-cache"])
    if not result.success:
        message = result.exception or next((node.message for node in result.result or () if node.message), None)
        raise TransformationError(
            f"dbt cannot compile dbt_projects/{domain.name}: {_one_line(message)}.", "Correct the file in the message."
        )
    return [model for compilation in result.result if (model := _compiled_model(compilation.node))]


def _compiled_model(node: Any) -> CompiledModel | None:
    """A compiled model or snapshot; None for tests, seeds and nodes that dbt did not compile."""
    if node.resource_type not in ("model", "snapshot") or not getattr(node, "compiled_code", None):
        return None
    return CompiledModel(
        node.alias,
        node.schema,
        node.original_file_path,
        node.config.materialized,
        node.compiled_code,
        node.name,
        _remembers(node),
    )


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


def parse_folder(folder: Path) -> Mapping[str, Any]:
    """dbt's manifest of the project in any `folder`; writes nothing there and opens no warehouse.

    Raises FileRefused when the folder is not a dbt project, TransformationError when dbt cannot parse it.
    """
    if not (folder / "dbt_project.yml").is_file():
        raise FileRefused(f"{folder} is not a dbt project: it has no dbt_project.yml.", "Name the folder of a dbt project.")
    from dbt.cli.main import dbtRunner

    with TemporaryDirectory() as scratch:
        flags = ["--project-dir", folder, "--target-path", scratch, "--log-path", scratch, "--no-send-anonymous-usage-stats"]
        if (folder / "profiles.yml").is_file():
            flags += ["--profiles-dir", folder]
        result = _finished(dbtRunner().invoke(["parse", "--no-partial-parse", *map(str, flags), *_QUIET]))
    if not result.success:
        raise TransformationError(
            f"dbt cannot parse {folder}: {_one_line(result.exception)}.", "Correct the file in the message."
        )
    return result.result.to_dict(omit_none=False)


def build(
    domain: DomainFolder, models: Sequence[str], on_node: Callable[[str, str], None], only: Mapping[str, str] = {}
) -> dict[str, NodeResult]:
    """Builds and tests the named models.

    Args:
        domain: the domain that owns the dbt project.
        models: names of models; their tests run with them.
        on_node: called with the name and status of each finished node, on a thread of dbt's.
        only: port model → SQL predicate: only the rows that satisfy it are built.

    Returns: the results by dbt's node id. Raises TransformationError when dbt cannot start the build.
    """

    def on_event(event: Any) -> None:
        if event.info.name == "NodeFinished":
            on_node(event.data.node_info.node_name, event.data.run_result.status)

    domain.home.candidates(domain.name).mkdir(parents=True, exist_ok=True)
    # The materialisation reads this variable and dbt's parser does not, so other days do not invalidate dbt's parsed state.
    os.environ["MESH_ONLY"] = json.dumps(only)
    # Buildable: a test that also reads a model outside this build would test old data.
    result = _invoke(domain, ["build", "--select", *models, "--indirect-selection", "buildable"], on_event)
    if result.result is None:
        raise TransformationError(
            f"dbt cannot build dbt_projects/{domain.name}: {_one_line(result.exception)}.", "Correct the file in the message."
        )
    return {node.id: node for node in map(_node_result, result.result)}


def _node_result(result: Any) -> NodeResult:
    node = result.node
    return NodeResult(
        id=node.unique_id,
        name=node.name,
        kind=str(node.resource_type),
        status=str(result.status),
        seconds=result.execution_time,
        message=_one_line(result.message),
        file=node.original_file_path,
        code=_code(node),
        model=_compiled_model(node),
    )


def _code(node: Any) -> str:
    """The code that dbt ran: compiled SQL, or the source of a Python model; for a seed, the digest of its file."""
    code = getattr(node, "compiled_code", None) or getattr(node, "raw_code", None)
    return code or getattr(getattr(node, "checksum", None), "checksum", "") or ""


def _invoke(domain: DomainFolder, arguments: list[str], on_event: Callable[[Any], None] | None = None) -> "dbtRunnerResult":
    """Runs one dbt command, under a lock because two processes must not share a target folder."""
    from dbt.cli.main import dbtRunner
    from filelock import FileLock

    home = domain.home
    folder = home.dbt(domain.name)
    folder.mkdir(parents=True, exist_ok=True)
    home.warehouse(domain.name).parent.mkdir(parents=True, exist_ok=True)
    # The profile reads this variable; it is constant for a home, so dbt can keep its parsed state.
    os.environ["MESH_HOME"] = str(home.root)
    flags = [
        "--project-dir",
        domain.dbt_project,
        "--profiles-dir",
        domain.dbt_project,
        "--target-path",
        folder,
        "--log-path",
        folder / "logs",
    ]
    with FileLock(folder / "target.lock"):
        try:
            runner = dbtRunner(callbacks=[on_event] if on_event else [])
            return _finished(runner.invoke([*arguments, *map(str, flags), *_QUIET]))
        finally:
            from dbt.adapters.duckdb.connections import DuckDBConnectionManager

            # dbt keeps the warehouse open, and so locked, after the command.
            DuckDBConnectionManager.close_all_connections()


def _finished(result: "dbtRunnerResult") -> "dbtRunnerResult":
    """The result, unless Ctrl-C ended the command: dbt returns a KeyboardInterrupt like any other exception."""
    for problem in (result.exception, getattr(result.exception, "__cause__", None)):
        if problem is not None and not isinstance(problem, Exception):
            raise problem
    return result


def _one_line(message: object) -> str:
    return " ".join(str(message or "dbt gave no reason").split())
