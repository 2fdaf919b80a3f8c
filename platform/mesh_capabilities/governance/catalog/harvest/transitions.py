"""The record of a product's life, as the file beside its descriptor says it."""

from mesh_capabilities.governance.catalog.harvest.harvested import Harvested
from mesh_platform.errors import ContractError, MeshError
from mesh_platform.project import Project
from mesh_platform.yaml_files import read_mapping


def harvest_transitions(project: Project, file: str) -> Harvested:
    """The rows of a record `<product>.lifecycle.yaml`; one that cannot be read is a problem of its domain."""
    path, reads = project.root / file, frozenset({f"file:{file}"})
    domain, name = path.parents[1].name, path.name.removesuffix(".lifecycle.yaml")
    try:
        entries = read_mapping(path, ContractError).get("transitions") or []
        rows = [
            {
                "product": f"{domain}/{name}",
                "from_status": entry["from"],
                "to_status": entry["to"],
                "at": entry["at"],
                "by": entry["by"],
                "why": entry["why"],
                "successor": entry.get("successor"),
                "ends_on": entry.get("ends"),
            }
            for entry in entries
        ]
    except (MeshError, KeyError, TypeError, AttributeError) as problem:
        said = str(problem) if isinstance(problem, MeshError) else "it is no record of a product's life"
        return Harvested({"problems": [{"domain": domain, "file": file, "problem": f"{file}: {said}"}]}, reads)
    return Harvested({"transitions": rows}, reads)
