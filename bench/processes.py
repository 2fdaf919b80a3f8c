"""Runs a command as a new process and measures it: wall-clock time, CPU of the process tree, peak memory."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mesh_isolation.landlock import SUBREAPER, prctl

ROOT = Path(__file__).resolve().parents[1]
TOOLS = Path(sys.executable).parent
"""The folder of this interpreter, which also has `mesh` and `dbt`."""

# ru_maxrss counts bytes on macOS and kibibytes elsewhere.
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
# These variables would direct a run to another home, source or instance than that of the benchmark.
_FOREIGN = ("MESH_SOURCE", "DAGSTER_HOME", "PYTHONPATH")


class BenchmarkError(Exception):
    """A command failed, or did not do the work to be measured, so that its figures would be meaningless."""


@dataclass(frozen=True)
class Cost:
    """The cost of one measurement; the sum of two is the cost of both processes."""

    wall: float
    cpu: float
    """User and system seconds of the process and of all processes below it, on Linux; elsewhere, of those it waited for."""
    peak_mb: float
    """The greatest memory of a single process, in units of 2^20 bytes."""

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.wall + other.wall, self.cpu + other.cpu, max(self.peak_mb, other.peak_mb))


def run(command: list[str | Path], home: Path, folder: Path = ROOT, **variables: str | Path) -> tuple[Cost, str]:
    """Runs a command in `folder`, with `home` as the home of the mesh, and returns its cost and its standard output.

    Raises BenchmarkError, with the end of the output, when the exit code is not 0.
    """
    environment = {key: value for key, value in os.environ.items() if key not in _FOREIGN}
    environment |= {"MESH_HOME": str(home), "DO_NOT_TRACK": "1", **{key: str(value) for key, value in variables.items()}}
    home.mkdir(parents=True, exist_ok=True)
    stdout, stderr = home / "bench.out", home / "bench.err"
    prctl(SUBREAPER, 1)  # servers that the command leaves behind for a moment become children of this process
    # Flushes the writes of the previous command, so that they do not count for this one.
    os.sync()
    # Files and not pipes, because a pipe is not read while wait4 waits.
    with stdout.open("wb") as out, stderr.open("wb") as err:
        start = time.perf_counter()
        process = subprocess.Popen([str(word) for word in command], cwd=folder, env=environment, stdout=out, stderr=err)
        try:
            # The usage of this child and its own children; getrusage would include earlier children.
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            # The folder of its files is removed next.
            process.terminate()
            process.wait()
            raise
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        usages = [usage, *_orphans()]
    output = stdout.read_text(encoding="utf-8", errors="replace")
    if process.returncode:
        last = (output + stderr.read_text(encoding="utf-8", errors="replace")).strip().splitlines()[-15:]
        raise BenchmarkError("\n".join([f"{' '.join(map(str, command))} ended with {process.returncode}:", *last]))
    cpu = sum(each.ru_utime + each.ru_stime for each in usages)
    return Cost(wall, cpu, max(each.ru_maxrss for each in usages) * _MAXRSS_UNIT / 2**20), output


def _orphans() -> Iterator[resource.struct_rusage]:
    """The usage of the processes that a command has left behind, which end after it; none of them stays."""
    with suppress(ChildProcessError):
        while True:
            yield os.wait4(-1, 0)[2]
