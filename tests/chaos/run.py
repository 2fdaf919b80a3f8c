"""The failure harness: writers killed at random points of a publish while readers read, and runs of a whole mesh killed.

Usage: make chaos, or .venv/bin/python tests/chaos/run.py --kills 20 --runs 1 for a quick look. Ends with one verdict
line; the figures go to tests/chaos/results.json, or to standard output with --json.
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import deltalake  # noqa: F401  loaded here so that every writer, a fork of this process, finds it loaded
import duckdb  # noqa: F401
import figures
from counting import count_kept, left_behind
from kills import kill_writers, publish_once
from readers import reading
from shop import make_shop, the_shop

sys.path.append(str(Path(__file__).resolve().parents[1]))

from whole_mesh import killed_runs

RESULTS = Path(__file__).resolve().parent / "results.json"


def main() -> int:
    wanted = _arguments()
    # Being told to end is like Ctrl-C: the children are ended and the temporary folder is removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for name in ("MESH_HOME", "MESH_SOURCE", "DAGSTER_HOME"):
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory(prefix="mesh-chaos-") as scratch:
        document = harness(wanted, Path(scratch))
    text = json.dumps(document, indent=2) + "\n"
    if wanted.to:
        wanted.to.write_text(text, encoding="utf-8")
    print(text if wanted.json else f"{figures.markdown(document)}\n", end="")
    print(figures.verdict(document), file=sys.stderr if wanted.json else sys.stdout)
    return 0 if figures.good(document) else 1


def harness(wanted: argparse.Namespace, scratch: Path) -> dict:
    """Everything, with all state below `scratch`. The same seed chooses the same moments."""
    start, chance = time.monotonic(), random.Random(wanted.seed)
    root = scratch / "shop"
    make_shop(root)
    port = the_shop(root)[2]
    with reading(port.folder, wanted.readers, scratch) as seen:
        hits, witness = kill_writers(root, wanted.kills, chance, say)
        publish_once(root, 1 + 100 * wanted.kills)
    kept = count_kept(root, port)
    document = figures.results(wanted.seed, hits, seen, kept, sorted(witness.orphans), left_behind(port, witness.orphans))
    document["seconds"] = round(time.monotonic() - start, 1)
    say(figures.verdict(document))  # whatever becomes of the runs
    if wanted.runs:
        document["runs"] = killed_runs(scratch / "mesh", wanted.runs, chance, say)
    return document | {"seconds": round(time.monotonic() - start, 1)}


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=1_000, help="kill -9 during a publish")
    parser.add_argument("--readers", type=int, default=8, help="processes that read throughout")
    parser.add_argument("--runs", type=int, default=6, help="kill -9 of a `mesh run`")
    parser.add_argument("--seed", type=int, default=42, help="another seed kills at other moments")
    parser.add_argument("--to", type=Path, metavar="FILE", help="where the figures go; default: nowhere")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON document")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
