"""The two sides of the comparison, `mesh run` and one `dbt build` a domain, and the proof that each did its work."""

import json
from graphlib import TopologicalSorter
from pathlib import Path

from processes import ROOT, TOOLS, BenchmarkError, Cost, run

PROJECTS = ROOT / "dbt_projects"
_GOOD = {"success", "pass", "warn"}
_ONLY_HERE = {"governance"}
"""Domains that plain dbt has nothing to compare with: the metadata of the mesh come from the platform alone."""


def producer_order() -> list[str]:
    """The domains, producers first. A file in `models/inputs` is named after the producer that it reads."""
    projects = [path.parent for path in PROJECTS.glob("*/dbt_project.yml") if path.parent.name not in _ONLY_HERE]
    reads = {project.name: {file.stem for file in (project / "models" / "inputs").glob("*.yml")} for project in projects}
    return list(TopologicalSorter(reads).static_order())


def ports(domain: str) -> set[str]:
    """The names of the domain's ports: both sides have to make every one of them."""
    return {model.stem for model in (PROJECTS / domain / "models" / "ports").glob("*.sql")}


def generate(orders: int, folder: Path, home: Path) -> Path:
    """The folder of source files with so many orders; one that is already there is reused."""
    if not folder.exists():
        # Renamed when complete, so that an interrupted generation is never taken for the files.
        beside = folder.with_name(f"{folder.name}.unfinished")
        run([TOOLS / "marketplace", "--orders", str(orders), "--to", beside, "--json"], home)
        beside.rename(folder)
    return folder


def mesh_run(home: Path, sources: Path) -> Cost:
    """Everything: ingestion, transformation, tests, audit, publication, the company's domains in one process."""
    cost, said = run([TOOLS / "mesh", "run", *producer_order(), "--source", sources, "--json"], home)
    document = json.loads(said)
    published = {entry["port"] for entry in document["published"]}
    missing = {f"{domain}/{port}" for domain in producer_order() for port in ports(domain)} - published
    if missing or not document["ok"]:
        raise BenchmarkError(f"mesh run did not publish {', '.join(sorted(missing)) or 'cleanly'}: {document['failures']}")
    return cost


def dbt_builds(home: Path, targets: Path) -> Cost:
    """What a user without the platform types: `dbt build` in one project after the other.

    The raw tables and the views of other domains' ports are there already, left by the `mesh run` before; so is the
    state that dbt has parsed, in a target folder of each project's own (two projects must not share one).
    """
    total = Cost(0, 0, 0)
    for domain in producer_order():
        candidates, target = home / "candidates" / domain, targets / domain
        # Publishing has moved the files away, and a folder that is empty may not be there at all.
        candidates.mkdir(parents=True, exist_ok=True)
        project = PROJECTS / domain
        command = [TOOLS / "dbt", "build", "--project-dir", project, "--profiles-dir", project]
        cost, _ = run(command, home, DBT_TARGET_PATH=target, DBT_LOG_PATH=target / "logs")
        total += cost
        _check_built(domain, candidates, target / "run_results.json")
    return total


def _check_built(domain: str, candidates: Path, results: Path) -> None:
    said = json.loads(results.read_text(encoding="utf-8"))["results"]
    bad = [result["unique_id"] for result in said if result["status"] not in _GOOD]
    built = {result["unique_id"].rpartition(".")[2] for result in said if result["unique_id"].startswith("model.")}
    missing = {port for port in ports(domain) if port not in built or not (candidates / f"{port}.parquet").is_file()}
    if bad or missing:
        raise BenchmarkError(f"dbt build of {domain} failed at {', '.join([*bad, *sorted(missing)])}.")
