"""Measures the waiting times of a new user: an environment, a first product, and the verdict on an edit.

Usage: .venv/bin/python bench/newcomer_run.py [--edits N]. README.md explains the figures.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from processes import ROOT, BenchmarkError
from report import machine, summary

RESULTS = Path(__file__).resolve().parent / "newcomer-results.json"
MODEL = "dbt_projects/marketing/models/ports/customer_segments.sql"
AIMS = {"lines": 40, "edit": 3.0}
"""Lines of a domain with its product, without SQL and contract; and seconds from an edit to its verdict."""
STEPS = {
    "clone": "`git clone`",
    "setup": "`make setup`, in an empty environment",
    "domain": "`mesh new domain workshop`",
    "product": "`mesh new product workshop/repairs --pattern source-aligned`",
    "run": "`mesh run workshop`: the product is published",
}
KINDS = {
    "sql_and_contract": "SQL and contract",
    "samples": "sample rows",
    "record": "what `mesh update` has to know",
    "else": "everything else",
}
COMMANDS = {
    "clone": ["git", "clone", "--quiet", str(ROOT), "."],
    "setup": ["make", "setup", f"PYTHON={sys.executable}"],
    "domain": [".venv/bin/mesh", "new", "domain", "workshop"],
    "product": [".venv/bin/mesh", "new", "product", "workshop/repairs", "--pattern", "source-aligned"],
    "run": [".venv/bin/mesh", "run", "workshop"],
}
_EDITED = "scored.monetary_score >= {} then 'at risk'"
_SERVED, _TRIED = 4, (5, 3)
"""The score from which a customer counts as at risk: the published one, and those of the edits. All keep the contract."""


def main() -> int:
    wanted = _arguments()
    try:
        with tempfile.TemporaryDirectory(prefix="mesh-newcomer-") as scratch:
            document = measure(Path(scratch).resolve(), wanted.edits)
    except BenchmarkError as problem:
        print(f"✘ {problem}", file=sys.stderr)
        return 1
    wanted.to.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(f"\n{markdown(document)}\n\n✔ measured; {wanted.edits} edits")
    return 0


def measure(scratch: Path, edits: int) -> dict:
    """Runs all steps once, from an empty folder, and then edits a model of the sample company."""
    root, outside = scratch / "repository", scratch / "outside"
    root.mkdir()
    outside.mkdir()
    # As on a new machine: no activated environment, no cache of packages, no settings of this mesh.
    place = os.pathsep.join(dict.fromkeys([str(Path(shutil.which("git")).parent), "/usr/bin", "/bin"]))
    environment = {"HOME": str(outside), "PATH": place, "DO_NOT_TRACK": "1"}
    seconds = {name: _timed(COMMANDS[name], root, environment) for name in STEPS}
    written = _written(root)
    for command in ([".venv/bin/marketplace", "--orders", "10000", "--seed", "42"], [".venv/bin/mesh", "run"]):
        _timed(command, root, environment)
    return {
        "aims": AIMS,
        "machine": machine(),
        "seconds": seconds,
        "written": written,
        "edit_to_verdict": summary(_verdicts(root, environment, edits)),
    }


def _timed(command: list[str], root: Path, environment: dict[str, str]) -> float:
    start = time.perf_counter()
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    taken = time.perf_counter() - start
    if done.returncode:
        last = (done.stdout + done.stderr).strip().splitlines()[-15:]
        raise BenchmarkError("\n".join([f"{' '.join(command)} ended with {done.returncode}:", *last]))
    print(f"{' '.join(command[:4])}: {taken:.1f} s", file=sys.stderr, flush=True)
    return round(taken, 2)


def _written(root: Path) -> dict:
    """The files and lines that the templates have written, by kind; a line added to a shared file counts, too."""
    subprocess.run(["git", "add", "--all", "--intent-to-add"], cwd=root, check=True)
    listed = subprocess.run(["git", "diff", "--numstat"], cwd=root, check=True, capture_output=True, text=True).stdout
    counts = {kind: {"files": 0, "lines": 0} for kind in KINDS}
    for line in listed.splitlines():
        added, _, path = line.split("\t")
        kind = _kind(path)
        counts[kind]["files"] += 1
        counts[kind]["lines"] += int(added)
    return counts


def _kind(path: str) -> str:
    if path.endswith((".sql", ".odcs.yaml")):
        return "sql_and_contract"
    if "/samples/" in path:
        return "samples"
    return "record" if path.endswith(".scaffold.yaml") else "else"


def _verdicts(root: Path, environment: dict[str, str], edits: int) -> list[float]:
    """Seconds from saving a model to its verdict, in a running `mesh dev`; the first edit is not counted."""
    model, taken = root / MODEL, []
    text = model.read_text(encoding="utf-8")
    if _EDITED.format(_SERVED) not in text:
        raise BenchmarkError(f"{MODEL} does not hold the line that is edited.")
    command = [".venv/bin/mesh", "dev", "marketing"]
    process = subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        _wait_for("watching", process)
        for number in range(edits + 1):
            time.sleep(1)
            edited = text.replace(_EDITED.format(_SERVED), _EDITED.format(_TRIED[number % 2]))
            start = time.perf_counter()
            model.write_text(edited, encoding="utf-8")
            _wait_for("✔", process)
            if number:
                taken.append(time.perf_counter() - start)
                print(f"edit {number}: {taken[-1]:.2f} s", file=sys.stderr, flush=True)
    finally:
        process.terminate()
        process.wait()
    return taken


def _wait_for(beginning: str, process: subprocess.Popen) -> None:
    """Waits for a line with this beginning. Raises BenchmarkError when mesh dev refuses something or ends before."""
    for line in process.stdout:
        if line.startswith(beginning):
            return
        if line.startswith("✘"):
            raise BenchmarkError(f"mesh dev said: {line}")
    raise BenchmarkError("mesh dev ended before it said a verdict.")


def markdown(document: dict) -> str:
    """The figures as two tables: the seconds of each step, and the files and lines that the templates write."""
    total, edit = sum(document["seconds"].values()), document["edit_to_verdict"]
    lines = ["| what | seconds |", "|---|--:|"]
    lines += [f"| {text} | {document['seconds'][name]:.1f} |" for name, text in STEPS.items()]
    lines.append(f"| **from nothing to the first product of one's own: {len(STEPS)} commands** | **{total:.1f}** |")
    lines.append(
        f"| from saving a model to its verdict in `mesh dev`, median of {len(edit['samples'])} | {edit['median']:.1f} |"
    )
    lines += ["", "| written by the templates, for a domain and a product | files | lines |", "|---|--:|--:|"]
    written = document["written"]
    lines += [f"| {text} | {written[kind]['files']} | {written[kind]['lines']} |" for kind, text in KINDS.items()]
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edits", type=int, default=5)
    parser.add_argument("--to", type=Path, metavar="FILE", default=RESULTS, help="default: bench/newcomer-results.json")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
