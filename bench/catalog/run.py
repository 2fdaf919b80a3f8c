"""Measures the catalog on generated meshes, at full size and at a tenth of it, and writes bench/catalog/results.json.

Usage: .venv/bin/python bench/catalog/run.py, or with --sizes 5x10x20 for a quick look. README.md explains the steps.
"""

import argparse
import json
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))

import catalog_report  # noqa: E402
from processes import BenchmarkError, run  # noqa: E402
from report import machine  # noqa: E402
from steps import STEPS  # noqa: E402

from mesh import described, make, size_of  # noqa: E402

SIZES = ("10x50x20", "100x50x20")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", default=SIZES, metavar="DOMAINSxPRODUCTSxCOLUMNS", help=f"default: {SIZES}")
    parser.add_argument("--steps", nargs="+", default=list(STEPS), choices=STEPS, help="default: all")
    parser.add_argument("--to", type=Path, default=HERE / "results.json", help="default: bench/catalog/results.json")
    arguments = parser.parse_args()
    try:
        sizes = [measure(size, arguments.steps) for size in arguments.sizes]
    except BenchmarkError as problem:
        print(f"✘ {problem}", file=sys.stderr)
        return 1
    document = {"date": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine(), "sizes": sizes}
    arguments.to.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(f"\n{catalog_report.markdown(document)}\n\n{catalog_report.verdict(document)}")
    return 0


def measure(text: str, steps: list[str]) -> dict:
    """Runs all steps on a mesh of that size, one process after the other, in a temporary folder."""
    size, results = size_of(text), {}
    with tempfile.TemporaryDirectory(prefix="mesh-catalog-") as scratch:
        folder = Path(scratch) / "mesh"
        print(f"{size}: generating the mesh", file=sys.stderr, flush=True)
        home = make(folder, size).home.root
        for name in steps:
            cost, output = run([sys.executable, HERE / "steps.py", name, folder, text], home)
            results[name] = {key: round(value, 3) for key, value in json.loads(output).items()} | {
                "peak_mb": round(cost.peak_mb)
            }
            print(f"{size}: {name} {results[name]}", file=sys.stderr, flush=True)
    return {"size": described(size), "steps": results}


if __name__ == "__main__":
    sys.exit(main())
