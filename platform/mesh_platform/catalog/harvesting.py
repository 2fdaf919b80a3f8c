"""Harvesting only what has changed: which parts of the mesh are as they were, which are new, and which are gone."""

from collections.abc import Callable, Mapping

from mesh_platform.catalog.harvest.contracts import harvest_contract
from mesh_platform.catalog.harvest.domains import harvest_domain
from mesh_platform.catalog.harvest.harvested import Harvested
from mesh_platform.catalog.harvest.products import harvest_product
from mesh_platform.catalog.harvest.served import harvest_port
from mesh_platform.catalog.kept import Kept
from mesh_platform.catalog.survey import Survey, Unit
from mesh_platform.project import Project

HARVESTERS: Mapping[str, Callable[[Project, str], Harvested]] = {
    "domain": harvest_domain,
    "product": harvest_product,
    "contract": harvest_contract,
    "port": harvest_port,
}
"""By kind of part, what turns one into rows."""


def harvest(project: Project, survey: Survey, kept: Kept) -> dict[Unit, Harvested]:
    """Brings what is kept up to date with the mesh, and gives what was harvested for that."""
    units = [unit for unit in survey.units() if unit.kind in HARVESTERS]
    changed = [unit for unit in units if not _as_it_was(kept.looked_at.get(unit.id), survey)]
    gone = kept.looked_at.keys() - {unit.id for unit in units}
    found = {unit: HARVESTERS[unit.kind](project, unit.name) for unit in changed}
    if found or gone:
        signatures = {key: survey.signature(key) for harvested in found.values() for key in harvested.reads}
        kept.replace(found, gone, signatures, cold=not kept.looked_at)
    return found


def _as_it_was(looked_at: Mapping[str, str] | None, survey: Survey) -> bool:
    return bool(looked_at) and all(survey.signature(key) == signature for key, signature in looked_at.items())
