"""The benchmark of the gate: the audit against a bare scan and other tools, and the cost of publishing beyond writing.

Usage: make bench, or .venv/bin/python bench/gate_run.py --rows 1000000 --parts sides --to FILE for a quick look. For
the comparison with datacontract-cli, it installs that tool into a temporary environment.
"""

import argparse
import json
import signal
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
PARTS = ("sides", "tools_small", "tools_large", "huge", "huge_text_key")
SIDES = ("scan", "largest", "gate", "text_key", "copy", "publish")


def main() -> int:
    wanted = _arguments()
    document = json.loads(wanted.to.read_text(encoding="utf-8")) if wanted.to.is_file() else {}
    # SIGTERM acts like Ctrl-C, so that the temporary folder with its gigabytes is removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with tempfile.TemporaryDirectory(prefix="mesh-gate-") as scratch:
            rounds = range(wanted.no_warm_up, wanted.repeats + 1)
            bench = Bench(wanted.rows, wanted.huge, rounds, (wanted.keep or Path(scratch)).resolve())
            for part in wanted.parts:
                context = {"date": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine()}
                document[part] = context | getattr(bench, part)()
                # After each part, so that a failure of the next one does not lose its result.
                wanted.to.write_text(json.dumps(gate_report.complete(document), indent=2) + "\n", encoding="utf-8")
    except BenchmarkError as problem:
        print(f"✘ {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("✘ Interrupted; what was measured before is recorded.", file=sys.stderr)
        return 130
    print(f"\n{gate_report.markdown(document)}\n\n{verdict(gate_report.complete(document))}")
    return 0


class Bench:
    """The parts of the benchmark, each with its own document; all state is below `scratch`."""

    def __init__(self, rows: int, huge: int, rounds: range, scratch: Path) -> None:
        self.rows, self.huge_rows, self.rounds, self.scratch = rows, huge, rounds, scratch
        scratch.mkdir(parents=True, exist_ok=True)
        self.sellers = _rows("SELECT i::INTEGER AS seller_number FROM range(3000) sellers(i)", scratch / "sellers.parquet")

    def sides(self) -> dict:
        """Measures scan, gate, COPY and publish in turns."""
        works = {name: lambda name=name: self._side(name, self.rows) for name in SIDES}
        return {"rows": self.rows, "costs": gate_report.side_results(self._in_turns(works, self.rows))}

    def tools_small(self) -> dict:
        return self._tools(SMALL)

    def tools_large(self) -> dict:
        return self._tools(self.rows)

    def huge(self) -> dict:
        """The peak memory of the gate, measured once."""
        return {"rows": self.huge_rows, "costs": {"gate": self._side("gate", self.huge_rows)}}

    def huge_text_key(self) -> dict:
        """The peak memory of the gate with a key that must be sorted."""
        return {"rows": self.huge_rows, "costs": {"text_key": self._side("text_key", self.huge_rows)}}

    def _tools(self, rows: int) -> dict:
        """The gate, and three whole processes with their start-up, as a user or a pipeline runs them."""
        self._side("serve", rows)
        peer, file = _peer(self.scratch / "peer"), self._payments(rows)
        project = dbt_project(file, self.sellers, self.scratch / f"dbt-{rows}")
        contract = datacontract_file(file, self.scratch / f"datacontract-{rows}.yaml")
        dbt = ["build", "--project-dir", project, "--profiles-dir", project, "--log-path", project / "logs"]
        works = {
            gate_report.GATE: lambda: self._side("gate", rows),
            "mesh contract test": lambda: self._whole(TOOLS / "mesh", "contract", "test", "bench/payments", "--file", file),
            gate_report.DATACONTRACT: lambda: self._whole(peer, "test", contract),
            "dbt build": lambda: self._whole(TOOLS / "dbt", *dbt, "--target-path", project / "target"),
        }
        return {"rows": rows, "costs": gate_report.tool_results(self._in_turns(works, rows))}

    def _side(self, name: str, rows: int) -> dict:
        """One side in a separate process: time and CPU of its work alone, memory of the whole process."""
        command = [sys.executable, MESH / "side.py", name, self._payments(rows), self.sellers]
        cost, output = run(command, self.scratch / "home")
        return {**json.loads(output), "peak_mb": cost.peak_mb}

    def _whole(self, *command: str | Path) -> dict:
        cost, _ = run(list(command), self.scratch / "home", MESH)
        return {"cpu": cost.cpu, "wall": cost.wall, "peak_mb": cost.peak_mb}

    def _payments(self, rows: int) -> Path:
        file = self.scratch / f"payments-{rows}.parquet"
        if not file.exists():
            say(f"{rows:,} rows: writing the file")
            # Renamed when complete, so that an incomplete file is never used.
            sql = (MESH / "rows.sql").read_text(encoding="utf-8").replace("$rows", str(rows))
            _rows(sql, file.with_suffix(".unfinished")).rename(file)
        return file

    def _in_turns(self, works: Mapping[str, Callable[[], dict]], rows: int) -> dict[str, list[dict]]:
        """The costs of each work, measured in turns. The round before the first only fills the system's caches."""
        costs: dict[str, list[dict]] = {name: [] for name in works}
        for number in self.rounds:
            for name, work in works.items():
                cost = work()
                say(
                    f"{rows:,} rows, {f'round {number} of {self.rounds[-1]}' if number else 'warm-up'}: {name:18} {shown(cost)}"
                )
                if number:
                    costs[name].append(cost)
        return costs


def _peer(folder: Path) -> Path:
    """datacontract-cli in its own environment, which is removed with the scratch folder."""
    tool = folder / "bin" / "datacontract"
    if tool.exists():
        return tool
    say(f"installing {PEER}")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    quietly = ["install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([folder / "bin" / "pip", *quietly, PEER], capture_output=True, text=True)
    if done.returncode:
        raise BenchmarkError(f"{PEER} cannot be installed: {done.stderr.strip()[-800:]}")
    return tool


def _rows(sql: str, to: Path) -> Path:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"COPY ({sql}) TO '{to}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)")
    return to


def shown(cost: dict) -> str:
    return f"{cost['cpu']:6.2f} s CPU  {cost['wall']:6.2f} s wall  {cost['peak_mb']:5.0f} MB"


def say(line: str) -> None:
    """Prints progress to standard error, so that the tables can be redirected."""
    print(line, file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=LARGE, help="default: 10000000")
    parser.add_argument("--huge", type=int, default=HUGE, help="rows at which memory is measured; default: 50000000")
    parser.add_argument("--repeats", type=int, default=3, help="counted rounds; default: 3")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="measure these anew; the others stay")
    parser.add_argument("--no-warm-up", action="store_true", help="leave out the round that is not counted")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the files that are made there, and reuse them")
    parser.add_argument("--to", type=Path, default=RESULTS, metavar="FILE", help="default: bench/gate-results.json")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
