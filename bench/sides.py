"""The two sides of the comparison, `mesh run` and one `dbt build` for each domain, with checks that each did its work."""

import json
from graphlib import TopologicalSorter
from pathlib import Path

from processes import ROOT, TOOLS, BenchmarkError, Cost, run

PROJECTS = ROOT / "dbt_projects"
_GOOD = {"success", "pass", "warn"}
_ONLY_HERE = {"governance"}
"""Domains without an equivalent in plain dbt: only the platform has the metadata of the mesh."""


def producer_order() -> list[str]:
    """The domains, producers first. A file in `models/inputs` is named after the producer that it reads."""
    projects = [path.parent for path in PROJECTS.glob("*/dbt_project.yml") if path.parent.name not in _ONLY_HERE]
    reads = {project.name: {file.stem for file in (project / "models" / "inputs").glob("*.yml")} for project in projects}
    return list(TopologicalSorter(reads).static_order())


def ports(domain: str) -> set[str]:
    """The names of the domain's ports: both sides must build all of them."""
    return {model.stem for model in (PROJECTS / domain / "models" / "ports").glob("*.sql")}


def generate(orders: int, folder: Path, home: Path) -> Path:
    """The folder of source files with this number of orders; an existing folder is reused."""
    if not folder.exists():
        # Renamed when complete, so that files of an interrupted generation are never used.
        beside = folder.with_name(f"{folder.name}.unfinished")
        run([TOOLS / "marketplace", "--orders", str(orders), "--to", beside, "--json"], home)
        beside.rename(folder)
    return folder


def mesh_run(home: Path, sources: Path, **variables: str | Path) -> Cost:
    """All work of the mesh: ingestion, transformation, tests, audit and publication of the company's domains in one process."""
    cost, output = run([TOOLS / "mesh", "run", *producer_order(), "--source", sources, "--json"], home, **variables)
    document = json.loads(output)
    published = {entry["port"] for entry in document["published"]}
    missing = {f"{domain}/{port}" for domain in producer_order() for port in ports(domain)} - published
    if missing or not document["ok"]:
        raise BenchmarkError(f"mesh run did not publish {', '.join(sorted(missing)) or 'cleanly'}: {document['failures']}")
    return cost


def dbt_builds(home: Path, targets: Path) -> Cost:
    """The commands of a user without the platform: `dbt build` in one project after the other.

    The `mesh run` before has left the raw tables, the views of other domains' ports, and the parsed state of dbt. Each
    project has its own target folder, because two projects must not share one.
    """
    total = Cost(0, 0, 0)
    for domain in producer_order():
        candidates, target = home / "candidates" / domain, targets / domain
        # Publishing has moved the files away, and an empty folder may be missing.
        candidates.mkdir(parents=True, exist_ok=True)
        project = PROJECTS / domain
        command = [TOOLS / "dbt", "build", "--project-dir", project, "--profiles-dir", project]
        cost, _ = run(command, home, DBT_TARGET_PATH=target, DBT_LOG_PATH=target / "logs")
        total += cost
        _check_built(domain, candidates, target / "run_results.json")
    return total


def _check_built(domain: str, candidates: Path, results: Path) -> None:
    nodes = json.loads(results.read_text(encoding="utf-8"))["results"]
    bad = [result["unique_id"] for result in nodes if result["status"] not in _GOOD]
    built = {result["unique_id"].rpartition(".")[2] for result in nodes if result["unique_id"].startswith("model.")}
    missing = {port for port in ports(domain) if port not in built or not (candidates / f"{port}.parquet").is_file()}
    if bad or missing:
        raise BenchmarkError(f"dbt build of {domain} failed at {', '.join([*bad, *sorted(missing)])}.")
