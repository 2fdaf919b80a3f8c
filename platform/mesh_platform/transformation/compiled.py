"""The SQL of a domain's models as dbt would run it, kept until a file of the project changes."""

import json
from dataclasses import dataclass

from mesh_platform.project import DomainFolder
from mesh_platform.transformation import dbt
from mesh_platform.transformation.port_graph import project_digest


@dataclass(frozen=True)
class CompiledModel:
    """One model: the relation it makes, and the query it is made by, without Jinja."""

    name: str
    schema: str
    """Of the warehouse: `main`, or what dbt makes of the model's own schema."""
    file: str
    """The model's SQL, from the dbt project's folder."""
    materialized: str
    """`port` for what is published."""
    sql: str


def load_compiled(domain: DomainFolder) -> list[CompiledModel]:
    """The models of a domain's project. Raises TransformationError when dbt cannot compile it."""
    kept = domain.home.dbt(domain.name) / "compiled.json"
    digest = project_digest(domain)
    try:
        said = json.loads(kept.read_text(encoding="utf-8"))
        if said["digest"] == digest:
            return [CompiledModel(**model) for model in said["models"]]
    except (OSError, ValueError, KeyError, TypeError):
        pass  # never compiled, or what was kept is damaged: compile
    models = dbt.compiled(domain)
    kept.parent.mkdir(parents=True, exist_ok=True)
    beside = kept.with_suffix(".new")
    beside.write_text(json.dumps({"digest": digest, "models": models}, indent=1), encoding="utf-8")
    beside.replace(kept)
    return [CompiledModel(**model) for model in models]
