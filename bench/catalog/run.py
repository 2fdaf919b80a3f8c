"""Measures the catalog on generated meshes, at full size and at a tenth of it, into bench/catalog/results.json.

Usage: .venv/bin/python bench/catalog/run.py, or with --sizes 5x10x20 for a quick look. What it means is in README.md.
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
    wanted = parser.parse_args()
    try:
        sizes = [measure(size, wanted.steps) for size in wanted.sizes]
    except BenchmarkError as problem:
        print(f"✘ {problem}", file=sys.stderr)
        return 1
    document = {"date": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine(), "sizes": sizes}
    wanted.to.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(f"\n{catalog_report.markdown(document)}\n\n{catalog_report.verdict(document)}")
    return 0


def measure(text: str, steps: list[str]) -> dict:
    """All steps on a mesh of that size, one process after the other, in a folder that is removed afterwards."""
    size, found = size_of(text), {}
    with tempfile.TemporaryDirectory(prefix="mesh-catalog-") as scratch:
        folder = Path(scratch) / "mesh"
        print(f"{size}: making the mesh", file=sys.stderr, flush=True)
        home = make(folder, size).home.root
        for name in steps:
            cost, said = run([sys.executable, HERE / "steps.py", name, folder, text], home)
            found[name] = {key: round(value, 3) for key, value in json.loads(said).items()} | {"peak_mb": round(cost.peak_mb)}
            print(f"{size}: {name} {found[name]}", file=sys.stderr, flush=True)
    return {"size": described(size), "steps": found}


if __name__ == "__main__":
    sys.exit(main())
