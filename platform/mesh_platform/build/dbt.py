"""Running dbt in a sandbox: parsing, compiling and building a domain's project."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mesh_isolation.dbt_commands import flags_of, more_than_a_warehouse, run_dbt
from mesh_isolation.dbt_messages import NO_VARIABLE, hide_values, with_nearest
from mesh_isolation.dbt_results import CompiledModel as CompiledModel
from mesh_isolation.dbt_results import NodeResult as NodeResult
from mesh_isolation.known_names import KnownNames
from mesh_isolation.leftovers import remove, remove_leftovers
from mesh_isolation.records import shaped
from mesh_isolation.sandbox import Sandbox, SandboxFailed, call
from mesh_isolation.team_files import plain_files
from mesh_isolation.text import without_values
from mesh_platform.errors import AccessRefused, DomainBusy, MeshError, ProjectError, TransformationError, naming_faults
from mesh_platform.project import DomainFolder
from mesh_platform.yaml_files import read_mapping

MACROS = Path(__file__).parent / "macros"
"""The macros that every domain's dbt project shares."""
ENGINE = f"duckdb {version('duckdb')}"


def parse(domain: DomainFolder) -> Mapping[str, Any]:
    """Nodes, sources and unit tests of dbt's manifest. Raises TransformationError when dbt cannot parse the project."""
    return run_command(domain, ["parse"])["manifest"]


def build_models(
    domain: DomainFolder,
    models: Sequence[str],
    files: Sequence[Path],
    on_node: Callable[[str, str], None],
    only: Mapping[str, str] = {},
) -> dict[str, NodeResult]:
    """Builds and tests the named models.

    Args:
        domain: the domain that owns the dbt project.
        models: names of models; their tests run with them.
        files: the files of the ports that they may read.
        on_node: called with the name and status of each finished node.
        only: port model → SQL predicate: only the rows that satisfy it are built.

    Returns: the results by dbt's node id. Raises TransformationError when dbt cannot start the build.
    """
    # Buildable: a test that also reads a model outside this build would test old data.
    arguments = ["build", "--select", *models, "--indirect-selection", "buildable"]
    # The materialisation reads this variable and dbt's parser does not, so other days do not invalidate dbt's parsed state.
    answer = run_command(domain, arguments, files, on_node, {"MESH_ONLY": json.dumps(only)})
    with reading_answer():
        results = [shaped(node, NodeResult) for node in answer["nodes"]]
        if not all(0 <= node.seconds < LONGEST for node in results):
            raise ValueError
        return {node.id: node for node in results}


PUBLISHING: ContextVar[str | None] = ContextVar("publishing", default=None)
"""The domain whose gates are being asked: what they read of other domains must not hold its publish up."""


def for_another(domain: str) -> bool:
    """Whether a domain is read for the gates of another domain, whose publish it must not hold up."""
    return PUBLISHING.get() not in (None, domain)


LONGEST = 1e9
"""More seconds than any node takes."""
SECONDS, WAIT, MEGABYTES = 120, 60, 4_000
OTHERS_SECONDS, OTHERS_WAIT = 30, 3
"""How long dbt may parse or compile a project, the publishing domain's or another's, and how long its lock is waited for."""


def run_command(
    domain: DomainFolder,
    arguments: Sequence[str],
    files: Sequence[Path] = (),
    on_node: Callable[[str, str], None] = lambda name, status: None,
    variables: Mapping[str, str] = {},
) -> dict[str, Any]:
    """Runs one dbt command, under a lock: processes must not share a target folder. Raises MeshError, but not for a node."""
    from filelock import FileLock, Timeout

    building = arguments[0] == "build"
    limits = (OTHERS_SECONDS, OTHERS_WAIT) if for_another(domain.name) else (SECONDS, WAIT)
    seconds, wait = (None, -1) if building else limits
    home = domain.home
    # The platform's own files about the project are beside the target folder, where the project's code cannot change them.
    target, warehouse, built = home.dbt(domain.name) / "target", home.warehouse(domain.name), home.built(domain.name)
    if building:
        remove(built)
    # Only a build changes the warehouse and writes candidates, while its run holds the domain.
    written = [target, *([warehouse.parent, built] if building else [])]
    for folder in (*written, warehouse.parent):
        folder.mkdir(parents=True, exist_ok=True)
    _check_profile(domain)
    sandbox = Sandbox(
        [domain.dbt_project, domain.root / "platform", target.parent / "profiles.yml", warehouse.parent, *files],
        written,
        # The project reads the home; it is constant, so dbt can keep its parsed state.
        {"MESH_HOME": str(home.root), **domain.environment(), **variables},
        seconds,
        None if building else MEGABYTES,
        [domain.folder],
    )
    try:
        lock = FileLock(target.with_suffix(".lock")).acquire(timeout=wait)
    except Timeout:
        raise DomainBusy(f"dbt_projects/{domain.name} is busy: another process runs dbt.", "Try again when it ends.") from None
    with naming_faults(), lock:
        remove_leftovers(target, {".msgpack", ".json"}, {""}, ["compiled", "run"])
        inputs = {
            "arguments": [*arguments, *flags_of(domain.dbt_project, target, str(warehouse))],
            "warehouse": str(warehouse),
            "files": [*map(str, files), *map(str, plain_files(domain.dbt_project, ".csv"))],
            "folders": [str(built)],
            "macros": [file.read_text(encoding="utf-8") for file in sorted(MACROS.glob("*.sql"))],
        }
        folders = [domain.dbt_project, domain.folder, MACROS, *(domain.root / "domains").glob("*/contracts")]
        answer = call_dbt(inputs, sandbox, on_node, KnownNames(folders, [warehouse, *files]) if building else None)
    if not answer["success"] and not (building and answer["nodes"]):
        raise _failed(arguments[0], domain, answer)
    return answer


def call_dbt(
    inputs: Mapping[str, Any],
    sandbox: Sandbox,
    on_node: Callable[[str, str], None] = lambda name, status: None,
    names: KnownNames | None = None,
) -> dict[str, Any]:
    """Calls `run_dbt` in the sandbox, whose answer is that of the domain's code: only its shape is relied on.

    Its messages hold no values, and of names those in `names`; None where no data are read.
    """
    try:
        answer = call(
            run_dbt, inputs, sandbox, TransformationError, lambda name="", status="", *_: on_node(str(name), str(status))
        )
    except SandboxFailed as problem:
        way_out = "Run it again; if it happens again, look for the cause in the domain's models."
        reason = without_values(problem)
        raise TransformationError(f"dbt did not finish: {names.shown(reason) if names else reason}.", way_out) from problem
    nodes = answer.get("nodes") if isinstance(answer, dict) else None
    with reading_answer():
        if not isinstance(nodes, list) or not all(node.keys() == NodeResult.__annotations__.keys() for node in nodes):
            raise ValueError
        shaped([answer.get("success"), answer.get("problem")], tuple[bool, str])
    if names:
        hide_values(answer, names)
    return answer


@contextmanager
def reading_answer() -> Iterator[None]:
    """Inside the block, an answer of dbt is read, whose shape the domain's code can change. Raises TransformationError then."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        way_out = "Remove the code that changes dbt's results."
        raise TransformationError("dbt gave a result of another shape.", way_out) from problem


def _check_profile(domain: DomainFolder) -> None:
    """Raises AccessRefused when the domain's profiles.yml opens more than the warehouse."""
    path = domain.dbt_project / "profiles.yml"
    if path.is_file() and (more := more_than_a_warehouse(read_mapping(path, ProjectError))):
        raise AccessRefused(
            f"{domain.relative(path)} sets {', '.join(more)}; the platform opens only the warehouse of {domain.name}.",
            "Remove it. To read another domain's data, declare the port under inputPorts of the product.",
        )


def no_secret(file: str, variable: str, domain: DomainFolder) -> AccessRefused:
    """The error for a file that reads an environment variable which its domain has not declared."""
    return AccessRefused(
        f"{file} reads the environment variable {variable}, which is not a declared secret.",
        f"List it under secrets in domains/{domain.name}/domain.yaml: `{variable}: env`.",
    )


def _failed(verb: str, domain: DomainFolder, answer: Mapping[str, Any]) -> MeshError:
    reason = answer["problem"] or next((node["message"] for node in answer["nodes"] if node["message"]), None)
    reason = reason if verb == "build" else with_nearest(reason, KnownNames([domain.dbt_project]))
    if variable := NO_VARIABLE.search(str(reason)):
        return no_secret(f"dbt_projects/{domain.name}", variable[1], domain)
    return unusable(verb, f"dbt_projects/{domain.name}", reason)


def unusable(verb: str, project: str, reason: object) -> TransformationError:
    reason = " ".join(str(reason or "dbt gave no reason").split()).rstrip(".")
    message = f"dbt cannot {verb} {project}: {reason}{'' if reason.endswith('?') else '.'}"
    return TransformationError(message, "Correct the file in the message.")
