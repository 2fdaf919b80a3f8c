"""Code of a domain reaches what was declared, and nothing else of the machine."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from importlib import import_module
from pathlib import Path

import pytest

from mesh_isolation.landlock import landlock_version
from mesh_isolation.sandbox import Sandbox, SandboxFailed, call
from mesh_platform.errors import MeshError, SourceError

CODE = """
import os, signal, socket, stat, subprocess, sys, time
from pathlib import Path
from mesh_platform.errors import SourceError

def names(emit): return sorted(os.environ)
def value(emit, name): return os.environ.get(name)
def read(emit, path): return Path(path).read_text()
def listed(emit, path): return sorted(os.listdir(path))
def write(emit, path): Path(path).write_text("written")
def remove(emit, path): os.unlink(path)
def hardlink(emit, path, to): os.link(path, to)
def link(emit, path, to): os.symlink(path, to); os.mkfifo(to + ".pipe")
def rename(emit, path, to): os.rename(path, to)
def chmod(emit, path): os.chmod(path, 0o777)
def connect(emit, port): socket.create_connection(("127.0.0.1", port), 2)
def kill(emit, pid): os.kill(pid, 0)
def shell(emit, command): return subprocess.run(command, shell=True, capture_output=True, text=True).stdout
def count(emit, to):
    for number in range(to): emit("number", number)
    return to
def refuse(emit): raise SourceError("The file is empty.", "Export it again.")
def fail(emit): raise ValueError("no such thing")
def lie(emit, message):
    for number in range(3, 64):
        try: socket.socket(fileno=os.dup(number)).sendall(message.encode() + b"\\n")
        except OSError: pass
    os._exit(0)
def sockets(emit): return sum(is_socket(number) for number in range(3, 256))
def is_socket(number):
    try: return stat.S_ISSOCK(os.fstat(number).st_mode)
    except OSError: return False
def vanish(emit): os._exit(3)
def crash(emit): os.kill(os.getpid(), signal.SIGSEGV)
def stop(emit): os.kill(os.getpid(), signal.SIGSTOP)
def wait(emit, file): Path(file).write_text(str(os.getpid())); time.sleep(60)
def daemon(emit, file):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            Path(file).write_text(str(os.getpid()))
            time.sleep(60)
        os._exit(0)
    while not Path(file).exists() or not Path(file).read_text(): time.sleep(0.01)
    return int(Path(file).read_text())
"""

kernel = pytest.mark.skipif(
    not landlock_version(), reason="This kernel enforces no Landlock; docs/security.md says what then holds."
)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with `open` (readable), `own` (writable) and `closed`, and a module of code in `open`."""
    for name in ("open", "own", "closed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(f"in {name}")
    (tmp_path / "open/hostile.py").write_text(CODE)
    monkeypatch.syspath_prepend(str(tmp_path / "open"))
    yield tmp_path
    sys.modules.pop("hostile", None)


def run(place: Path, function: str, on_event=lambda *event: None, environment=None, **arguments):
    arguments = {name: str(value) if isinstance(value, Path) else value for name, value in arguments.items()}
    sandbox = Sandbox([place / "open"], [place / "own"], environment or {})
    return call(getattr(import_module("hostile"), function), arguments, sandbox, MeshError, on_event)


def test_a_result_and_the_events_before_it_arrive_in_order(place):
    events = []
    assert run(place, "count", lambda *event: events.append(event), to=1000) == 1000
    assert events == [("number", number) for number in range(1000)]


def test_an_error_of_the_platform_crosses_with_its_way_out(place):
    with pytest.raises(SourceError) as problem:
        run(place, "refuse")
    assert (problem.value.found, problem.value.way_out) == ("The file is empty.", "Export it again.")


def test_any_other_exception_is_named(place):
    with pytest.raises(SandboxFailed, match="ValueError: no such thing"):
        run(place, "fail")


@pytest.mark.parametrize("way", ["vanish", "crash", "stop"])
def test_a_process_that_ends_by_itself_is_an_error_and_the_next_call_works(place, way):
    with pytest.raises(SandboxFailed, match="ended without a result"):
        run(place, way)
    assert run(place, "count", to=1) == 1


@pytest.mark.parametrize(
    "message",
    [
        "nonsense",
        "[" * 100_000,
        '["result"]',
        '["result", 1, 2]',
        '["error", "SourceError"]',
        '["error", "SourceError", {"other": 1}]',
        '["error", "SystemExit", {"code": 0}]',
        '["error", "KeyboardInterrupt", {}]',
        '["failure", {"a": 1}]',
        '{"result": 1}',
        "null",
    ],
)
def test_a_message_of_another_form_is_no_result(place, message):
    with pytest.raises(SandboxFailed):
        run(place, "lie", message=message)


def test_the_environment_holds_what_was_declared_and_no_secret_of_the_caller(place, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "planted")
    assert run(place, "value", name="SECRET_TOKEN") is None
    assert run(place, "value", name="SHOP", environment={"SHOP": "declared"}) == "declared"
    assert "planted" not in run(place, "shell", command="cat /proc/self/environ; env")


def test_declared_folders_are_read_and_its_own_are_written(place):
    assert run(place, "read", path=place / "open/file") == "in open"
    run(place, "write", path=place / "own/new")
    assert (place / "own/new").read_text() == "written"


@kernel
@pytest.mark.parametrize(
    "function, arguments",
    [
        ("read", {"path": "closed/file"}),
        ("read", {"path": "open/../closed/file"}),
        ("read", {"path": "own/link"}),
        ("listed", {"path": "closed"}),
        ("listed", {"path": "."}),
        ("write", {"path": "closed/file"}),
        ("write", {"path": "closed/new"}),
        ("write", {"path": "open/file"}),
        ("write", {"path": "open/new"}),
        ("remove", {"path": "open/file"}),
        ("remove", {"path": "closed/file"}),
        ("hardlink", {"path": "open/file", "to": "own/another"}),
        ("hardlink", {"path": "closed/file", "to": "own/another"}),
        ("rename", {"path": "open/file", "to": "own/file"}),
        ("rename", {"path": "own/file", "to": "closed/file"}),
        ("rename", {"path": "closed/file", "to": "own/file"}),
    ],
)
def test_the_kernel_refuses_every_other_file(place, function, arguments):
    (place / "own/link").symlink_to(place / "closed/file")
    before = contents(place)
    with pytest.raises(SandboxFailed, match="Permission denied|PermissionError|cross-device"):
        run(place, function, **{name: place / path for name, path in arguments.items()})
    assert contents(place) == before


@pytest.mark.parametrize("to", ["own/orders.parquet", "own/deep/orders.parquet"])
def test_a_link_that_it_leaves_for_the_platform_to_follow_is_removed(place, to):
    (place / "own/deep").mkdir()
    run(place, "link", path=place / "closed/file", to=place / to)
    assert not list((place / "own").rglob("orders*"))
    assert (place / "closed/file").read_text() == "in closed"


@kernel
@pytest.mark.parametrize(
    "command",
    ["cat {}", "cp {} own/x; cat own/x", "cd closed && cat file", f"{sys.executable} -c 'print(open(\"{{}}\").read())'"],
)
def test_a_program_that_it_starts_is_held_too(place, command):
    assert "in closed" not in run(place, "shell", command=command.format(place / "closed/file"))


@kernel
def test_the_environment_of_the_caller_cannot_be_read_from_the_kernel(place):
    with pytest.raises(SandboxFailed, match="PermissionError"):
        run(place, "read", path=f"/proc/{os.getpid()}/environ")


@pytest.mark.skipif(landlock_version() < 4, reason="This kernel's Landlock does not restrict the network.")
def test_it_opens_no_connection(place):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        with pytest.raises(SandboxFailed, match="PermissionError"):
            run(place, "connect", port=server.getsockname()[1])
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.skipif(landlock_version() < 6, reason="This kernel's Landlock does not restrict signals.")
def test_it_inherits_no_socket_but_that_of_its_call(place):
    """With those of its supervisor, it could end it, and live on without a limit of time."""
    assert run(place, "sockets") == 1


def test_it_signals_no_other_process(place):
    with pytest.raises(SandboxFailed, match="PermissionError"):
        run(place, "kill", pid=os.getpid())


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux lists the descendants of a process.")
def test_what_it_leaves_behind_is_killed_before_the_call_returns(place):
    left = run(place, "daemon", file=place / "own/pid")
    assert not alive(left)


WARM = """
import os
from importlib import import_module
from mesh_isolation import sandbox
for module in sandbox._PRELOADED: import_module(module)
before = os.listdir("/proc/self/task")
sandbox._warm_up()
print(os.listdir("/proc/self/task") == before)
"""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="Only Linux lists the threads of a process.")
def test_warming_up_starts_no_thread_that_a_fork_would_wait_for():
    done = subprocess.run([sys.executable, "-P", "-c", WARM], capture_output=True, text=True)
    assert done.stdout == "True\n", done.stderr


def test_ctrl_c_in_the_caller_ends_the_call_and_its_process(place):
    file = place / "own/pid"

    def interrupt():
        while not file.exists() or not file.read_text():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a process in the background ignores the signal
    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        run(place, "wait", file=file)
    signal.signal(signal.SIGINT, before)
    deadline = time.monotonic() + 10
    while alive(int(file.read_text())) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not alive(int(file.read_text()))


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and path.suffix != ".pyc"
    }
