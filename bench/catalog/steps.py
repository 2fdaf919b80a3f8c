"""The steps of the catalog's benchmark, one function each; each runs in a process of its own and prints its time.

To add a measurement, write a function and add it to STEPS.
"""

import json
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from mesh import keep_dbt, publish_once_more, size_of
from mesh_capabilities.governance.catalog.catalog import open_catalog
from mesh_capabilities.governance.catalog.harvest_observed import Lineage
from mesh_capabilities.governance.policy_report import evaluate
from mesh_platform.names import PortAddress
from mesh_platform.project import Project, load_project


def harvest_cold(project: Project, size: str) -> Mapping[str, float]:
    """Open the catalog when nothing was harvested before."""
    shutil.rmtree(project.home.root / "catalog", ignore_errors=True)
    return _open(project, size)


def harvest_unchanged(project: Project, size: str) -> Mapping[str, float]:
    """Open the catalog when nothing has changed."""
    return _open(project, size)


def harvest_one_contract(project: Project, size: str) -> Mapping[str, float]:
    """Open the catalog after one contract has changed."""
    file = project.domains["d001"].contracts / "p001.v1.odcs.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("To be one of many.", "To be another one."), encoding="utf-8")
    return _open(project, size)


def harvest_one_version(project: Project, size: str) -> Mapping[str, float]:
    """Open the catalog after one port got a new version."""
    publish_once_more(project, PortAddress("d001", "p001"), size_of(size))
    return _open(project, size)


def harvest_one_model(project: Project, size: str) -> Mapping[str, float]:
    """Open the catalog after one model has changed, without the time that dbt takes to compile its project."""
    file = project.domains["d001"].dbt_project / "models/ports/p001.sql"
    file.write_text(f"{file.read_text(encoding='utf-8')}where own.id > 0\n", encoding="utf-8")
    keep_dbt(project.domains["d001"], size_of(size), "d000")
    return _open(project, size)


def column_lineage(project: Project, size: str) -> Mapping[str, float]:
    """Follow the SQL of every port, column by column, and harvest nothing else."""
    shape = size_of(size)
    start, cpu = time.perf_counter(), time.process_time()
    lineage, rows = Lineage(project), 0
    for domain in shape.names:
        for port in shape.ports:
            rows += len(lineage.harvest(f"{domain}/{port}", None).rows["column_lineage"])
    return {"seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - cpu, "rows": rows}


def policies(project: Project, size: str) -> Mapping[str, float]:
    """Evaluate every policy, without the time to open the catalog."""
    catalog = open_catalog(project)
    start, cpu = time.perf_counter(), time.process_time()
    report = evaluate(project, catalog)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    counts = report.counts().values()
    results = sum(sum(states.values()) for states in counts)
    passed = sum(states.get("passed", 0) for states in counts)
    unrunnable = sum(states.get("unrunnable", 0) for states in counts)
    if unrunnable:
        raise SystemExit(f"{unrunnable} policies could not be executed: {report.findings[-1]}")
    return {"seconds": seconds, "cpu_seconds": cpu, "policies": len(report.judged), "results": results, "passed": passed}


def portal(project: Project, size: str) -> Mapping[str, float]:
    """Write every page of the portal, without the time to open the catalog."""
    from mesh_capabilities.portal.site import build_site

    catalog, shape = open_catalog(project), size_of(size)
    shutil.rmtree(project.home.root / "portal", ignore_errors=True)
    start, cpu = time.perf_counter(), time.process_time()
    built = build_site(catalog, project, project.home.root / "portal")
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    if built.products != shape.domains * shape.products:
        raise SystemExit(f"the portal has {built.products} products of {shape}")
    return {"seconds": seconds, "cpu_seconds": cpu, "files": built.files}


def portal_search(project: Project, size: str) -> Mapping[str, float]:
    """Type into the search of the portal: the slowest key until its results are shown."""
    from portal_search import slowest_key

    return slowest_key(project.home.root / "portal")


STEPS: Mapping[str, Callable[[Project, str], Mapping[str, float]]] = {
    step.__name__: step
    for step in (
        harvest_cold,
        harvest_unchanged,
        harvest_one_contract,
        harvest_one_version,
        harvest_one_model,
        column_lineage,
        policies,
        portal,
        portal_search,
    )
}
"""In the order in which they run; each gets the mesh as the previous one left it."""


def _open(project: Project, size: str) -> Mapping[str, float]:
    start, cpu = time.perf_counter(), time.process_time()
    catalog = open_catalog(project)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    count = "SELECT (SELECT count(*) FROM columns), (SELECT count(DISTINCT port) FROM column_lineage), count(*) FROM domains"
    columns, followed, domains = catalog.connection().execute(f"{count} WHERE state = 'loaded'").fetchone()
    shape = size_of(size)
    ports = shape.domains * shape.products
    if (columns, followed, domains) != (ports * shape.columns, ports, shape.domains):
        raise SystemExit(f"harvested {columns} columns, followed {followed} ports, loaded {domains} domains of {shape}")
    return {"seconds": seconds, "cpu_seconds": cpu, "columns": columns}


if __name__ == "__main__":
    name, folder, shape = sys.argv[1:]
    print(json.dumps(STEPS[name](load_project(Path(folder)), shape)))
