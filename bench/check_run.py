"""Measures `mesh check` after a change of one model, and compares it with a full `mesh run` and its separate checks.

Usage: .venv/bin/python bench/check_run.py [--orders N] [--repeats N]. README.md explains the figures.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from processes import ROOT, TOOLS, BenchmarkError, Cost, run
from report import machine, summary

RESULTS = Path(__file__).resolve().parent / "check-results.json"
MODEL = "dbt_projects/sales/models/ports/catalog.sql"
EDIT = ("coalesce(categories.category, products.category_in_portuguese) as category", "categories.category")
AIM = 0.2
"""The greatest cost of a check, as a fraction of a full build."""
WAYS = {
    "check": "`mesh check` after the edit",
    "run": "`mesh run`, every port",
    "tests": "`mesh policy check`, `mesh contract lint` and `mesh contract gate`",
}


def main() -> int:
    wanted = _arguments()
    documents = []
    try:
        for orders in wanted.orders:
            with tempfile.TemporaryDirectory(prefix="mesh-check-") as scratch:
                documents.append(measure(orders, wanted.repeats, Path(scratch).resolve()))
    except BenchmarkError as problem:
        print(f"✘ {problem}", file=sys.stderr)
        return 1
    document = {"changed": MODEL, "aim": AIM, "machine": machine(), "sizes": documents}
    wanted.to.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(f"\n{markdown(document)}\n\n✔ measured in {wanted.repeats} rounds")
    return 0


def measure(orders: int, repeats: int, scratch: Path) -> dict:
    """Measures all ways in turns, in a copy of the repository with one commit. The first round only fills caches."""
    root, home = scratch / "repository", scratch / "home"
    _copy(root)
    path = ":".join(str(folder) for folder in sorted((root / "domains").iterdir()))

    def mesh(*arguments: str) -> Cost:
        return run([TOOLS / "mesh", *arguments], home, root, PYTHONPATH=path)[0]

    run([TOOLS / "marketplace", "--orders", str(orders), "--json"], home)
    mesh("run", "--json")
    text = (root / MODEL).read_text(encoding="utf-8")
    if EDIT[0] not in text:
        raise BenchmarkError(f"{MODEL} does not hold the line that is edited.")

    def check() -> Cost:
        (root / MODEL).write_text(text.replace(*EDIT), encoding="utf-8")
        cost, output = run([TOOLS / "mesh", "check", "--json"], home, root, PYTHONPATH=path)
        (root / MODEL).write_text(text, encoding="utf-8")
        (port,) = json.loads(output)["ports"]
        if not port["difference"]["changed"]:
            raise BenchmarkError("mesh check did not see what was edited.")
        return cost

    ways = {
        "check": check,
        "run": lambda: mesh("run", "--json"),
        "tests": lambda: mesh("policy", "check") + mesh("contract", "lint") + mesh("contract", "gate", "--base", "main"),
    }
    costs: dict[str, list[Cost]] = {way: [] for way in ways}
    for number in range(repeats + 1):
        for way, measured in ways.items():
            cost = measured()
            print(f"{orders:,}, round {number}: {way:6} {cost.cpu:5.1f} s CPU {cost.wall:5.1f} s wall", file=sys.stderr)
            if number:
                costs[way].append(cost)
    full = [build + tests for build, tests in zip(costs["run"], costs["tests"])]
    return {
        "orders": orders,
        "cpu_seconds": {way: summary([cost.cpu for cost in taken]) for way, taken in costs.items()},
        "wall_seconds": {way: summary([cost.wall for cost in taken]) for way, taken in costs.items()},
        "cpu_ratio": summary([cost.cpu / base.cpu for cost, base in zip(costs["check"], full)]),
        "wall_ratio": summary([cost.wall / base.wall for cost, base in zip(costs["check"], full)]),
    }


def _copy(root: Path) -> None:
    for name in ("domains", "dbt_projects"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "target", "logs"))
    for name in ("workspace.yaml", "mesh.toml"):
        shutil.copy(ROOT / name, root)
    (root / ".gitignore").write_text("__pycache__\n", encoding="utf-8")
    # dbt finds the platform's macros beside the projects.
    (root / "platform").symlink_to(ROOT / "platform")
    author = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"]
    for arguments in (["init", "--quiet", "--initial-branch", "main"], ["add", "."], ["commit", "--quiet", "-m", "The mesh"]):
        subprocess.run(["git", *author, *arguments], cwd=root, check=True)


def markdown(document: dict) -> str:
    """The figures as a table."""
    lines = ["| orders | what | CPU s | wall s | of a full build, CPU | wall |", "|--:|---|--:|--:|--:|--:|"]
    for size in document["sizes"]:
        for way, text in WAYS.items():
            cells = [format(size["orders"], ","), text]
            cells += [f"{size[name][way]['median']:.1f}" for name in ("cpu_seconds", "wall_seconds")]
            cells += [f"**{size[name]['median']:.2f}**" if way == "check" else "" for name in ("cpu_ratio", "wall_ratio")]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--to", type=Path, metavar="FILE", default=RESULTS, help="default: bench/check-results.json")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
