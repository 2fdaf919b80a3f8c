"""The benchmark of the gate: the audit against a bare scan, against other tools, and what publishing adds to writing.

Usage: make bench, or .venv/bin/python bench/gate_run.py --rows 1000000 --huge 0 for a quick look. It installs
datacontract-cli into a temporary environment; --without-peers leaves that out.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import gate_report
from gate.peers import datacontract_file, dbt_project
from processes import TOOLS, BenchmarkError, run
from report import machine, verdict

HERE = Path(__file__).resolve().parent
MESH = HERE / "gate"
RESULTS = HERE / "gate-results.json"
PEER = "datacontract-cli[duckdb]==1.2.8"
SMALL, LARGE, HUGE = 10_000, 10_000_000, 50_000_000
SIDES = ("scan", "largest", "gate", "text_key", "copy", "publish")


def main() -> int:
    wanted = _arguments()
    try:
        with tempfile.TemporaryDirectory(prefix="mesh-gate-") as scratch:
            document = measure(wanted, Path(scratch))
    except BenchmarkError as problem:
        print(f"✘ {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("✘ Interrupted; nothing was recorded.", file=sys.stderr)
        return 130
    wanted.to.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(f"\n{gate_report.markdown(document)}\n\n{verdict(document)}")
    return 0


def measure(wanted: argparse.Namespace, scratch: Path) -> dict:
    """Everything that is measured, one after the other, with all state below `scratch`."""
    sellers = _rows("SELECT i::INTEGER AS seller_number FROM range(3000) sellers(i)", scratch / "sellers.parquet")
    files = {rows: _payments(rows, scratch) for rows in (SMALL, wanted.rows)}

    def side(name: str, rows: int) -> dict:
        return _side(name, files[rows], sellers, scratch / "home")

    document = {"date": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine(), "rows": wanted.rows}
    works = {name: lambda name=name: side(name, wanted.rows) for name in SIDES}
    document["sides"] = gate_report.side_results(_in_turns(works, wanted.repeats, f"{wanted.rows:,} rows"))
    if not wanted.without_peers:
        side("serve", SMALL)
        peer = _peer(scratch / "peer")
        document["tools"] = {
            str(rows): gate_report.tool_results(
                _in_turns(
                    {gate_report.GATE: lambda rows=rows: side("gate", rows)} | _tools(rows, file, sellers, scratch, peer),
                    wanted.repeats,
                    f"{rows:,} rows",
                )
            )
            for rows, file in files.items()
        }
    if wanted.huge:
        files[wanted.huge] = _payments(wanted.huge, scratch)
        document["huge"] = {"rows": wanted.huge}
        for name in ("gate", "text_key"):
            document["huge"][name] = side(name, wanted.huge)
            say(f"{wanted.huge:,} rows: {name:18} {shown(document['huge'][name])}")
    return gate_report.document_of(document)


def _in_turns(works: Mapping[str, Callable[[], dict]], repeats: int, label: str) -> dict[str, list[dict]]:
    """What each work costs, all taking turns. The round before the first only fills the system's caches."""
    found: dict[str, list[dict]] = {name: [] for name in works}
    for number in range(repeats + 1):
        for name, work in works.items():
            cost = work()
            say(f"{label}, {f'round {number} of {repeats}' if number else 'warm-up'}: {name:18} {shown(cost)}")
            if number:
                found[name].append(cost)
    return found


def _side(name: str, file: Path, sellers: Path, home: Path) -> dict:
    """One side in a process of its own: time and CPU of its work alone, memory of the whole process."""
    cost, said = run([sys.executable, MESH / "side.py", name, file, sellers], home)
    return {**json.loads(said), "peak_mb": cost.peak_mb}


def _tools(rows: int, file: Path, sellers: Path, scratch: Path, peer: Path) -> dict[str, Callable[[], dict]]:
    """Whole processes, start-up included, as a user or a pipeline pays them."""
    project = dbt_project(file, sellers, scratch / f"dbt-{rows}")
    theirs = datacontract_file(file, scratch / f"datacontract-{rows}.yaml")

    def whole(*command: str | Path) -> dict:
        cost, _ = run(list(command), scratch / "home", MESH)
        return {"cpu": cost.cpu, "wall": cost.wall, "peak_mb": cost.peak_mb}

    return {
        "mesh contract test": lambda: whole(TOOLS / "mesh", "contract", "test", "bench/payments", "--file", file),
        "datacontract test": lambda: whole(peer, "test", theirs),
        "dbt build": lambda: whole(
            TOOLS / "dbt", "build", "--project-dir", project, "--profiles-dir", project,
            "--target-path", project / "target", "--log-path", project / "logs",
        ),
    }  # fmt: skip


def _peer(folder: Path) -> Path:
    """datacontract-cli in an environment of its own, which goes with the scratch folder."""
    say(f"installing {PEER}")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    quietly = ["install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([folder / "bin" / "pip", *quietly, PEER], capture_output=True, text=True)
    if done.returncode:
        raise BenchmarkError(f"{PEER} cannot be installed: {done.stderr.strip()[-800:]}")
    return folder / "bin" / "datacontract"


def _payments(rows: int, scratch: Path) -> Path:
    say(f"{rows:,} rows: writing the file")
    sql = (MESH / "rows.sql").read_text(encoding="utf-8").replace("$rows", str(rows))
    return _rows(sql, scratch / f"payments-{rows}.parquet")


def _rows(sql: str, to: Path) -> Path:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"COPY ({sql}) TO '{to}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)")
    return to


def shown(cost: dict) -> str:
    return f"{cost['cpu']:6.2f} s CPU  {cost['wall']:6.2f} s wall  {cost['peak_mb']:5.0f} MB"


def say(line: str) -> None:
    """Progress goes to standard error, so that the tables can be redirected."""
    print(line, file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=LARGE, help="default: 10000000")
    parser.add_argument("--huge", type=int, default=HUGE, help="rows at which memory is measured; 0 leaves it out")
    parser.add_argument("--repeats", type=int, default=3, help="counted rounds; default: 3")
    parser.add_argument("--without-peers", action="store_true", help="leave the other tools out")
    parser.add_argument("--to", type=Path, default=RESULTS, metavar="FILE", help="default: bench/gate-results.json")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
