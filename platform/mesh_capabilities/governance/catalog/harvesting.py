"""Harvesting only what has changed: which parts of the mesh are as they were, which are new, and which are gone."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from mesh_capabilities.governance.catalog.harvest.contracts import harvest_contract
from mesh_capabilities.governance.catalog.harvest.domains import harvest_domain
from mesh_capabilities.governance.catalog.harvest.harvested import Harvested
from mesh_capabilities.governance.catalog.harvest.lineage import Lineage
from mesh_capabilities.governance.catalog.harvest.models import harvest_project
from mesh_capabilities.governance.catalog.harvest.products import harvest_product
from mesh_capabilities.governance.catalog.harvest.runs import harvest_runs
from mesh_capabilities.governance.catalog.harvest.served import harvest_port
from mesh_capabilities.governance.catalog.harvest.transitions import harvest_transitions
from mesh_capabilities.governance.catalog.kept import Kept
from mesh_capabilities.governance.catalog.survey import Survey, Unit
from mesh_platform.home import MeshHome
from mesh_platform.project import Project

if TYPE_CHECKING:
    from dagster import DagsterInstance

HARVESTERS: Mapping[str, Callable[[Project, str], Harvested]] = {
    "domain": harvest_domain,
    "product": harvest_product,
    "contract": harvest_contract,
    "transitions": harvest_transitions,
    "port": harvest_port,
    "project": harvest_project,
}
"""By kind of part, what turns one into rows."""

_RUNS = Unit("runs", "", "")
"""Stands for the whole history of runs: whether there may be new ones in it."""


def harvest(project: Project, kept: Kept, instance: "DagsterInstance | None" = None) -> dict[Unit, Harvested]:
    """Brings what is kept up to date with the mesh, and gives what was harvested for that.

    Args:
        project: the mesh.
        kept: what was harvested before.
        instance: Dagster's, where one is open; else the home's is opened when it has something new.
    """
    survey = Survey(project)
    units = list(survey.units())
    found = {unit: HARVESTERS[unit.kind](project, unit.name) for unit in units if not _as_it_was(unit, kept, survey)}
    followed = [Unit("lineage", port, port.partition("/")[0]) for port in _ports(found, units, kept)]
    lineage = Lineage(project)
    for unit in followed:
        if unit.domain in project.domains and not _as_it_was(unit, kept, survey):
            found[unit] = lineage.harvest(unit.name, kept.digests.get(unit.id))
    found |= _runs(project.home, kept, survey, instance)
    there = {unit.id for unit in (*units, *followed, _RUNS)}
    gone = [unit for unit in kept.digests if unit not in there and not unit.startswith("run:")]
    if found or gone:
        signatures = {key: survey.signature(key) for harvested in found.values() for key in harvested.reads}
        kept.replace(found, gone, signatures)
    return found


def _as_it_was(unit: Unit, kept: Kept, survey: Survey) -> bool:
    looked_at = kept.looked_at.get(unit.id)
    return bool(looked_at) and all(survey.signature(key) == signature for key, signature in looked_at.items())


def _ports(found: Mapping[Unit, Harvested], units: list[Unit], kept: Kept) -> Iterator[str]:
    """The ports that models make: of projects that were harvested just now, and of those that are as they were."""
    for unit in units:
        if unit.kind == "project":
            rows = found[unit].rows.get("models", ()) if unit in found else None
            yield from kept.ports.get(unit.name, ()) if rows is None else (row["port"] for row in rows)


def _runs(home: MeshHome, kept: Kept, survey: Survey, instance: "DagsterInstance | None") -> dict[Unit, Harvested]:
    # An instance that is handed over may keep its runs elsewhere than in the home, where a deployment has none.
    if instance is None and (not survey.signature("runs:") or _as_it_was(_RUNS, kept, survey)):
        return {}
    told = [float(digest.split()[1]) for unit, digest in kept.digests.items() if unit.startswith("run:")]
    since = max(told, default=None)
    if instance:
        return {_RUNS: Harvested(reads=frozenset({"runs:"})), **harvest_runs(instance, since, kept.digests)}
    from dagster import DagsterInstance

    with DagsterInstance.from_config(str(home.dagster)) as opened:
        return {_RUNS: Harvested(reads=frozenset({"runs:"})), **harvest_runs(opened, since, kept.digests)}
