"""The SQL of a domain's models as dbt would run it, kept until a file of the project changes."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict

from mesh_platform.build import dbt
from mesh_platform.build.compiled_model import CompiledModel
from mesh_platform.build.port_graph import project_digest
from mesh_platform.project import DomainFolder

_FORMAT = 2
"""Of what is kept; what another release of the platform has kept is compiled anew."""


def load_compiled(domain: DomainFolder) -> list[CompiledModel]:
    """The models of a domain's project. Raises TransformationError when dbt cannot compile it."""
    kept = domain.home.dbt(domain.name) / "compiled.json"
    digest = project_digest(domain)
    try:
        said = json.loads(kept.read_text(encoding="utf-8"))
        if (said["format"], said["digest"]) == (_FORMAT, digest):
            return [CompiledModel(**model) for model in said["models"]]
    except (OSError, ValueError, KeyError, TypeError):
        pass  # never compiled, or what was kept is damaged: compile
    models = dbt.compiled(domain)
    kept.parent.mkdir(parents=True, exist_ok=True)
    beside = kept.with_suffix(".new")
    beside.write_text(
        json.dumps({"format": _FORMAT, "digest": digest, "models": list(map(asdict, models))}, indent=1), encoding="utf-8"
    )
    beside.replace(kept)
    return models


def code_digest(parts: Iterable[tuple[str, str]]) -> str:
    """One SHA-256 for some models, given as name and code; the order they come in does not matter."""
    digest = hashlib.sha256()
    for name, code in sorted(parts):
        digest.update(f"{len(name)} {name} {len(code)} {code}".encode())
    return digest.hexdigest()
