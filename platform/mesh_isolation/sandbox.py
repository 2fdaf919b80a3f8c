"""Runs foreign code in a process of its own, which sees only declared files and environment variables.

A server imports dbt once and forks for each call, so that a call costs a fork and not an import. The code gets its
environment from the caller and nothing else. On Linux, Landlock restricts it to the declared files and closes the network. It
sends its results as JSON; nothing that it sends is executed.

A call has two sockets. The code holds one of them, and may close it whenever it wants. The other is between the caller and
the supervisor of the call alone: on it, the caller says that the call is over, and the supervisor that it has killed every
process of the call. No call returns before that.
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
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any, NoReturn

from mesh_isolation.landlock import DEATH_SIGNAL, SUBREAPER, prctl, restrict
from mesh_isolation.leftovers import remove, renew
from mesh_isolation.packages import execute_domains
from mesh_isolation.seccomp import filter_calls
from mesh_isolation.text import counted

QUIET = ("--quiet", "--no-version-check", "--log-level", "none", "--log-level-file", "none", "--no-write-json")
"""The flags of every command of dbt: it prints nothing and writes no log."""

_PRELOADED = (
    *("dbt.cli.main", "dbt.adapters.duckdb", "dbt.task.build", "dbt_common.clients.agate_helper", "duckdb", "pandas"),
    "mesh_isolation.dbt_commands",
)
_SYSTEM = (
    *("/usr", "/lib", "/lib32", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/localtime", "/etc/timezone", "/etc/mime.types"),
    *("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random", "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat"),
    *("/proc/mounts", "/proc/sys/vm", "/sys/fs/cgroup", "/sys/devices/system/cpu", sys.prefix, sys.base_prefix),
    str(Path(__file__).parents[1]),
)
_PASSED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "MESH_DEBUG")
"""The variables of the caller that the code sees, besides those that begin with PYTHON."""
_KILL_SECONDS = 60
"""How long a caller waits until the processes of its call are killed. A large one takes seconds to give its memory back."""
_KILLED, _TOO_MANY = b"killed", b"number"
"""What a supervisor says when no process of its call is left: the second, if it has ended the call for their number."""
_MOST, _EVERY = 2_000, 0.1
"""How many processes a call may have, with their threads, and how often they are counted, in seconds."""


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
    caller, such as KeyboardInterrupt, kills the process. When it returns, no process of the call is left, and none that were
    could reach the folders that it may write to.
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
    control, supervisor = socket.socketpair()
    said = b""
    with control, here, here.makefile("r", encoding="utf-8", errors="replace") as stream:
        with there, supervisor:
            _hand_over(there, supervisor)
        answer: Any = None
        place, begun = "", False
        clock = threading.Timer(sandbox.seconds or 0, _stop, (control, late))
        try:
            with suppress(BrokenPipeError, ConnectionResetError):  # nothing has taken it, and nothing will confirm its end
                here.sendall(json.dumps(request).encode() + b"\n")
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
            said = _all_killed(control)
            try:
                renew(sandbox.writes)
            except OSError as problem:
                raise SandboxFailed(f"its folders cannot be taken over: {problem}") from problem
    if said == _TOO_MANY:
        raise SandboxFailed(f"it had more than {counted(_MOST, 'process', 'processes')} and threads")
    if said != _KILLED:
        raise SandboxFailed(f"its processes may still run: their end was not confirmed within {_KILL_SECONDS} s")
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


def _stop(control: socket.socket, late: threading.Event) -> None:
    """Ends a call at its time limit."""
    late.set()
    _give_up(control)


def _give_up(control: socket.socket) -> None:
    """Ends a call: its supervisor sees that nothing more is sent, and kills what runs. A fork may have copied the socket."""
    with suppress(OSError):
        control.shutdown(socket.SHUT_WR)


def _all_killed(control: socket.socket) -> bytes:
    """Ends a call, waits until its supervisor has killed everything, and returns what that says then; empty for nothing."""
    _give_up(control)
    control.settimeout(_KILL_SECONDS)
    try:
        if said := control.recv(len(_KILLED)):
            control.settimeout(None)
            control.recv(1)  # until it has removed the temporary folder
        return said
    except OSError:
        return b""


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


def _hand_over(*ends: socket.socket) -> None:
    """Passes the ends of a call's two sockets to the server; starts the server if there is none or if it has ended."""
    global _server
    with _starting:
        for last in (False, True):
            start_server()
            try:
                socket.send_fds(_server, [b"call"], [end.fileno() for end in ends])
                return
            except OSError:
                _server = None
                if last:
                    raise


def _environment() -> dict[str, str]:
    passed = {name: value for name, value in os.environ.items() if name in _PASSED or name.startswith("PYTHON")}
    return {**passed, "DO_NOT_TRACK": "1", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "PYTHONDONTWRITEBYTECODE": "1"}


_BEGINS = 0
"""Stands among the supervisors for one that is being forked."""
_supervisors: set[int] = set()


def serve() -> None:
    """The server: forks a supervisor for each pair of sockets that it receives on standard input, until the caller ends."""
    # dbt shares its locks among threads only; those for processes need files in /dev/shm, which all domains share.
    BaseContext.Lock = BaseContext.RLock = lambda self: threading.RLock()
    for module in _PRELOADED:
        import_module(module)
    _warm_up()
    prctl(SUBREAPER, 1)  # what a supervisor that was killed leaves behind becomes a child of the server
    signal.signal(signal.SIGCHLD, lambda *_: _reap())
    requests = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    while True:
        message, descriptors, *_ = socket.recv_fds(requests, 16, 2)
        if not message:
            os._exit(0)
        ends = [socket.socket(fileno=descriptor) for descriptor in descriptors]
        if len(ends) == 2:
            # Until the supervisor is known as one, nothing is killed. A thread of a library can take the signal all the same.
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
            _supervisors.add(_BEGINS)
            if (supervisor := _forked(ends[0])) == 0:
                requests.close()
                _supervise(*ends)
            if supervisor > 0:
                _supervisors.add(supervisor)
            _supervisors.discard(_BEGINS)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        for end in ends:
            end.close()


def _forked(connection: socket.socket) -> int:
    """Forks, as `os.fork`. If the system starts no further process, says so to the caller and returns -1."""
    try:
        return os.fork()
    except OSError as problem:
        with suppress(OSError):
            connection.sendall(json.dumps(["system", problem.errno]).encode() + b"\n")
        return -1


def _supervise(connection: socket.socket, control: socket.socket) -> NoReturn:
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
    signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
    worker = _forked(connection)
    if worker == 0:
        ended.close(), wake.close(), control.close()  # with these, the code could end its supervisor
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        prctl(DEATH_SIGNAL, signal.SIGKILL)
        os.setsid()  # no process of the code is in the group of the server, and the filter keeps all in this one
        _work(connection, scratch, **json.loads(line))
    said, next_count = _KILLED, time.monotonic() + _EVERY
    while worker > 0 and _runs(worker) and said == _KILLED:
        ready = select.select([control, ended], [], [], _EVERY)[0]
        if control in ready:
            break
        if ended in ready:
            ended.recv(4096)
        if time.monotonic() > next_count:
            said = _TOO_MANY if _too_many() else _KILLED
            next_count = time.monotonic() + _EVERY
    with suppress(OSError):
        connection.shutdown(socket.SHUT_WR)  # for the caller, the messages end here, whoever holds the socket
    if worker > 0:
        _kill_all(worker)
    with suppress(OSError):
        control.sendall(said)
    with suppress(OSError):
        remove(Path(scratch))
    os._exit(0)


def _runs(worker: int) -> bool:
    """Whether the worker neither has ended nor has stopped itself. Reaps what it has left behind, and not the worker: as long
    as that has its number, no other process and no other group gets it."""
    if not hasattr(os, "waitid"):  # macOS, where orphans are no children of this process either
        return os.waitpid(worker, os.WNOHANG | os.WUNTRACED) == (0, 0)
    while child := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        if child.si_pid == worker:
            return False
        os.waitpid(child.si_pid, 0)
    return not os.waitid(os.P_PID, worker, os.WSTOPPED | os.WNOHANG | os.WNOWAIT)


def _kill_all(worker: int) -> None:
    """Kills every process below this one, and returns when none is left.

    A signal to a group reaches each process of it, that of a fork which is under way too: where calls are filtered, none has
    left the group of the worker. Elsewhere, each round signals all children before it waits for one. When a process ends, its
    children become those of this process, so the kernel says when none is left.
    """
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(worker, signal.SIGKILL)
    with suppress(ChildProcessError):
        _kill([worker])
        while True:
            _kill(_children(os.getpid()))
            os.waitpid(-1, 0)
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _kill(children: Iterable[int]) -> None:
    """Kills children of this process, with their groups. No other process gets their numbers before they are waited for."""
    for child in children:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(child, signal.SIGKILL)
            if (group := os.getpgid(child)) != os.getpgrp():
                os.killpg(group, signal.SIGKILL)


def _warm_up() -> None:
    """Parses a project of one model: what dbt computes once in a process, its forks need not compute again.

    Without the static parser, whose threads would be missing in the forks; with the cache that dbt has for its own tests, of
    what the text of a macro parses to: most of a first parse is that of dbt's own macros. The second time, dbt reads what it
    kept of the first.
    """
    profile = {"warm": {"target": "warm", "outputs": {"warm": {"type": "duckdb", "path": ":memory:"}}}}
    with tempfile.TemporaryDirectory(prefix="mesh-") as folder:
        for name, content in (("dbt_project", {"name": "warm", "profile": "warm"}), ("profiles", profile)):
            (Path(folder) / f"{name}.yml").write_text(json.dumps(content), encoding="utf-8")
        (Path(folder) / "models").mkdir()
        (Path(folder) / "models/warm.sql").write_text("select 1 as one", encoding="utf-8")
        places = (argument for option in ("project-dir", "profiles-dir", "target-path") for argument in (f"--{option}", folder))
        arguments = ["parse", "--no-static-parser", *places, *QUIET]
        import_module("dbt_common.tests").enable_test_caching()
        for _ in range(2):
            import_module("dbt.cli.main").dbtRunner().invoke(arguments)


def _reap() -> None:
    """Waits for the supervisors that have ended. Ignoring the signal instead would lose the CPU time of their calls.

    Kills what remains of the call of a supervisor that was killed itself.
    """
    with suppress(ChildProcessError):
        while ended := os.waitpid(-1, os.WNOHANG)[0]:
            _supervisors.discard(ended)
    if _BEGINS not in _supervisors:
        _kill(child for child in _children(os.getpid()) if child not in _supervisors)


def _children(process: int) -> list[int]:
    """The children of a process; after `SUBREAPER`, orphans of its descendants too. Where /proc is missing, none."""
    found: list[int] = []
    with suppress(OSError):
        for thread in Path(f"/proc/{process}/task").iterdir():
            found += map(int, (thread / "children").read_text(encoding="ascii").split())
    return found


def _too_many() -> bool:
    """Whether the processes below this one, with their threads, are more than a call may have."""
    processes, threads = [os.getpid()], 0
    for process in processes:
        with suppress(OSError):
            threads += sum(1 for _ in Path(f"/proc/{process}/task").iterdir())
        if max(threads, len(processes)) > _MOST:
            return True
        processes += _children(process)
    return False


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
