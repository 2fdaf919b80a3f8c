"""A hostile domain, through system calls that Landlock does not restrict: metadata of files, and other processes.

Each attempt is executed in the sandbox, once as Python and once as a program that Python starts. Afterwards the files of the
other domain, and the processes of the same user, must be as they were.
"""

import os
import resource
import socket
import subprocess
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest

from mesh_isolation.sandbox import Sandbox, SandboxFailed, call
from mesh_isolation.seccomp import filters_calls

pytestmark = pytest.mark.skipif(not filters_calls(), reason="This machine filters no system calls; see docs/security.md.")

HELPERS = """
import ctypes, ctypes.util, fcntl, os, resource, shutil, socket, struct, subprocess, sys
from pathlib import Path

def syscall(*arguments):
    library = ctypes.CDLL(None, use_errno=True)
    result = library.syscall(*(ctypes.c_long(a) if isinstance(a, int) else a for a in arguments))
    if result < 0: raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result

def c(name, *arguments):
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments) < 0: raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

def attempt(emit, code, words, elsewhere):
    if elsewhere:
        program = f"import sys; sys.path[:] = {sys.path!r}; from calling import *; locals().update({words!r}); exec({code!r})"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
        if done.returncode: raise RuntimeError(done.stderr)
    else:
        exec(code, globals() | words)
"""

# Attempts on `file` and `folder` of another domain, on `source`, which it may read, and on their open descriptors.
METADATA = {
    "mode of a file": "os.chmod(file, 0)",
    "mode of a folder": "os.chmod(folder, 0)",
    "mode of a source": "os.chmod(source, 0)",
    "mode through a descriptor": "os.fchmod(os.open(source, os.O_RDONLY), 0)",
    "mode through a path of /proc": "os.chmod(f'/proc/self/fd/{os.open(source, os.O_RDONLY)}', 0)",
    "mode through a link": "os.symlink(file, own + '/link'); os.chmod(own + '/link', 0)",
    "mode relative to a folder": "os.chmod('file', 0, dir_fd=os.open(folder, os.O_PATH))",
    "mode by fchmodat2": "syscall(452, -100, file.encode(), 0, 0)",
    "mode of an empty path": "syscall(452, os.open(file, os.O_PATH), b'', 0, 0x1000)",
    "mode by the shell": "subprocess.run(['chmod', '-R', '000', folder, source])",
    "owner": "os.chown(file, 65534, 65534)",
    "owner of a link": "os.lchown(file, 65534, 65534)",
    "owner through a descriptor": "os.fchown(os.open(source, os.O_RDONLY), 65534, 65534)",
    "times": "os.utime(file, (1, 1))",
    "times to now": "os.utime(file)",
    "times through a descriptor": "os.utime(os.open(source, os.O_RDONLY), (1, 1))",
    "times by touch": "subprocess.run(['touch', '-d', '1999-01-01', file, source])",
    "times by copying": "shutil.copystat('/usr/bin/env', file)",
    "an attribute": "os.setxattr(file, 'user.x', b'x')",
    "an attribute of a link": "os.setxattr(file, 'user.x', b'x', follow_symlinks=False)",
    "an attribute through a descriptor": "os.setxattr(os.open(source, os.O_RDONLY), 'user.x', b'x')",
    "an attribute by setxattrat": "syscall(463, -100, file.encode(), 0, b'user.x', struct.pack('QII', 0, 0, 0), 16)",
    "attributes removed": "os.removexattr(file, 'user.kept')",
    "a flag of a file": "fcntl.ioctl(os.open(source, os.O_RDONLY), 0x40086602, struct.pack('l', 0x40))",
    "flags by file_setattr": "syscall(469, -100, file.encode(), bytes(24), 24, 0)",
    "a lease": "fcntl.fcntl(os.open(source, os.O_RDONLY), 1024, fcntl.F_RDLCK)",
    "a device": "os.mknod(own + '/disk', 0o60600, os.makedev(254, 0))",
}

# Attempts on the process `pid`, which the same user runs.
PROCESSES = {
    "a limit": "resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, 0))",
    "a limit of the parent": "resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (3, 3))",
    "a limit by the shell": "subprocess.run(['prlimit', '--pid', str(pid), '--fsize=0'])",
    "a priority": "os.setpriority(os.PRIO_PROCESS, pid, 19)",
    "the priority of all processes of the user": "os.setpriority(os.PRIO_USER, 0, 19)",
    "the priority of its group": "os.setpriority(os.PRIO_PGRP, 0, 19)",
    "a disk priority": "syscall({'x86_64': 251}.get(os.uname().machine, 30), 1, pid, 3 << 13)",
    "processors": "os.sched_setaffinity(pid, {0})",
    "a scheduler": "os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))",
    "tracing": "c('ptrace', 16, pid, 0, 0)",
    "its memory": "c('process_vm_readv', pid, None, 0, None, 0, 0)",
    "its descriptors": "syscall(438, os.pidfd_open(pid), 0, 0)",
    "a comparison": "syscall({'x86_64': 312}.get(os.uname().machine, 272), pid, os.getpid(), 2, 0, 0)",
    "a ring": "syscall(425, 1, bytes(200))",
    "a watch on a folder": "c('inotify_init1', 0) >= 0 and 1 / 0",
    "a user namespace": "c('unshare', 0x10000000)",
    "a child in a user namespace": "c('clone', ctypes.CFUNCTYPE(ctypes.c_int)(int), bytes(65536), 0x10000011, 0)",
    "a mount": "c('mount', b'none', own.encode(), b'tmpfs', 0, None)",
    "a key": "syscall({'x86_64': 248}.get(os.uname().machine, 217), b'user', b'x', b'x', 1, -3)",
    "a program of the kernel": "syscall({'x86_64': 321}.get(os.uname().machine, 280), 0, bytes(128), 128)",
    "shared memory": "c('shmget', 4711, 4096, 0o1600) or 1 / 0",
    "a message queue": "c('mq_open', b'/planted', 0o102, 0o600, None)",
    "a TCP socket": "socket.create_connection(('127.0.0.1', port), 1)",
    "a UDP socket": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', port))",
    "a socket in the file system": "socket.socket(socket.AF_UNIX).connect(named)",
}


@pytest.fixture
def attempts(tmp_path, monkeypatch):
    """Runs one attempt; `reached` says what has come of it outside the sandbox."""
    for name in ("code", "source", "own", "vault"):
        (tmp_path / name).mkdir()
    (tmp_path / "code/calling.py").write_text(HELPERS)
    for file in (tmp_path / "vault/file", tmp_path / "source/file"):
        file.write_text("planted")
    with suppress(OSError):  # a file system without attributes
        os.setxattr(tmp_path / "vault/file", "user.kept", b"kept")
    monkeypatch.syspath_prepend(str(tmp_path / "code"))
    victim = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    listening = [
        socket.create_server(("127.0.0.1", 0)),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        socket.socket(socket.AF_UNIX),
    ]
    listening[1].bind(listening[0].getsockname())
    listening[2].bind(str(tmp_path / "named"))
    listening[2].listen()
    words = {
        "file": str(tmp_path / "vault/file"),
        "folder": str(tmp_path / "vault"),
        "source": str(tmp_path / "source/file"),
        "own": str(tmp_path / "own"),
        "pid": victim.pid,
        "port": listening[0].getsockname()[1],
        "named": str(tmp_path / "named"),
    }

    def attempt(code: str, elsewhere: bool) -> str:
        """Executes the code, and returns the error that it met."""
        sandbox = Sandbox([tmp_path / "code", tmp_path / "source"], [tmp_path / "own"])
        try:
            call(import_module("calling").attempt, {"code": code, "words": words, "elsewhere": elsewhere}, sandbox)
        except SandboxFailed as problem:
            return str(problem)
        return ""

    def reached() -> dict[str, object]:
        """The metadata of the files, the limits of the processes, and what the servers have received."""
        paths = [tmp_path / "vault", tmp_path / "vault/file", tmp_path / "source", tmp_path / "source/file"]
        seen: dict[str, object] = {str(path): metadata(path) for path in paths}
        for pid in (victim.pid, os.getpid()):
            limits = [resource.prlimit(pid, kind) for kind in (resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE)]
            scheduling = (os.getpriority(os.PRIO_PROCESS, pid), os.sched_getaffinity(pid), os.sched_getscheduler(pid))
            seen[f"process {pid}"] = (limits, scheduling, Path(f"/proc/{pid}/status").read_text().count("TracerPid:\t0"))
        for server in listening:
            server.settimeout(0)
            try:
                server.recv(1) if server.type == socket.SOCK_DGRAM else server.accept()
                seen[f"server {server.fileno()}"] = "was reached"
            except BlockingIOError:
                pass
        seen["left"] = [path.name for path in (tmp_path / "own").iterdir() if not path.is_symlink()]
        return seen

    yield attempt, reached
    victim.communicate(b"\n")
    for server in listening:
        server.close()
    sys.modules.pop("calling", None)


def metadata(path: Path) -> tuple[object, ...]:
    stat = path.stat()
    try:
        attributes = os.listxattr(path)
    except OSError:
        attributes = []
    return stat.st_mode, stat.st_uid, stat.st_gid, stat.st_mtime_ns, stat.st_ctime_ns, attributes


@pytest.mark.parametrize("elsewhere", [False, True], ids=["in Python", "in a program"])
@pytest.mark.parametrize("code", {**METADATA, **PROCESSES}.values(), ids=[*METADATA, *PROCESSES])
def test_nothing_outside_is_changed(attempts, code, elsewhere):
    attempt, reached = attempts
    before = reached()
    message = attempt(code, elsewhere)
    assert reached() == before, message


@pytest.mark.parametrize("name", [name for name in PROCESSES if "shell" not in name])
def test_an_attempt_on_a_process_is_refused_with_an_error(attempts, name):
    attempt, _ = attempts
    message = attempt(PROCESSES[name], False)
    assert "PermissionError" in message or "OSError: [Errno 38]" in message, message


def test_without_the_filter_the_attempts_would_reach_their_target(attempts, monkeypatch):
    """The attempts are real ones: in a plain process, as this user, they change the files and the process."""
    _, reached = attempts
    before = reached()
    (vault,) = {Path(path) for path in before if path.endswith("vault")}
    pid = int(next(key for key in before if key.startswith("process")).split()[1])
    words = {"file": str(vault / "file"), "folder": str(vault), "pid": pid}
    for name, code in (("mode of a file", METADATA), ("times", METADATA), ("a limit", PROCESSES), ("a priority", PROCESSES)):
        exec(f"{HELPERS}\n{code[name]}", dict(words))
        assert reached() != before, name
        before = reached()
