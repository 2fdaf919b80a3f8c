"""Whom a change of the registry is about: the domains whose entry is new or another; everybody, where one is gone."""

from typing import Any

from mesh_capabilities.review.changes import Changes
from mesh_platform.errors import ProjectError
from mesh_platform.home import REGISTRY
from mesh_platform.project import Project, code_locations
from mesh_platform.yaml_files import parse_mapping


def registered_anew(project: Project, changes: Changes) -> frozenset[str]:
    """The domains that the registry registers now and did not at the base, or otherwise.

    All of them where it says anything else, an entry is gone, or one of the two texts cannot be read.
    """
    everybody = frozenset(project.domains)
    if changes.base is None:
        return everybody
    try:
        before = _entries(changes.base.text(REGISTRY) or "")
        now = _entries((project.root / REGISTRY).read_text(encoding="utf-8"))
    except (ProjectError, TypeError):  # the latter for a name that is a list
        return everybody
    if before.keys() - now.keys():
        return everybody
    return frozenset(name for name, entry in now.items() if before.get(name) != entry)


def _entries(text: str) -> dict[str, Any]:
    """By code location, what the registry says; whatever else stands in it has to say nothing."""
    said = parse_mapping(text, REGISTRY, ProjectError)
    if said.keys() != {"load_from"}:
        raise ProjectError(f"{REGISTRY} says more than which domains there are.", "Leave what is no code location out of it.")
    return dict(code_locations(said))
