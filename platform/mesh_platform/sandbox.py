"""Runs code of a domain in a process of its own, which sees only declared files and environment variables.

A server imports dbt once and forks for each call, so that a call costs a fork and not an import. The code gets its
environment from the caller and nothing else. On Linux, Landlock restricts it to the declared files and closes the network
(https://docs.kernel.org/userspace-api/landlock.html). It sends its results as JSON; nothing that it sends is executed. When a
call ends, every process that it has left behind is killed.
"""

import ctypes
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any, NoReturn

from mesh_platform import errors
from mesh_platform.errors import MeshError, TransformationError

_PRELOADED = ("dbt.cli.main", "dbt.adapters.duckdb", "dbt.task.build", "duckdb")
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


def call(
    function: str, arguments: Mapping[str, Any], sandbox: Sandbox, on_event: Callable[..., None] = lambda *event: None
) -> Any:
    """Calls a function of the platform in a sandbox, and returns its result.

    Args:
        function: `module:name`; it is called with `emit`, a function that passes an event on, and with the `arguments`.
        arguments: values that JSON can hold, by parameter name.
        sandbox: what it may reach.
        on_event: called with the arguments of each `emit`, in order.

    Returns: the function's result as JSON holds it. Raises the MeshError that the function raises, and TransformationError
    when its process ends without a result. An exception in the caller, such as KeyboardInterrupt, kills the process.
    """
    request = {
        "function": function,
        "arguments": arguments,
        "path": [entry or str(Path.cwd()) for entry in sys.path],
        "reads": [os.fspath(path) for path in sandbox.reads],
        "writes": [os.fspath(path) for path in sandbox.writes],
        "environment": dict(sandbox.environment),
    }
    here, there = socket.socketpair()
    with here, here.makefile("rw", encoding="utf-8") as stream:
        with there:
            _hand_over(there)
        stream.write(json.dumps(request) + "\n")
        stream.flush()
        answer = None
        try:
            for line in stream:
                kind, *content = json.loads(line)
                if kind == "event":
                    on_event(*content)
                else:
                    answer = (kind, content)  # what it left behind is killed before the stream ends
        finally:
            remove_links(sandbox.writes)
    match answer:
        case ("result", [result]):
            return result
        case ("error", [name, problem, way_out]):
            raise _kinds().get(name, TransformationError)(problem, way_out)
    raise TransformationError(
        f"The process that ran {function.rpartition(':')[2]} in a sandbox ended without a result.",
        "Run it again. If it ends again, the domain's code ends its process, or the machine has too little memory.",
    )


def remove_links(folders: Iterable[Path]) -> None:
    """Removes everything but files and folders: through a link, the caller would later read or write another file."""
    for folder in folders:
        for parent, folders_inside, files in os.walk(folder):
            for path in (Path(parent, name) for name in (*folders_inside, *files)):
                if path.is_symlink() or not (path.is_file() or path.is_dir()):
                    path.unlink(missing_ok=True)


def _kinds() -> Mapping[str, type[MeshError]]:
    return {name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, MeshError)}


_starting = threading.Lock()
_server: socket.socket | None = None


def start_server() -> None:
    """Starts the server unless it was started before. It imports dbt while the caller goes on, and ends with the caller."""
    global _server
    if _server is None:
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with there:
            subprocess.Popen(
                [sys.executable, "-c", "from mesh_platform.sandbox import serve; serve()"],
                env=_environment(),
                stdin=there,
                stdout=subprocess.DEVNULL,
                stderr=None if errors.shows_tracebacks() else subprocess.DEVNULL,
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
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    control = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    while True:
        message, descriptors, *_ = socket.recv_fds(control, 16, 1)
        if not message:
            os._exit(0)
        for descriptor in descriptors:
            if os.fork() == 0:
                control.close()
                _supervise(socket.socket(fileno=descriptor))
            os.close(descriptor)


def _supervise(connection: socket.socket) -> NoReturn:
    """Forks the worker of one call. When it ends, or the caller gives up, kills it with everything that it started."""
    with connection.makefile("r", encoding="utf-8") as stream:
        line = stream.readline()
    if not line.endswith("\n"):
        os._exit(1)  # the caller has gone
    scratch = tempfile.mkdtemp(prefix="mesh-")
    _prctl(_SUBREAPER, 1)
    ended, wake = socket.socketpair()
    wake.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake.fileno())
    worker = os.fork()
    if worker == 0:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _prctl(_DEATH_SIGNAL, signal.SIGKILL)
        _work(connection, scratch, **json.loads(line))
    while connection not in select.select([connection, ended], [], [])[0]:
        ended.recv(64)
        if os.waitpid(worker, os.WNOHANG) != (0, 0):
            break  # otherwise a process that the worker had left behind has ended
    with suppress(ProcessLookupError):
        os.kill(worker, signal.SIGKILL)
    while children := _children():
        for child in children:
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
    shutil.rmtree(scratch, ignore_errors=True)
    os._exit(0)


def _children() -> list[int]:
    """The processes below this one; after `_SUBREAPER`, orphans of its descendants too. Where /proc is missing, none."""
    try:
        return [int(child) for child in Path("/proc/thread-self/children").read_text(encoding="ascii").split()]
    except OSError:
        return []


def _work(
    connection: socket.socket,
    scratch: str,
    function: str,
    arguments: Mapping[str, Any],
    path: Sequence[str],
    reads: Sequence[str],
    writes: Sequence[str],
    environment: Mapping[str, str],
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
        restrict([*_SYSTEM, *packages, *reads], [scratch, *writes])
        module, _, name = function.partition(":")
        send("result", getattr(import_module(module), name)(lambda *event: send("event", *event), **arguments))
    except MeshError as problem:
        send("error", type(problem).__name__, problem.found, problem.way_out)
    except BaseException as problem:
        errors.trace(problem)
        send("error", "TransformationError", f"{function} failed: {type(problem).__name__}: {problem}.", "")
    finally:
        os._exit(0)


def _is_code(entry: str, declared: Iterable[str]) -> bool:
    """Whether a folder on Python's path belongs to Python, to the platform, or to the declared folders."""
    own = (sys.prefix, sys.base_prefix, str(Path(errors.__file__).parents[1]), *declared)
    return Path(entry).name in ("site-packages", "dist-packages") or any(Path(entry).is_relative_to(folder) for folder in own)


# Landlock -----------------------------------------------------------------------------------------------------------
# Numbers and structures: include/uapi/linux/landlock.h, include/uapi/linux/prctl.h

_SYSTEM = (
    *("/usr", "/lib", "/lib32", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/localtime", "/etc/timezone", "/etc/mime.types"),
    *("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random", "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat"),
    *("/proc/mounts", "/proc/sys/vm", "/sys/fs/cgroup", "/sys/devices/system/cpu", sys.prefix, sys.base_prefix),
    str(Path(errors.__file__).parent),
)
_DEATH_SIGNAL, _SUBREAPER, _NO_NEW_PRIVILEGES = 1, 36, 38
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_READ = 1 << 0 | 1 << 2 | 1 << 3  # execute, read a file, list a folder
_WRITE_FILE, _TRUNCATE = 1 << 1, 1 << 14
_FOLDERS_ONLY = (1 << 14) - (1 << 3)  # list, remove, make, move
_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1}
"""The rights over files that each version of Landlock handles; later versions handle those of version 3."""


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def kernel_level() -> int:
    """The version of Landlock that this machine enforces; 0 if it has none."""
    return max(_syscall(_CREATE_RULESET, None, 0, 1), 0) if sys.platform == "linux" else 0


def isolation() -> dict[str, object]:
    """What holds a domain's build on this machine: `level` (`engine`, or `engine and kernel`), `landlock` (its version; 0 for
    none), and whether the kernel restricts `network` and `signals`."""
    version = kernel_level()
    level = "engine and kernel" if version else "engine"
    return {"level": level, "landlock": version, "network": version >= 4, "signals": version >= 6}


def restrict(reads: Iterable[str], writes: Iterable[str]) -> None:
    """Restricts this thread and its later children to these files and folders, and closes TCP. Cannot be undone.

    Does nothing where the kernel has no Landlock. Raises OSError when the kernel refuses a rule.
    """
    version = kernel_level()
    if not version:
        return
    handled = _RIGHTS[min(version, 3)]
    # From version 4, connecting and binding over TCP; from version 6, signals and abstract sockets of other processes.
    attributes = (ctypes.c_uint64 * 3)(handled, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    rules = _checked(_syscall(_CREATE_RULESET, attributes, 24 if version >= 6 else 16 if version >= 4 else 8, 0))
    for paths, rights in ((reads, _READ), (writes, handled)):
        for path in paths:
            with suppress(FileNotFoundError):
                handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
                allowed = rights & handled & (~0 if Path(path).is_dir() else ~_FOLDERS_ONLY)
                _checked(_syscall(_ADD_RULE, rules, 1, ctypes.byref(_Beneath(allowed, handle)), 0))
                os.close(handle)
    for device in ("/dev/null",):
        handle = os.open(device, os.O_PATH | os.O_CLOEXEC)
        _checked(_syscall(_ADD_RULE, rules, 1, ctypes.byref(_Beneath((_WRITE_FILE | 1 << 2) & handled, handle)), 0))
        os.close(handle)
    _prctl(_NO_NEW_PRIVILEGES, 1)
    _checked(_syscall(_RESTRICT_SELF, rules, 0))
    os.close(rules)


def _syscall(number: int, *arguments: Any) -> int:
    return ctypes.CDLL(None, use_errno=True).syscall(number, *arguments)


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), f"Landlock: {os.strerror(ctypes.get_errno())}")
    return result


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        _checked(ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0))
