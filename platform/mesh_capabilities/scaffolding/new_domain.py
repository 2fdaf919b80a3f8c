"""A domain: its folder, its package, its dbt project, and its entry in the registry."""

from typing import Any

from mesh_capabilities.errors import ScaffoldError
from mesh_capabilities.scaffolding.growth import Growth, Rendering
from mesh_capabilities.scaffolding.new_names import check_new_domain, one_line, spoken
from mesh_capabilities.scaffolding.rendering import newest_version, record_of, render, written_record
from mesh_isolation.text_formats import has_format
from mesh_platform.home import REGISTRY
from mesh_platform.project import OWNER, Project


def new_domain(project: Project, name: str, title: str = "", owner: str = "", channel: str = "", address: str = "") -> Growth:
    """The files of a new domain. Raises ScaffoldError for a name, an owner or an address that it cannot have.

    Args:
        title: the displayed name; by default derived from `name`.
        owner: the owning team in Dagster's spelling; by default `team:` and the name.
        channel: the channel in which consumers reach that team.
        address: the mail address of that team.
    """
    check_new_domain(name, project)
    hyphened = name.replace("_", "-")
    title = one_line(title, "The title") or spoken(name).capitalize()
    answers: dict[str, Any] = {
        "domain": name,
        "title": title,
        "description": f"{title}: what the team knows and others need.",
        "owner": one_line(owner, "The owner") or f"team:{name}",
        "channel": one_line(channel, "The channel") or f"#data-{hyphened}",
        "address": one_line(address, "The address") or f"data-{hyphened}@example.com",
    }
    if not is_owner(answers["owner"]):
        raise ScaffoldError(f"{answers['owner']!r} is no owner.", "Write a team, like team:movers, or a mail address.")
    if not has_format(answers["address"], "email"):
        raise ScaffoldError(f"{answers['address']!r} is no mail address.", "Write one like movers@example.com.")
    growth = Growth(f"domain {name}", name)
    growth.make(render(["domain"], answers))
    growth.edit_yaml(project.root, REGISTRY, lambda yaml: yaml.with_item(("load_from",), [_entry(name)]))
    growth.renderings.append(Rendering(("domain",), newest_version(), answers))
    growth.make({record_of(name): written_record(growth.renderings)})
    growth.refuse_taken(project.root)
    return growth


def is_owner(text: str) -> bool:
    """Whether `mesh new domain` takes it for the owner of a domain: a team, or an address that every contract accepts, too."""
    return bool(OWNER.fullmatch(text)) and (text.startswith("team:") or has_format(text, "email"))


def _entry(name: str) -> str:
    return f"python_module: {{module_name: {name}.definitions, location_name: {name}}}"
