"""A model as dbt would run it."""

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
    """One model: the relation it makes, and the query it is made by, without Jinja."""

    name: str
    schema: str
    """Of the warehouse: `main`, or what dbt makes of the model's own schema."""
    file: str
    """The model's SQL, from the dbt project's folder."""
    materialized: str
    """`port` for what is published, `snapshot` for what dbt remembers from run to run."""
    sql: str
    node: str = ""
    """The name under which other models refer to it."""
    remembers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Of a snapshot, for each column that dbt adds, the columns of `sql` by which it is set."""


ENGINE = f"duckdb {version('duckdb')}"


_QUIET = ["--quiet", "--no-version-check", "--log-level", "none", "--log-level-file", "none", "--no-write-json"]


@dataclass(frozen=True)
class NodeResult:
    """What became of one model or test."""

    id: str
    name: str
    kind: str
    """`model` or `test`."""
    status: str
    """`success`, `pass` or `warn` are good; `error`, `fail` and `skipped` are not."""
    seconds: float
    message: str
    file: str
    """From the dbt project's folder."""
    code: str = ""
    """What was run, without Jinja; of a seed, the digest of its file; empty where dbt did not come so far."""
    model: CompiledModel | None = None
    """The model or snapshot that was run; None for tests and seeds."""

    @property
    def good(self) -> bool:
        return self.status in ("success", "pass", "warn")


def parse(domain: DomainFolder) -> Mapping[str, Any]:
    """dbt's manifest of the domain's project. Raises TransformationError when dbt cannot read the project."""
    result = _invoke(domain, ["parse"])
    if not result.success:
        raise TransformationError(
            f"dbt cannot parse dbt_projects/{domain.name}: {_one_line(result.exception)}.", "Correct the file it names."
        )
    return result.result.to_dict(omit_none=False)


def compiled(domain: DomainFolder) -> list[CompiledModel]:
    """Every model and snapshot of the project with its SQL as dbt would run it.

    Nothing is asked of the warehouse, so this needs none. Raises TransformationError when dbt cannot compile the project.
    """
    result = _invoke(domain, ["compile", "--no-introspect", "--no-populate-cache"])
    if not result.success:
        said = result.exception or next((node.message for node in result.result or () if node.message), None)
        raise TransformationError(
            f"dbt cannot compile dbt_projects/{domain.name}: {_one_line(said)}.", "Correct what it names."
        )
    return [model for done in result.result if (model := _compiled_model(done.node))]


def _compiled_model(node: Any) -> CompiledModel | None:
    """What dbt knows of a model or snapshot once it is compiled; None for tests and seeds, and what came not so far."""
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
    """Of a snapshot, for each column that dbt adds, the columns by which it is set; `check_cols: all` leaves the key."""
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
    """dbt's manifest of the project in any `folder`; nothing is written there and no warehouse is opened.

    Raises FileRefused when there is no project, TransformationError when dbt cannot read it.
    """
    if not (folder / "dbt_project.yml").is_file():
        raise FileRefused(f"{folder} is no dbt project: it has no dbt_project.yml.", "Name a dbt project's folder.")
    from dbt.cli.main import dbtRunner

    with TemporaryDirectory() as scratch:
        flags = ["--project-dir", folder, "--target-path", scratch, "--log-path", scratch, "--no-send-anonymous-usage-stats"]
        if (folder / "profiles.yml").is_file():
            flags += ["--profiles-dir", folder]
        result = dbtRunner().invoke(["parse", "--no-partial-parse", *map(str, flags), *_QUIET])
    if not result.success:
        raise TransformationError(f"dbt cannot parse {folder}: {_one_line(result.exception)}.", "Correct what it names.")
    return result.result.to_dict(omit_none=False)


def build(
    domain: DomainFolder, models: Sequence[str], on_node: Callable[[str, str], None], only: Mapping[str, str] = {}
) -> dict[str, NodeResult]:
    """Builds and tests the named models.

    Args:
        domain: whose dbt project.
        models: names of models; their tests run with them.
        on_node: called with the name and the status of each node as soon as it is done, from a thread of dbt's.
        only: by port model, a SQL predicate on its rows: the others are not built.

    Returns: the results by dbt's node id. Raises TransformationError when dbt could not begin.
    """

    def heard(event: Any) -> None:
        if event.info.name == "NodeFinished":
            on_node(event.data.node_info.node_name, event.data.run_result.status)

    domain.home.candidates(domain.name).mkdir(parents=True, exist_ok=True)
    # Buildable: a test that also looks at a model that is not built now would judge something old.
    # Read by the materialisation and by nothing that dbt parses, so another day does not cost dbt its parsed state.
    os.environ["MESH_ONLY"] = json.dumps(only)
    result = _invoke(domain, ["build", "--select", *models, "--indirect-selection", "buildable"], heard)
    if result.exception and not isinstance(result.exception, Exception):
        raise result.exception  # Ctrl-C: dbt hands it over like any other problem
    if result.result is None:
        raise TransformationError(
            f"dbt could not build dbt_projects/{domain.name}: {_one_line(result.exception)}.", "Correct what it names."
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
    """What dbt ran: its SQL, or a model in Python as it stands; a seed has neither, and the digest of its file."""
    said = getattr(node, "compiled_code", None) or getattr(node, "raw_code", None)
    return said or getattr(getattr(node, "checksum", None), "checksum", "") or ""


def _invoke(domain: DomainFolder, arguments: list[str], heard: Callable[[Any], None] | None = None) -> "dbtRunnerResult":
    """One dbt command. The lock is there because two processes must not share a target folder."""
    from dbt.cli.main import dbtRunner
    from filelock import FileLock

    home = domain.home
    folder = home.dbt(domain.name)
    folder.mkdir(parents=True, exist_ok=True)
    home.warehouse(domain.name).parent.mkdir(parents=True, exist_ok=True)
    # The profile reads this; it is the same for every command of a home, so dbt can keep what it has parsed.
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
            return dbtRunner(callbacks=[heard] if heard else []).invoke([*arguments, *map(str, flags), *_QUIET])
        finally:
            from dbt.adapters.duckdb.connections import DuckDBConnectionManager

            # dbt keeps the warehouse open, and so locked, after it is done.
            DuckDBConnectionManager.close_all_connections()


def _one_line(message: object) -> str:
    return " ".join(str(message or "it gave no reason").split())
