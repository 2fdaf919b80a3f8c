"""Runs foreign code in a process of its own, which sees only declared files and environment variables.

A server imports dbt once and forks for each call, so that a call costs a fork and not an import. The code gets its
environment from the caller and nothing else. On Linux, Landlock restricts it to the declared files and closes the network. It
sends its results as JSON; nothing that it sends is executed. When a call ends, every process that it has left behind is killed.
"""

import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any, NoReturn

from mesh_isolation.landlock import DEATH_SIGNAL, SUBREAPER, prctl, restrict
from mesh_isolation.leftovers import remove, remove_traps
from mesh_isolation.packages import execute_domains
from mesh_isolation.seccomp import filter_calls
from mesh_isolation.text import counted

QUIET = ("--quiet", "--no-version-check", "--log-level", "none", "--log-level-file", "none", "--no-write-json")
"""The flags of every command of dbt: it prints nothing and writes no log."""

_PRELOADED = ("dbt.cli.main", "dbt.adapters.duckdb", "dbt.task.build", "duckdb", "pandas")
_SYSTEM = (
    *("/usr", "/lib", "/lib32", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/localtime", "/etc/timezone", "/etc/mime.types"),
    *("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random", "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat"),
    *("/proc/mounts", "/proc/sys/vm", "/sys/fs/cgroup", "/sys/devices/system/cpu", sys.prefix, sys.base_prefix),
    str(Path(__file__).parents[1]),
)
_PASSED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "MESH_DEBUG")
"""The variables of the caller that the code sees, besides those that begin with PYTHON."""


@dataclass(frozen=True)
class Sandbox:
    """What the code may reach, besides Python, the platform's own files and a temporary folder of its own."""

    reads: Sequence[Path] = ()
    """Files, and folders with everything in them."""
    writes: Sequence[Path] = ()
    """Existing folders that it may read and change."""
    environment: Mapping[str, str] = field(default_factory=dict)
    seconds: float | None = None
    """How long it may take; None for any time. The start of the server and of the process does not count."""
    megabytes: int | None = None
    """How much memory each of its processes may take, on Linux; None for any amount."""
    code: Sequence[Path] = ()
    """Folders whose modules it may import, if no other folder has a module of that name."""
    characters: int = 1 << 28
    """The longest message that the caller reads: code that sends more must not fill the caller's memory."""


class SandboxFailed(Exception):
    """The code raised an unexpected exception, or its process ended without a result."""


class TookTooLong(SandboxFailed):
    """The code was stopped at its time limit."""


def call(
    function: Callable[..., Any],
    arguments: Mapping[str, Any],
    sandbox: Sandbox,
    raises: type[Exception] = SandboxFailed,
    on_event: Callable[..., None] = lambda *event: None,
) -> Any:
    """Calls a function in a sandbox, and returns its result.

    Args:
        function: a function of a module; it is called with `emit`, which passes an event on, and with the `arguments`.
        arguments: values that JSON can hold, by parameter name.
        sandbox: what it may reach.
        raises: the base class of the exceptions that the function raises on purpose. Their attributes are JSON values, and
            their parameters.
        on_event: called with the arguments of each `emit`, in order; not of `emit(name, "started")`, which names the present
            work for the error at the time limit.

    Returns: the function's result as JSON holds it. Raises what the function raises on purpose, and SandboxFailed for
    anything else; TookTooLong at the time limit; OSError when the system starts no further process. An exception in the
    caller, such as KeyboardInterrupt, kills the process.
    """
    request = {
        "module": function.__module__,
        "name": function.__name__,
        "arguments": arguments,
        "path": [entry for entry in (*sys.path, *map(os.fspath, sandbox.code)) if entry],
        "reads": [os.fspath(path) for path in (*sandbox.reads, *sandbox.code)],
        "writes": [os.fspath(path) for path in sandbox.writes],
        "environment": dict(sandbox.environment),
        "megabytes": sandbox.megabytes,
        "raises": raises.__name__,
    }
    late = threading.Event()
    here, there = socket.socketpair()
    with here, here.makefile("r", encoding="utf-8", errors="replace") as stream:
        with there:
            _hand_over(there)
        with suppress(BrokenPipeError, ConnectionResetError):  # what was sent before is read all the same
            here.sendall(f"{json.dumps(request)}\n".encode())
        answer: Any = None
        place, begun = "", False
        clock = threading.Timer(sandbox.seconds or 0, _stop, (here, late))
        try:
            # What the code has left behind is killed before the stream ends.
            for line in iter(lambda: stream.readline(sandbox.characters), ""):
                if len(line) == sandbox.characters and not line.endswith("\n"):
                    raise SandboxFailed(f"it sent a message of more than {sandbox.characters:,} characters")
                match _message(line):
                    case ["begun"]:
                        begun = True
                        if sandbox.seconds is not None and clock.ident is None:  # the code may send it again
                            clock.start()
                    case ["system", int(number)] if not begun:  # afterwards, the code could send it
                        raise OSError(number, os.strerror(number))
                    case ["event", str(at), "started"]:
                        place = f" at {at[:200]}"
                    case ["event", *event]:
                        on_event(*event)
                    case other:
                        answer = other
        finally:
            clock.cancel()
            remove_traps(sandbox.writes)
    if late.is_set():
        raise TookTooLong(f"it took more than {sandbox.seconds:g} s{place}")
    match answer:
        case ["result", result]:
            return result
        case ["error", str(name), dict(parameters)]:
            try:
                problem = _kinds(raises)[name](**parameters)
            except (KeyError, TypeError):
                raise SandboxFailed("it raised an exception that is not one of its own") from None
            raise problem
        case ["failure", str(message)]:
            raise SandboxFailed(message)
    raise SandboxFailed("the process ended without a result: the code ended it, or the machine has too little memory")


def _stop(call: socket.socket, late: threading.Event) -> None:
    """Ends a call: its supervisor sees that nothing more is sent, and kills what runs."""
    late.set()
    with suppress(OSError):
        call.shutdown(socket.SHUT_WR)


_VALUES = 3_000_000
"""The most values of one message. In Python, each costs up to a hundred bytes."""


def _message(line: str) -> Any:
    """The message in a line; None if it is none. Half a surrogate pair, which no encoding can write, becomes a question mark.

    Raises SandboxFailed for more than _VALUES values.
    """
    if sum(map(line.count, ",[{")) > _VALUES:
        raise SandboxFailed(f"it sent a message of more than {counted(_VALUES, 'value')}")
    try:
        message = json.loads(line)
        if "\\ud" in line.casefold():
            message = json.loads(json.dumps(message, ensure_ascii=False).encode("utf-8", "replace"))
        return message
    except (ValueError, RecursionError):
        return None


def _kinds(base: type[Exception]) -> dict[str, type[Exception]]:
    return {base.__name__: base} | {name: kind for child in base.__subclasses__() for name, kind in _kinds(child).items()}


_starting = threading.Lock()
_server: socket.socket | None = None


def start_server() -> None:
    """Starts the server unless it was started before. It imports dbt while the caller goes on, and ends with the caller."""
    global _server
    if _server is None:
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with there:
            subprocess.Popen(
                [sys.executable, "-P", "-c", "from mesh_isolation.sandbox import serve; serve()"],
                env=_environment(),
                stdin=there,
                stdout=subprocess.DEVNULL,
                stderr=None if "MESH_DEBUG" in os.environ else subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C reaches only the caller, which then closes the sockets of its calls
            )
        _server = here


def _hand_over(end: socket.socket) -> None:
    """Passes one end of a call's socket to the server; starts the server if there is none or if it has ended."""
    global _server
    with _starting:
        for last in (False, True):
            start_server()
            try:
                socket.send_fds(_server, [b"call"], [end.fileno()])
                return
            except OSError:
                _server = None
                if last:
                    raise


def _environment() -> dict[str, str]:
    passed = {name: value for name, value in os.environ.items() if name in _PASSED or name.startswith("PYTHON")}
    return {**passed, "DO_NOT_TRACK": "1", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "PYTHONDONTWRITEBYTECODE": "1"}


def serve() -> None:
    """The server: forks a supervisor for each socket that it receives on standard input, until the caller ends."""
    # dbt shares its locks among threads only; those for processes need files in /dev/shm, which all domains share.
    BaseContext.Lock = BaseContext.RLock = lambda self: threading.RLock()
    for module in _PRELOADED:
        import_module(module)
    _warm_up()
    signal.signal(signal.SIGCHLD, lambda *_: _reap())
    control = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    while True:
        message, descriptors, *_ = socket.recv_fds(control, 16, 1)
        if not message:
            os._exit(0)
        for descriptor in descriptors:
            connection = socket.socket(fileno=descriptor)
            if _forked(connection) == 0:
                control.close()
                _supervise(connection)
            connection.close()


def _forked(connection: socket.socket) -> int:
    """Forks, as `os.fork`. If the system starts no further process, says so to the caller and returns -1."""
    try:
        return os.fork()
    except OSError as problem:
        with suppress(OSError):
            connection.sendall(json.dumps(["system", problem.errno]).encode() + b"\n")
        return -1


def _supervise(connection: socket.socket) -> NoReturn:
    """Forks the worker of one call. When it ends, or the caller gives up, kills it with everything that it started."""
    with connection.makefile("r", encoding="utf-8") as stream:
        line = stream.readline()
    if not line.endswith("\n"):
        os._exit(1)  # the caller has gone
    scratch = tempfile.mkdtemp(prefix="mesh-")
    prctl(SUBREAPER, 1)
    ended, wake = socket.socketpair()
    wake.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake.fileno())
    worker = _forked(connection)
    if worker == 0:
        ended.close(), wake.close()  # with these, the code could end its supervisor
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        prctl(DEATH_SIGNAL, signal.SIGKILL)
        _work(connection, scratch, **json.loads(line))
    with suppress(OSError):
        while worker > 0 and connection not in select.select([connection, ended], [], [])[0]:
            ended.recv(64)
            if os.waitpid(worker, os.WNOHANG | os.WUNTRACED) != (0, 0):
                break  # the worker has ended, or has stopped itself; otherwise, a process that it had left behind has ended
    if worker > 0:
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)
    while children := _children():
        for child in children:
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
    with suppress(OSError):
        remove(Path(scratch))
    os._exit(0)


def _warm_up() -> None:
    """Parses an empty project: what dbt computes once in a process, its forks need not compute again."""
    profile = {"warm": {"target": "warm", "outputs": {"warm": {"type": "duckdb", "path": ":memory:"}}}}
    with tempfile.TemporaryDirectory(prefix="mesh-") as folder:
        for name, content in (("dbt_project", {"name": "warm", "profile": "warm"}), ("profiles", profile)):
            (Path(folder) / f"{name}.yml").write_text(json.dumps(content), encoding="utf-8")
        places = (argument for option in ("project-dir", "profiles-dir", "target-path") for argument in (f"--{option}", folder))
        import_module("dbt.cli.main").dbtRunner().invoke(["parse", *places, *QUIET])


def _reap() -> None:
    """Waits for the supervisors that have ended. Ignoring the signal instead would lose the CPU time of their calls."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _children() -> list[int]:
    """The processes below this one; after `_SUBREAPER`, orphans of its descendants too. Where /proc is missing, none."""
    try:
        return [int(child) for child in Path("/proc/thread-self/children").read_text(encoding="ascii").split()]
    except OSError:
        return []


def _work(
    connection: socket.socket,
    scratch: str,
    module: str,
    name: str,
    arguments: Mapping[str, Any],
    path: Sequence[str],
    reads: Sequence[str],
    writes: Sequence[str],
    environment: Mapping[str, str],
    megabytes: int | None,
    raises: str,
) -> NoReturn:
    """The worker: enters the sandbox, calls the function, and sends what it emits and returns."""
    stream = connection.makefile("w", encoding="utf-8")

    def send(*message: Any) -> None:
        with lock:  # dbt calls back on threads of its own
            stream.write(json.dumps(message, default=str) + "\n")
            stream.flush()

    lock = threading.Lock()
    try:
        os.environ.update({"TMPDIR": scratch, "HOME": scratch, **environment})
        tempfile.tempdir = scratch
        os.chdir(scratch)
        packages = [entry for entry in path if _is_code(entry, [*reads, *writes])]
        sys.path[:] = packages
        if megabytes is not None:
            resource.setrlimit(resource.RLIMIT_DATA, (megabytes * 1_000_000, megabytes * 1_000_000))
        restrict([*_SYSTEM, *packages, *reads], [scratch, *writes])
        filter_calls()
        execute_domains()
        send("begun")
        send("result", getattr(import_module(module), name)(lambda *event: send("event", *event), **arguments))
    except BaseException as problem:
        traceback.print_exception(problem)
        names = [kind.__name__ for kind in type(problem).__mro__]
        if raises in names:
            send("error", type(problem).__name__, vars(problem))
        else:
            send("failure", f"{type(problem).__name__}: {problem}")
    finally:
        os._exit(0)


def _is_code(entry: str, declared: Iterable[str]) -> bool:
    """Whether a folder on Python's path belongs to Python, to the platform, or to the declared folders."""
    own = (sys.prefix, sys.base_prefix, str(Path(__file__).parents[1]), *declared)
    return Path(entry).name in ("site-packages", "dist-packages") or any(Path(entry).is_relative_to(folder) for folder in own)
