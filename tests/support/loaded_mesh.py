"""A process that has imported what `mesh` imports and forks for each command, because imports are most of a command's time.

A fork is a process of its own: arguments, environment, working directory, standard output and exit code are those of the
command, and nothing that it changes in memory reaches the next one. After a command the process imports what the command
had to import, so that no list of modules has to be kept. Tests of signals, kills and start-up use a plain `mesh`.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

SCRIPT = Path(sys.executable).parent / "mesh"


class LoadedMesh:
    """The process, as its callers see it. It starts with the first command."""

    def __init__(self) -> None:
        self._process: subprocess.Popen | None = None

    def run(
        self, arguments: Sequence[str], cwd: Path, environment: Mapping[str, str], timeout: float, merged: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Runs `mesh` with the arguments as `subprocess.run` does.

        Args:
            arguments: those after the word `mesh`.
            cwd: where it runs.
            environment: all variables that it sees.
            timeout: seconds; after it the command is killed and TimeoutExpired raised.
            merged: whether standard error goes where standard output goes.

        Returns: the exit code and the text of both streams.
        """
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, __file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={name: value for name, value in environment.items() if name in ("PATH", "HOME", "TMPDIR", "LANG")},
                start_new_session=True,
            )
        with tempfile.TemporaryDirectory() as folder:
            streams = [Path(folder) / name for name in ("stdout", "stdout" if merged else "stderr")]
            call = {"arguments": arguments, "cwd": cwd, "environment": dict(environment), "streams": streams}
            self._process.stdin.write(json.dumps(call, default=str).encode() + b"\n")
            self._process.stdin.flush()
            if not select.select([self._process.stdout], [], [], timeout)[0]:
                os.killpg(self._process.pid, signal.SIGKILL)
                self.stop()
                raise subprocess.TimeoutExpired(["mesh", *arguments], timeout)
            code = json.loads(self._process.stdout.readline())
            texts = [stream.read_text() for stream in dict.fromkeys(streams)]
            return subprocess.CompletedProcess(["mesh", *arguments], code, *texts)

    def stop(self) -> None:
        """Ends the process."""
        if self._process is not None:
            self._process.communicate()
            self._process = None


LOADED = LoadedMesh()
"""The one of this test process."""


def serve() -> None:
    """Runs one command after the other; each is a line on standard input, and its exit code one on standard output."""
    del sys.path[0]  # the folder of this file, which a command does not see
    importlib.import_module("mesh_platform.cli.app")
    importlib.import_module("mesh_isolation.sandbox").start_server()  # the commands share it: it imports dbt once
    for line in sys.stdin.buffer:
        call = json.loads(line)
        gc.freeze()
        learnt, learns = os.pipe()
        process = os.fork()
        if not process:
            os.close(learnt)
            _become(call, learns)
        os.close(learns)
        with os.fdopen(learnt, "rb") as names:
            imported = names.read()
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
        for name in json.loads(imported or b"[]"):
            with contextlib.suppress(Exception):
                importlib.import_module(name)


def _become(call: dict, learns: int) -> None:
    """Turns this fork into the command; never returns."""
    environment = call["environment"]
    domains = [folder for folder in environment.get("PYTHONPATH", "").split(os.pathsep) if folder]
    os.chdir(call["cwd"])
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[:] = [str(SCRIPT), *call["arguments"]]
    sys.path[:0] = [str(SCRIPT.parent), *domains]
    nothing = os.open(os.devnull, os.O_RDONLY)
    written = [os.open(stream, os.O_WRONLY | os.O_CREAT | os.O_APPEND) for stream in call["streams"]]
    for number, handle in enumerate([nothing, *written]):
        os.dup2(handle, number)
        os.close(handle)
    before = set(sys.modules)

    def teach() -> None:
        """Gives the modules that the command imported, without those of the mesh that it ran in."""
        modules = {name: getattr(module, "__spec__", None) for name, module in sys.modules.items() if name not in before}
        origins = {name: str(spec.origin or "") for name, spec in modules.items() if spec}
        names = [name for name, origin in origins.items() if not any(origin.startswith(folder) for folder in domains)]
        with os.fdopen(learns, "w") as line:
            json.dump(names, line)

    atexit.register(teach)
    sys.modules["mesh_platform.cli.app"].main()


if __name__ == "__main__":
    serve()
