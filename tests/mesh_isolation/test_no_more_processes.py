"""A machine that starts no further process or thread is a fault of the machine, with a way out."""

import errno
import json
import os
import socket
import subprocess
import sys

import pytest

from mesh_isolation import sandbox
from mesh_isolation.machine import fault_of
from mesh_isolation.sandbox import Sandbox, SandboxFailed, call

FULL = """
import os, resource, sys, threading
from mesh_isolation.machine import fault_of
from mesh_isolation.sandbox import start_server

if os.getuid() == 0:  # root has no limit
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
for start in (start_server, threading.Thread(target=print).start):
    try:
        start()
    except Exception as problem:
        print(*fault_of(problem)[:2])
"""
FOUND = f"The system starts no further process or thread: {os.strerror(errno.EAGAIN)}."


def test_a_process_or_a_thread_that_does_not_start_is_a_fault_of_the_machine():
    done = subprocess.run([sys.executable, "-c", FULL], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    assert all(line.startswith(FOUND) and "`ulimit -u`" in line for line in lines)


Panic = type("PanicException", (BaseException,), {"__module__": "pyo3_runtime"})


@pytest.mark.parametrize(
    "problem",
    [
        BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN)),
        RuntimeError("can't start new thread"),
        Panic(f"OS can't spawn worker thread: {os.strerror(errno.EAGAIN)} (os error 11)"),
    ],
    ids=lambda problem: type(problem).__name__,
)
def test_every_library_s_error_about_it_is_known(problem):
    assert fault_of(problem).found == FOUND


def test_too_little_memory_for_a_process_has_a_way_out_of_its_own():
    fault = fault_of(OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)))
    assert fault.found == f"The system starts no further process or thread: {os.strerror(errno.ENOMEM)}."
    assert fault.way_out.startswith("End processes that use much memory")


@pytest.mark.parametrize("problem", [BlockingIOError(errno.EAGAIN, "locked", "/a/file"), RuntimeError("no thread of thought")])
def test_another_error_is_no_lack_of_processes(problem):
    assert "process" not in str(fault_of(problem))


def test_a_server_that_cannot_fork_says_so(monkeypatch):
    def full():
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(sandbox.os, "fork", full)
    here, there = socket.socketpair()
    with here, there:
        assert sandbox._forked(there) == -1
        assert json.loads(here.recv(100)) == ["system", errno.EAGAIN]


def answering(monkeypatch, *messages):
    """Lets a call get these messages, and then the word of its supervisor that nothing of it runs."""

    def hand_over(data, control):
        data.sendall("".join(json.dumps(message) + "\n" for message in messages).encode())
        control.sendall(sandbox._KILLED)

    monkeypatch.setattr(sandbox, "_hand_over", hand_over)


def test_a_call_whose_process_does_not_start_raises_the_system_s_error(monkeypatch):
    answering(monkeypatch, ["system", errno.EAGAIN])
    with pytest.raises(BlockingIOError) as problem:
        call(len, {}, Sandbox())
    assert fault_of(problem.value).found == FOUND


def test_code_cannot_pretend_that_its_process_does_not_start(monkeypatch):
    answering(monkeypatch, ["begun"], ["system", errno.EAGAIN])
    with pytest.raises(SandboxFailed, match="ended without a result"):
        call(len, {}, Sandbox())
