"""Harvesting only the changes: the units of the mesh that are new, unchanged or gone."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import duckdb

from mesh_capabilities.governance.catalog.fact_tables import Harvested
from mesh_capabilities.governance.catalog.harvest_declared import (
    harvest_contract,
    harvest_domain,
    harvest_product,
    harvest_transitions,
)
from mesh_capabilities.governance.catalog.harvest_observed import (
    UNFINISHED,
    Lineage,
    harvest_port,
    harvest_project,
    harvest_runs,
)
from mesh_capabilities.governance.catalog.kept import Kept, unstorable
from mesh_capabilities.governance.catalog.survey import Survey, Unit
from mesh_platform.build import dbt
from mesh_platform.build.dbt import for_another
from mesh_platform.errors import described, is_interruption, trace_error
from mesh_platform.home import MeshHome
from mesh_platform.project import Project

HARVESTERS: Mapping[str, Callable[[Project, str], Harvested]] = {
    "domain": harvest_domain,
    "product": harvest_product,
    "contract": harvest_contract,
    "transitions": harvest_transitions,
    "port": harvest_port,
    "project": harvest_project,
}
"""By kind of unit, the function that turns one into rows."""

_RUNS = Unit("runs", "", "")
"""The whole history of runs; its signature changes when there may be new ones."""


def harvest(project: Project, kept: Kept, instance: object | None = None) -> dict[Unit, Harvested]:
    """Brings the kept facts up to date with the mesh, and returns the newly harvested units.

    Args:
        project: the mesh.
        kept: the facts of the last harvest.
        instance: a `DagsterInstance` that is open already; else that of the mesh's home is opened when it has new runs.
    """
    survey = Survey(project)
    units = list(survey.units())
    harvested = {}
    for unit in units:
        if not _unchanged(unit, kept, survey):
            _add(harvested, unit, kept, partial(HARVESTERS[unit.kind], project, unit.name))
    followed = [Unit("lineage", port, port.partition("/")[0]) for port in _ports(harvested, units, kept)]
    lineage = Lineage(project)
    for unit in followed:
        if unit.domain in project.domains and not _unchanged(unit, kept, survey):
            _add(harvested, unit, kept, partial(lineage.harvest, unit.name, kept.digests.get(unit.id)))
    harvested |= _runs(project.home, kept, survey, instance)
    existing = {unit.id for unit in (*units, *followed, _RUNS)}
    gone = [unit for unit in kept.digests if unit not in existing and not unit.startswith("run:")]
    if harvested or gone:
        signatures = {key: survey.signature(key) for part in harvested.values() for key in part.reads}
        try:
            kept.replace(harvested, gone, signatures)
        except (duckdb.Error, ValueError):
            if not (faults := unstorable(harvested)):
                raise
            harvested |= {unit: _faulty(unit, fault) for unit, fault in faults.items()}
            kept.replace(harvested, gone, signatures)
    return harvested


def _add(harvested: dict[Unit, Harvested], unit: Unit, kept: Kept, harvest_unit: Callable[[], Harvested]) -> None:
    """Harvests a unit. For the publish of another domain, one that cannot be read now stays as it was harvested last.

    Any fault of a harvester is a problem of the unit's domain; only the publish of that domain itself fails for it.
    """
    try:
        part = harvest_unit()
    except Exception as fault:
        if is_interruption(fault):
            raise
        part = _faulty(unit, fault)
    if part.digest == UNFINISHED and for_another(unit.domain) and unit.id in kept.digests:
        return
    harvested[unit] = part


def _faulty(unit: Unit, fault: Exception) -> Harvested:
    """A unit that cannot be harvested, as a problem of its domain. Raises the fault when that domain itself is published."""
    if dbt.PUBLISHING.get() == unit.domain:
        raise fault
    trace_error(fault)
    problem = f"{unit.name} cannot be harvested: {described(fault)[:500]}."
    return Harvested({"problems": [{"domain": unit.domain, "file": unit.name, "problem": problem}]})


def _unchanged(unit: Unit, kept: Kept, survey: Survey) -> bool:
    if kept.digests.get(unit.id) == UNFINISHED and not for_another(unit.domain):
        return False
    looked_at = kept.looked_at.get(unit.id)
    return bool(looked_at) and all(survey.signature(key) == signature for key, signature in looked_at.items())


def _ports(harvested: Mapping[Unit, Harvested], units: list[Unit], kept: Kept) -> Iterator[str]:
    """The ports that models build: those of the projects harvested just now, and those kept of unchanged projects."""
    for unit in units:
        if unit.kind == "project":
            rows = harvested[unit].rows.get("models", ()) if unit in harvested else None
            yield from kept.ports.get(unit.name, ()) if rows is None else (row["port"] for row in rows)


def _runs(home: MeshHome, kept: Kept, survey: Survey, instance: object | None) -> dict[Unit, Harvested]:
    # A given instance may store its runs elsewhere than in the home: in a deployment, the home has none.
    if instance is None and (not survey.signature("runs:") or _unchanged(_RUNS, kept, survey)):
        return {}
    from mesh_platform.dagster.history import RunHistory, open_history

    updates = [float(digest.split()[1]) for unit, digest in kept.digests.items() if unit.startswith("run:")]
    since = max(updates, default=None)
    looked = {_RUNS: Harvested(reads=frozenset({"runs:"}))}
    if instance:
        return {**looked, **harvest_runs(RunHistory(instance), since, kept.digests)}
    with open_history(home) as history:
        return {**looked, **harvest_runs(history, since, kept.digests)}
