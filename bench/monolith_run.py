"""Measures the rebuild after one change: in this mesh, and in one dbt project with the same models.

Usage: .venv/bin/python bench/monolith_run.py [--orders N] [--repeats N]. README.md explains the figures.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from monolith.project import write_project
from processes import ROOT, TOOLS, BenchmarkError, Cost, run
from report import machine, summary

RESULTS = Path(__file__).resolve().parent / "monolith-results.json"
CHANGED = "stg_orders"
"""The changed model of sales; `sales/orders` and nearly all models downstream depend on it."""


def main() -> int:
    wanted = _arguments()
    try:
        with tempfile.TemporaryDirectory(prefix="mesh-monolith-") as scratch:
            document = measure(wanted.orders, wanted.repeats, Path(scratch))
    except BenchmarkError as problem:
        print(f"✘ {problem}", file=sys.stderr)
        return 1
    wanted.to.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(f"\n{markdown(document)}\n\n✔ measured in {wanted.repeats} rounds")
    return 0


def measure(orders: int, repeats: int, scratch: Path) -> dict:
    """Measures all ways to rebuild in turns. The first round fills caches and is not counted."""
    home = scratch / "home"
    run([TOOLS / "marketplace", "--orders", str(orders), "--json"], home)
    run([TOOLS / "mesh", "run", "--json"], home)
    project = write_project(scratch / "monolith", home)
    _build(project, home, [])
    after = _after(project, home)
    sales = sorted(port for port in after if port.startswith("sales/"))
    ways = {
        "monolith_everything": lambda: _build(project, home, []),
        "monolith_after": lambda: _build(project, home, ["--select", f"{CHANGED}+"]),
        "mesh_domain": lambda: _mesh(home, sales),
        "mesh_after": lambda: _mesh(home, sorted(after)),
    }
    costs: dict[str, list[Cost]] = {way: [] for way in ways}
    for number in range(repeats + 1):
        for way, rebuild in ways.items():
            cost = rebuild()
            print(f"round {number} of {repeats}: {way:20} {cost.cpu:5.1f} s CPU {cost.wall:5.1f} s wall", file=sys.stderr)
            if number:
                costs[way].append(cost)
    counts = {
        "monolith_everything": _count(project, home, []),
        "monolith_after": _count(project, home, ["--select", f"{CHANGED}+"]),
    }
    return {
        "orders": orders,
        "changed": f"dbt_projects/sales/models/staging/{CHANGED}.sql",
        "machine": machine(),
        "models": counts | {"mesh_domain": len(sales), "mesh_after": len(after)},
        "cpu_seconds": {way: summary([cost.cpu for cost in taken]) for way, taken in costs.items()},
        "wall_seconds": {way: summary([cost.wall for cost in taken]) for way, taken in costs.items()},
        "cpu_ratio": {
            way: summary([cost.cpu / base.cpu for cost, base in zip(taken, costs["monolith_after"])])
            for way, taken in costs.items()
        },
    }


def _build(project: Path, home: Path, select: list[str]) -> Cost:
    command = [TOOLS / "dbt", "build", "--project-dir", project, "--profiles-dir", project, *select]
    return run(command, home, DBT_TARGET_PATH=project / "target", DBT_LOG_PATH=project / "logs")[0]


def _mesh(home: Path, targets: list[str]) -> Cost:
    cost, output = run([TOOLS / "mesh", "run", *targets, "--json"], home)
    document = json.loads(output)
    if not document["ok"] or len(document["published"]) != len(targets):
        raise BenchmarkError(f"mesh run did not publish {', '.join(targets)}.")
    return cost


def _listed(project: Path, home: Path, select: list[str]) -> list[str]:
    command = [
        TOOLS / "dbt",
        "--quiet",
        "list",
        "--project-dir",
        project,
        "--profiles-dir",
        project,
        "--resource-type",
        "model",
    ]
    _, output = run([*command, *select], home, DBT_TARGET_PATH=project / "target", DBT_LOG_PATH=project / "logs")
    return [line.strip() for line in output.splitlines() if line.startswith("monolith.")]


def _count(project: Path, home: Path, select: list[str]) -> int:
    return len(_listed(project, home, select))


def _after(project: Path, home: Path) -> set[str]:
    """The ports of the mesh that depend on the changed model."""
    owners = {model.stem: model.parts[-4] for model in (ROOT / "dbt_projects").glob("*/models/ports/*.sql")}
    models = [name.rpartition(".")[2] for name in _listed(project, home, ["--select", f"{CHANGED}+"])]
    return {f"{owners[model]}/{model}" for model in models if model in owners}


def markdown(document: dict) -> str:
    """The figures as a table."""
    titles = {
        "monolith_everything": "one dbt project, all of it",
        "monolith_after": "one dbt project, what is made of it",
        "mesh_domain": "this mesh, the ports of sales that are made of it; consumers keep what they have",
        "mesh_after": "this mesh, these and every consumer",
    }
    lines = ["| rebuilt | models or ports | CPU s | wall s | CPU ratio |", "|---|--:|--:|--:|--:|"]
    for way, text in titles.items():
        cells = [text, document["models"][way], f"{document['cpu_seconds'][way]['median']:.1f}"]
        cells += [f"{document['wall_seconds'][way]['median']:.1f}", f"**{document['cpu_ratio'][way]['median']:.2f}**"]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--to", type=Path, metavar="FILE", default=RESULTS, help="default: bench/monolith-results.json")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
