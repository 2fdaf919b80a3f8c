"""Measures what the borders between domains cost: `mesh run`, and the same without locks, kernel rules and the SQL door.

Usage: .venv/bin/python bench/borders_run.py [--orders N] [--repeats N]. README.md explains the figures.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from processes import BenchmarkError, Cost, run
from report import machine, summary
from sides import generate, mesh_run

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "borders-results.json"
AIM = 1.05
"""The greatest cost of a run, as a multiple of a run without borders."""


def main() -> int:
    wanted = _arguments()
    try:
        with tempfile.TemporaryDirectory(prefix="mesh-borders-") as scratch:
            sizes = [measure(orders, wanted.repeats, Path(scratch).resolve() / str(orders)) for orders in wanted.orders]
    except BenchmarkError as problem:
        print(f"✘ {problem}", file=sys.stderr)
        return 1
    document = {"aim": AIM, "machine": machine(), "sizes": sizes}
    wanted.to.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    within = sum(size["cpu_ratio"]["median"] <= AIM for size in sizes)
    print(f"\n{markdown(document)}\n\n✔ measured in {wanted.repeats} rounds; {within} of {len(sizes)} within the aim")
    return 0


def measure(orders: int, repeats: int, scratch: Path) -> dict:
    """Measures both ways in turns, each in a home of its own. The first round only fills caches."""
    sources = generate(orders, scratch / "sources", scratch / "generated")
    ways = {"with": {}, "without": {"PYTHONPATH": HERE / "borders"}}
    for way, variables in ways.items():
        _, read = run([sys.executable, HERE / "borders/probe.py", __file__], scratch / way, **variables)
        if read.strip() != str(way == "without"):
            raise BenchmarkError(
                f"The side {way!r} of borders does not measure that: a file that is not declared was read: {read}"
            )
    costs: dict[str, list[Cost]] = {way: [] for way in ways}
    for number in range(repeats + 1):
        for way, variables in ways.items():
            cost = mesh_run(scratch / way, sources, **variables)
            print(f"{orders:,}, round {number}: {way:7} {cost.cpu:5.1f} s CPU {cost.wall:5.1f} s wall", file=sys.stderr)
            if number:
                costs[way].append(cost)
    pairs = list(zip(costs["with"], costs["without"]))
    return {
        "orders": orders,
        "cpu_seconds": {way: summary([cost.cpu for cost in taken]) for way, taken in costs.items()},
        "wall_seconds": {way: summary([cost.wall for cost in taken]) for way, taken in costs.items()},
        "cpu_ratio": summary([guarded.cpu / open_.cpu for guarded, open_ in pairs]),
        "wall_ratio": summary([guarded.wall / open_.wall for guarded, open_ in pairs]),
    }


def markdown(document: dict) -> str:
    """The figures as a table."""
    lines = ["| orders | with, CPU s | without, CPU s | ratio | with, wall s | without, wall s | ratio |", "|--:" * 7 + "|"]
    for size in document["sizes"]:
        cells = [format(size["orders"], ",")]
        for kind in ("cpu", "wall"):
            cells += [f"{size[f'{kind}_seconds'][way]['median']:.1f}" for way in ("with", "without")]
            cells.append(f"**{size[f'{kind}_ratio']['median']:.2f}**")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--to", type=Path, metavar="FILE", default=RESULTS, help="default: bench/borders-results.json")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
