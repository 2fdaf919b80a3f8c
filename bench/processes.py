"""Runs a command as a fresh process and tells what it cost: wall-clock time, CPU of the process tree, peak memory."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOOLS = Path(sys.executable).parent
"""`mesh` and `dbt` stand beside this interpreter."""

# ru_maxrss counts bytes on macOS and kibibytes elsewhere.
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
# These would send a run to another home, source or instance than the benchmark's own.
_FOREIGN = ("MESH_SOURCE", "DAGSTER_HOME", "PYTHONPATH")


class BenchmarkError(Exception):
    """A command failed, or did not do the work that was to be measured: its figures would mean nothing."""


@dataclass(frozen=True)
class Cost:
    """What one measurement cost; sums add up a measurement of several processes."""

    wall: float
    cpu: float
    """User and system seconds of the process and of all it has started and waited for."""
    peak_mb: float
    """The most memory that one of the processes held at once, in units of 2^20 bytes."""

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.wall + other.wall, self.cpu + other.cpu, max(self.peak_mb, other.peak_mb))


def run(command: list[str | Path], home: Path, folder: Path = ROOT, **variables: str | Path) -> tuple[Cost, str]:
    """Runs a command in `folder`, with `home` as the mesh's, and gives its cost and its standard output.

    Raises BenchmarkError with the end of what it said when it ends with another exit code than 0.
    """
    environment = {key: value for key, value in os.environ.items() if key not in _FOREIGN}
    environment |= {"MESH_HOME": str(home), "DO_NOT_TRACK": "1", **{key: str(value) for key, value in variables.items()}}
    home.mkdir(parents=True, exist_ok=True)
    said, complained = home / "bench.out", home / "bench.err"
    # What the command before has left to the disk is no part of this one's time.
    os.sync()
    # Files and no pipes, because nobody reads while wait4 waits.
    with said.open("wb") as out, complained.open("wb") as err:
        start = time.perf_counter()
        process = subprocess.Popen([str(word) for word in command], cwd=folder, env=environment, stdout=out, stderr=err)
        try:
            # The usage of this very child and its own children; getrusage would mix in the ones before.
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            # Its files lie in a folder that is removed next.
            process.terminate()
            process.wait()
            raise
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
    output = said.read_text(encoding="utf-8", errors="replace")
    if process.returncode:
        last = (output + complained.read_text(encoding="utf-8", errors="replace")).strip().splitlines()[-15:]
        raise BenchmarkError("\n".join([f"{' '.join(map(str, command))} ended with {process.returncode}:", *last]))
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _MAXRSS_UNIT / 2**20), output
