"""The compiled models of a domain's dbt project, for the capabilities that read their SQL."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from mesh_isolation.files import write_whole
from mesh_isolation.records import read_cache, shaped
from mesh_isolation.sandbox import TookTooLong
from mesh_isolation.side_writes import CHANGED
from mesh_platform.build import dbt
from mesh_platform.build.dbt import CompiledModel, for_another
from mesh_platform.build.port_graph import project_digest
from mesh_platform.errors import DomainBusy, MeshError, TransformationError
from mesh_platform.project import DomainFolder

_FORMAT = 6
"""The format of `compiled.json`; a file of another format is compiled again."""


@dataclass(frozen=True)
class _Kept:
    """What was kept of a project with that digest: its models, or why they could not be read."""

    format: int
    digest: str
    models: list[CompiledModel] | None = None
    problem: tuple[str, str] | None = None


_tried: dict[tuple[Path, str], MeshError] = {}
"""What this process did not finish to read; a UI that runs for days starts a process for each run."""


def load_compiled(domain: DomainFolder) -> list[CompiledModel]:
    """The compiled models of a domain's project, cached in the mesh's home.

    Raises TransformationError when dbt cannot compile the project, and DomainBusy. A project that took too long for the publish
    of another domain is not compiled again for such a publish until a file of it changes.
    """
    cache = domain.home.dbt(domain.name) / "compiled.json"
    changed = Path(f"{domain.home.warehouse(domain.name)}{CHANGED}").exists()
    head = {"format": _FORMAT, "digest": f"{project_digest(domain)}{CHANGED if changed else ''}"}
    if problem := _tried.get((cache, head["digest"])):
        raise problem
    kept = read_cache(cache, _Kept)
    if kept and (kept.format, kept.digest) == (_FORMAT, head["digest"]):
        if kept.models is not None:
            return kept.models
        if kept.problem is not None and for_another(domain.name):
            raise TransformationError(*kept.problem) from TookTooLong()
    try:
        models = compiled(domain)
    except MeshError as problem:
        if unfinished(problem):
            _tried[cache, head["digest"]] = problem
        if unfinished(problem) and isinstance(problem, TransformationError) and for_another(domain.name):
            write_whole({cache: json.dumps({**head, "problem": [problem.found, problem.way_out]})})
        raise
    write_whole({cache: json.dumps({**head, "models": list(map(asdict, models))})})
    return models


def compiled(domain: DomainFolder) -> list[CompiledModel]:
    """Every model and snapshot of the project with its compiled SQL; dbt does not query the warehouse, so none need exist."""
    answer = dbt.run_command(domain, ["compile", "--no-introspect", "--no-populate-cache"])
    with dbt.reading_answer():
        return [shaped(node["model"], CompiledModel) for node in answer["nodes"] if node["model"]]


def unfinished(problem: BaseException) -> bool:
    """Whether a domain's project was not read because that takes too long or another process works on it."""
    return isinstance(problem, DomainBusy) or isinstance(problem.__cause__, TookTooLong)
