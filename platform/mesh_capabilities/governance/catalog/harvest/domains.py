"""What a domain says of itself, or why it cannot be read."""

from mesh_capabilities.governance.catalog.harvest.harvested import Harvested
from mesh_platform.errors import MeshError
from mesh_platform.project import Project, load_domain


def harvest_domain(project: Project, name: str) -> Harvested:
    """The row of one domain; one whose file is broken has its name and the problem."""
    row = {"domain": name, "file": f"domains/{name}/domain.yaml", "problem": None}
    reads = frozenset({f"file:{row['file']}"})
    try:
        domain = load_domain(project.root, name)
    except MeshError as problem:
        return Harvested({"domains": [{**row, "problem": str(problem).replace(f"{project.root}/", "")}]}, reads)
    said = {part: getattr(domain, part) for part in ("title", "description", "channel")}
    return Harvested({"domains": [{**row, **said, "owner": domain.owner.removeprefix("team:")}]}, reads)
