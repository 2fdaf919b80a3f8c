"""The compiled models of a domain's dbt project, for the capabilities that read their SQL."""

import json
from dataclasses import asdict

from mesh_isolation.files import write_whole
from mesh_platform.build import dbt
from mesh_platform.build.dbt import CompiledModel
from mesh_platform.build.port_graph import project_digest
from mesh_platform.project import DomainFolder

_FORMAT = 2
"""The format of `compiled.json`; a file of another format is compiled again."""


def load_compiled(domain: DomainFolder) -> list[CompiledModel]:
    """The compiled models of a domain's project, cached in the mesh's home.

    Raises TransformationError when dbt cannot compile the project.
    """
    cache = domain.home.dbt(domain.name) / "compiled.json"
    digest = project_digest(domain)
    try:
        document = json.loads(cache.read_text(encoding="utf-8"))
        if (document["format"], document["digest"]) == (_FORMAT, digest):
            return [CompiledModel(**model) for model in document["models"]]
    except (OSError, ValueError, KeyError, TypeError):
        pass  # no cache yet, or a damaged one
    models = dbt.compiled(domain)
    write_whole({cache: json.dumps({"format": _FORMAT, "digest": digest, "models": list(map(asdict, models))})})
    return models
