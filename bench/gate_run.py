"""The benchmark of the gate: the audit against a bare scan, against other tools, and what publishing adds to writing.

Usage: make bench-gate, or .venv/bin/python bench/gate_run.py --rows 1000000 for a quick look. It installs
datacontract-cli into a temporary environment; --without-peers leaves that out.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from gate.peers import datacontract_file, dbt_project
from processes import ROOT, TOOLS, BenchmarkError, Cost, run
from report import machine

RESULTS = Path(__file__).resolve().parent / "gate.json"
ROWS_SQL = Path(__file__).resolve().parent / "gate" / "rows.sql"
PEER = "datacontract-cli[duckdb]==1.2.8"
SMALL, LARGE, HUGE = 10_000, 10_000_000, 50_000_000
AIMS = {
    "gate_to_scan": 2.5,
    "datacontract_to_gate_large": 5,
    "datacontract_to_gate_small": 20,
    "publish_to_copy": 1.1,
    "peak_mb": 2048,
}


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
    print(f"\n{markdown(document)}\n\n{verdict(document)}")
    return 0


def measure(wanted: argparse.Namespace, scratch: Path) -> dict:
    """Everything, all state below `scratch`."""
    sellers = _rows("SELECT i::INTEGER AS seller_number FROM range(3000) sellers(i)", scratch / "sellers.parquet")
    files = {rows: _payments(rows, scratch) for rows in (SMALL, wanted.rows)}
    document = {"date": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine(), "rows": wanted.rows}
    document["sides"] = _pairs(files[wanted.rows], sellers, ("scan", "gate", "copy", "publish"), wanted.repeats)
    if not wanted.without_peers:
        document["tools"] = {str(rows): _tools(file, sellers, scratch / f"tools-{rows}") for rows, file in files.items()}
    if wanted.huge:
        say(f"{wanted.huge:,} rows: the gate's memory")
        huge = _payments(wanted.huge, scratch)
        document["huge"] = {"rows": wanted.huge, **_side("gate", huge, sellers)}
    return document


def _pairs(file: Path, sellers: Path, sides: tuple[str, ...], repeats: int) -> dict:
    """Each side in a process of its own, all taking turns. The first round only fills the system's caches."""
    found: dict[str, list[dict]] = {side: [] for side in sides}
    for number in range(repeats + 1):
        for side in sides:
            cost = _side(side, file, sellers)
            say(f"round {number}: {side:8} {cost['cpu']:6.2f} s CPU  {cost['wall']:6.2f} s wall  {cost['peak_mb']:5.0f} MB")
            if number:
                found[side].append(cost)
    ratio = lambda a, b: round(statistics.median(x["cpu"] / y["cpu"] for x, y in zip(found[a], found[b])), 3)  # noqa: E731
    return {
        **{
            side: {key: round(statistics.median(cost[key] for cost in costs), 3) for key in costs[0]}
            for side, costs in found.items()
        },
        "gate_to_scan": ratio("gate", "scan"),
        "publish_to_copy": ratio("publish", "copy"),
    }


def _side(side: str, file: Path, sellers: Path) -> dict:
    command = [sys.executable, Path(__file__).parent / "gate" / "side.py", side, file, sellers]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise BenchmarkError(f"{side} ended with {done.returncode}: {done.stderr.strip()[-800:]}")
    return json.loads(done.stdout)


def _tools(file: Path, sellers: Path, scratch: Path) -> dict:
    """Whole processes, start-up included, as a user or a pipeline pays them; medians of three rounds after a first."""
    peer, project = _peer(scratch.parent), dbt_project(file, sellers, scratch / "dbt")
    theirs = datacontract_file(file, scratch / "datacontract.yaml")
    commands = {
        "mesh contract test": [
            TOOLS / "mesh",
            "contract",
            "test",
            "bench/payments",
            "--file",
            file,
            "--contract",
            theirs,
        ],
        "datacontract test": [peer, "test", theirs],
        "dbt build": [TOOLS / "dbt", "build", "--project-dir", project, "--profiles-dir", project],
    }
    found: dict[str, list[Cost]] = {name: [] for name in commands}
    for number in range(4):
        for name, command in commands.items():
            cost, _ = run(command, scratch / "home")
            say(f"{file.stem}, round {number}: {name:20} {cost.cpu:6.2f} s CPU  {cost.wall:6.2f} s wall")
            if number:
                found[name].append(cost)
    ours = found["mesh contract test"]
    return {
        name: {
            "cpu": round(statistics.median(cost.cpu for cost in costs), 3),
            "wall": round(statistics.median(cost.wall for cost in costs), 3),
            "cpu_to_ours": round(statistics.median(cost.cpu / mine.cpu for cost, mine in zip(costs, ours)), 2),
        }
        for name, costs in found.items()
    }


def _peer(scratch: Path) -> Path:
    """datacontract-cli in an environment of its own."""
    tool = scratch / "peer" / "bin" / "datacontract"
    if not tool.exists():
        say(f"installing {PEER}")
        subprocess.run([sys.executable, "-m", "venv", scratch / "peer"], check=True)
        subprocess.run(
            [scratch / "peer" / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", PEER], check=True
        )
    return tool


def _payments(rows: int, scratch: Path) -> Path:
    return _rows(ROWS_SQL.read_text(encoding="utf-8").replace("$rows", str(rows)), scratch / f"payments-{rows}.parquet")


def _rows(sql: str, to: Path) -> Path:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"COPY ({sql}) TO '{to}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)")
    return to


def markdown(document: dict) -> str:
    """The figures as tables."""
    sides, rows = document["sides"], document["rows"]
    lines = [
        f"| {rows:,} rows | CPU s | wall s | peak MB | ratio |",
        "|---|--:|--:|--:|--:|",
        _line("bare scan of the same columns", sides["scan"], ""),
        _line("gate: the whole contract", sides["gate"], f"**{sides['gate_to_scan']:.2f}** × scan"),
        _line("`COPY … (compression zstd)`", sides["copy"], ""),
        _line("the same, and its commit", sides["publish"], f"**{sides['publish_to_copy']:.2f}** × COPY"),
    ]
    if huge := document.get("huge"):
        lines.append(_line(f"gate at {huge['rows']:,} rows", huge, ""))
    for size, tools in document.get("tools", {}).items():
        lines += ["", f"| whole process, {int(size):,} rows | CPU s | wall s | CPU against ours |", "|---|--:|--:|--:|"]
        lines += [
            f"| `{name}` | {cost['cpu']:.2f} | {cost['wall']:.2f} | {cost['cpu_to_ours']:.2f} |" for name, cost in tools.items()
        ]
    return "\n".join(lines)


def _line(name: str, cost: dict, ratio: str) -> str:
    return f"| {name} | {cost['cpu']:.2f} | {cost['wall']:.2f} | {cost['peak_mb']:,.0f} | {ratio} |"


def verdict(document: dict) -> str:
    """One line: which aims are met."""
    aims = aims_of(document)
    missed = [f"{name} is {found:.2f}, aim {aim}" for name, (found, aim, met) in aims.items() if not met]
    told = f": missed: {'; '.join(missed)}" if missed else ""
    return f"{'✘' if missed else '✔'} {len(aims) - len(missed)} of {len(aims)} aims met{told}."


def aims_of(document: dict) -> dict[str, tuple[float, float, bool]]:
    """What was measured, the aim, and whether it is met, by name."""
    sides, tools, rows = document["sides"], document.get("tools", {}), str(document["rows"])
    at_most = {"gate_to_scan": sides["gate_to_scan"], "publish_to_copy": sides["publish_to_copy"]}
    if huge := document.get("huge"):
        at_most["peak_mb"] = huge["peak_mb"]
    at_least = {}
    if tools:
        at_least["datacontract_to_gate_large"] = tools[rows]["datacontract test"]["cpu_to_ours"]
        at_least["datacontract_to_gate_small"] = tools[str(SMALL)]["datacontract test"]["cpu_to_ours"]
    return {name: (found, AIMS[name], found <= AIMS[name]) for name, found in at_most.items()} | {
        name: (found, AIMS[name], found >= AIMS[name]) for name, found in at_least.items()
    }


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=LARGE, help="default: 10000000")
    parser.add_argument("--huge", type=int, default=HUGE, help="rows at which memory is measured; 0 leaves it out")
    parser.add_argument("--repeats", type=int, default=5, help="counted rounds")
    parser.add_argument("--without-peers", action="store_true", help="leave the other tools out")
    parser.add_argument("--to", type=Path, default=RESULTS, metavar="FILE", help="default: bench/gate.json")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
