"""A domain: its folder, its package, its dbt project, and its one entry in the registry."""

from typing import Any

from mesh_capabilities.scaffolding.growth import Grown, Growth
from mesh_capabilities.scaffolding.insertion import add_entry
from mesh_capabilities.scaffolding.names import check_new_domain
from mesh_capabilities.scaffolding.record import record_of, written_record
from mesh_capabilities.scaffolding.rendering import newest_version, render
from mesh_capabilities.scaffolding.words import said
from mesh_platform.home import REGISTRY
from mesh_platform.project import Project


def new_domain(project: Project, name: str, title: str = "", owner: str = "", channel: str = "", address: str = "") -> Growth:
    """What a domain called `name` takes. Raises ScaffoldError for a name that it cannot have.

    Args:
        title: how people call it; by default its name.
        owner: the team, as Dagster writes it.
        channel: where consumers reach that team.
        address: the mail address at which it can be written to.
    """
    check_new_domain(name, project)
    hyphened = name.replace("_", "-")
    title = title or said(name).capitalize()
    answers: dict[str, Any] = {
        "domain": name,
        "title": title,
        "description": f"{title}: what the team knows and others need.",
        "owner": owner or f"team:{name}",
        "channel": channel or f"#data-{hyphened}",
        "address": address or f"data-{hyphened}@example.com",
    }
    growth = Growth(f"domain {name}", name)
    growth.make(render(["domain"], answers))
    growth.edit(project.root, REGISTRY, lambda text: add_entry(text, ["load_from"], [_entry(name)], REGISTRY))
    growth.grown.append(Grown(("domain",), newest_version(), answers))
    growth.make({record_of(name): written_record(growth.grown)})
    growth.refuse_taken(project.root)
    return growth


def _entry(name: str) -> str:
    return f"python_module: {{module_name: {name}.definitions, location_name: {name}}}"
