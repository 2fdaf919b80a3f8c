"""Processes that do bounded work on a text that another party wrote, and that the kernel stops at a limit.

A process is started once for a function and answers one request after another, so that a request costs no start. It has an
empty environment, a session of its own, and a folder for what does not fit in memory.
"""

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

NO_MEMORY = 3
"""The code with which a function ends its process when the memory is not enough."""

_OVERHEAD = 300
"""The megabytes that the process itself takes, beside what a request may take."""

_turn = Lock()
_workers: dict[tuple[int, str, str], "_Worker"] = {}


def ask_worker(function: Callable[[dict[str, Any]], dict[str, Any]], request: Mapping[str, Any]) -> dict[str, Any]:
    """The reply of a function of a module to a request; `{"refused": reason}` for one that was stopped at a limit.

    Args:
        function: takes and returns JSON values. It runs in a process of its own.
        request: its argument, with the limits `seconds` and `megabytes`, and `bytes`, the size of the reply as JSON.
    """
    key = (os.getpid(), function.__module__, function.__name__)
    with _turn:
        worker = _workers.get(key) or _workers.setdefault(key, _Worker(*key[1:]))
        reply = worker.ask(json.dumps(request), request["bytes"])
        if reply is None:  # the next request gets another process
            code = _workers.pop(key).end()
            limit = f"{request['seconds']:g} s" if code == -signal.SIGALRM else f"{request['megabytes']:,} MB of memory"
            reason = "its process does not start" if code == 1 else f"it took more than {limit}"
            return {"refused": f"was stopped: {reason}."}
        return reply


class _Worker:
    """The process of one function."""

    def __init__(self, module: str, name: str) -> None:
        self.owner, self.folder = os.getpid(), tempfile.mkdtemp(prefix="mesh-work-")
        start = f"import sys; sys.path.append({str(Path(__file__).parents[1])!r})"
        start = f"{start}; from {__name__} import answer_requests; answer_requests({module!r}, {name!r})"
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        command = [sys.executable, "-I", "-c", start]
        self.process = subprocess.Popen(command, cwd=self.folder, env={}, start_new_session=True, **pipes)
        atexit.register(self.end)

    def ask(self, line: str, most: int) -> dict[str, Any] | None:
        """The reply; None when the process ended instead."""
        try:
            self.process.stdin.write(f"{line}\n".encode())
            self.process.stdin.flush()
            reply = self.process.stdout.readline(most + 10_000)
            return json.loads(reply)
        except (OSError, ValueError):
            return None

    def end(self) -> int | None:
        """Ends the process and removes its folder; in a fork of the process that started it, does nothing."""
        if self.owner == os.getpid():
            self.process.kill()  # has no effect on a process that ended by itself
            self.process.communicate()
            shutil.rmtree(self.folder, ignore_errors=True)
            atexit.unregister(self.end)
        return self.process.returncode


def answer_requests(module: str, name: str) -> None:
    """Answers the requests on standard input, one a line, with a function.

    The kernel ends the process at the time limit, and refuses memory beyond the limit (on Linux).
    """
    import resource

    function = getattr(import_module(module), name)
    for line in sys.stdin:
        request = json.loads(line)
        memory = (request["megabytes"] + _OVERHEAD) * 1_000_000
        resource.setrlimit(resource.RLIMIT_DATA, (memory, resource.getrlimit(resource.RLIMIT_DATA)[1]))
        signal.setitimer(signal.ITIMER_REAL, request["seconds"])
        try:
            reply = json.dumps(function(request))
        except MemoryError:
            os._exit(NO_MEMORY)
        if len(reply) > request["bytes"]:
            reply = json.dumps({"refused": f"returns more than {request['bytes']:,} bytes."})
        print(reply, flush=True)
        signal.setitimer(signal.ITIMER_REAL, 0)
