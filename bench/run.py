"""The benchmark: `mesh run` against plain dbt on the same files, and the start of the UI and of the help.

Usage: make bench, or .venv/bin/python bench/run.py --sizes 10000 for a quick look. README.md explains the figures.
"""

import argparse
import json
import re
import signal
import socket
import sys
import tempfile
from pathlib import Path

import report
from processes import TOOLS, BenchmarkError, Cost, run
from sides import dbt_builds, generate, mesh_run

RESULTS = Path(__file__).resolve().parent / "results.json"
SIZES = (10_000, 100_000, 1_000_000)
UI_STARTS = 3
HELP_CALLS = 10


def main() -> int:
    wanted = _arguments()
    # SIGTERM acts like Ctrl-C, so that the child is ended and the temporary folder with its gigabytes is removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with tempfile.TemporaryDirectory(prefix="mesh-bench-") as scratch:
            document = measure(wanted, Path(scratch))
    except BenchmarkError as problem:
        print(f"✘ {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("✘ Interrupted; nothing was recorded.", file=sys.stderr)
        return 130
    wanted.to.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(f"\n{report.markdown(document)}\n\n{report.verdict(document)}")
    return 0


def measure(wanted: argparse.Namespace, scratch: Path) -> dict:
    """Runs all measurements, one after the other, with all state below `scratch`."""
    # Commands run in the repository, where a relative path would refer to another folder.
    kept = (wanted.keep or scratch / "sources").resolve()
    kept.mkdir(parents=True, exist_ok=True)
    sizes = []
    for orders in wanted.sizes:
        say(f"{orders:,} orders: preparing the source files")
        sources = generate(orders, kept / f"orders-{orders}", scratch / str(orders))
        sizes.append(compare(orders, sources, scratch / str(orders), wanted.repeats or (3 if orders >= report.MILLION else 5)))
    home = scratch / str(wanted.sizes[0])
    return report.results(sizes, ui_starts(home), help_calls(home))


def compare(orders: int, sources: Path, home: Path, repeats: int) -> dict:
    """Measures pairs of both sides. The pair before the first only fills caches: dbt's, Python's, the system's."""
    pairs = []
    for number in range(repeats + 1):
        label = f"{orders:,} orders, {f'pair {number} of {repeats}' if number else 'warm-up'}"
        mesh = mesh_run(home, sources)
        say(f"{label}: mesh run    {shown(mesh)}")
        dbt = dbt_builds(home, home / "bench-dbt")
        say(f"{label}: dbt builds  {shown(dbt)}")
        pairs.append((mesh, dbt))
    return report.size_result(orders, pairs[1:])


def ui_starts(home: Path) -> list[float]:
    """Seconds from starting `mesh ui` until every code location is loaded, as its output reports."""
    seconds = []
    for number in range(1, UI_STARTS + 1):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        _, output = run([TOOLS / "mesh", "ui", "--port", str(port), "--seconds", "1"], home)
        match = re.search(r"loaded in ([\d.]+) s", output)
        if not match:
            raise BenchmarkError(f"mesh ui did not say how long it took to load: {output.strip()}")
        seconds.append(float(match[1]))
        say(f"mesh ui, start {number} of {UI_STARTS}: loaded after {seconds[-1]:.1f} s")
    return seconds


def help_calls(home: Path) -> list[float]:
    """Seconds that `mesh --help` takes."""
    seconds = [run([TOOLS / "mesh", "--help"], home)[0].wall for _ in range(HELP_CALLS)]
    say(f"mesh --help, {HELP_CALLS} calls: {min(seconds):.2f} to {max(seconds):.2f} s")
    return seconds


def shown(cost: Cost) -> str:
    return f"{cost.cpu:6.1f} s CPU  {cost.wall:6.1f} s wall  {cost.peak_mb:5.0f} MB"


def say(line: str) -> None:
    """Prints progress to standard error, so that the tables can be redirected."""
    print(line, file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="ORDERS", help="default: 10000 100000 1000000")
    parser.add_argument("--repeats", type=int, help="counted pairs a size; default: 5, and 3 from a million orders on")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the generated source files there and reuse them")
    parser.add_argument("--to", type=Path, metavar="FILE", default=RESULTS, help="default: bench/results.json")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
