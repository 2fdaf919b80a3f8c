"""The filter of system calls has the numbers of the kernel's own headers, and leaves honest code to its work."""

import errno
import os
import re
import struct
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from mesh_isolation import seccomp
from mesh_isolation.sandbox import Sandbox, call
from mesh_isolation.seccomp import filters_calls

filtered = pytest.mark.skipif(not filters_calls(), reason="This machine filters no system calls; see docs/security.md.")

HEADERS = {
    "x86_64": ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm/unistd_64.h"),
    "aarch64": ("/usr/include/asm-generic/unistd.h",),
}
TEXTS = [
    *(seccomp._CHANGES_NOTHING, *seccomp._REFUSED, *seccomp._OF_ITSELF, *seccomp._REFUSED_OPERATIONS),
    *(seccomp._CLONE, seccomp._CLONE3, seccomp._SET_TIMES, seccomp._SECCOMP),
]


@pytest.mark.parametrize("machine", HEADERS)
def test_the_numbers_are_those_of_the_kernel(machine):
    header = next((Path(path) for path in HEADERS[machine] if Path(path).is_file()), None)
    if header is None:
        pytest.skip(f"This machine has no kernel headers for {machine}.")
    numbers = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text()))
    for text in TEXTS:
        words = text.split()
        for name, *both in zip(words[::3], words[1::3], words[2::3], strict=True):
            number = both[list(HEADERS).index(machine)]
            assert numbers.get(name, number if name == "fchmodat2" else "-") == number, name


def test_no_call_is_listed_twice():
    names = [name for text in TEXTS for name in text.split()[::3]]
    assert len(names) == len(set(names))


def answer(machine: str, number: int, *arguments: int, architecture: int | None = None) -> int:
    """What the filter answers for a call, executed as the kernel executes classic BPF."""
    values = [argument & (1 << 64) - 1 for argument in (*arguments, *[0] * (6 - len(arguments)))]
    data = struct.pack("<IIQ6Q", number, architecture or seccomp._ARCHITECTURES[machine], 0, *values)
    program, at, loaded = list(seccomp._program(machine)), 0, 0
    tests = {0x15: lambda k: loaded == k, 0x25: lambda k: loaded > k, 0x35: lambda k: loaded >= k, 0x45: lambda k: loaded & k}
    while True:
        code, met, unmet, operand = program[at]
        if code == 0x06:
            return operand
        if code == 0x20:
            (loaded,) = struct.unpack_from("<I", data, operand)
        else:
            at += met if tests[code](operand) else unmet
        at += 1


KILL, ALLOW, DONE = 0x80000000, 0x7FFF0000, 0x50000
EPERM, ENOSYS = DONE | errno.EPERM, DONE | errno.ENOSYS
WIDE = 1 << 32
ANSWERS = {
    "read": ((0, 63), (), ALLOW),
    "openat": ((257, 56), (), ALLOW),
    "fork by clone": ((56, 220), (0x1200011,), ALLOW),
    "a thread by clone": ((56, 220), (0x3D0F00,), ALLOW),
    "clone into a namespace": ((56, 220), (0x10000011,), EPERM),
    "clone3": ((435, 435), (), ENOSYS),
    "a call of a later kernel": ((463, 463), (), ENOSYS),
    "a call of x32": ((0x40000000, 0x40000000), (), KILL),
    "fchmod": ((91, 52), (3, 0), DONE),
    "fchown": ((93, 55), (3, 0, 0), EPERM),
    "limits of itself": ((302, 261), (0, 7), ALLOW),
    "limits of another process": ((302, 261), (1, 7), EPERM),
    "limits of itself, with bits that the kernel ignores": ((302, 261), (WIDE,), ALLOW),
    "limits of another process, with bits that the kernel ignores": ((302, 261), (WIDE | 1,), EPERM),
    "its own priority": ((141, 140), (0, 0, 5), ALLOW),
    "the priority of its group": ((141, 140), (1, 0, 5), EPERM),
    "the priority of its user": ((141, 140), (2, 0, 5), EPERM),
    "the priority of another process": ((141, 140), (0, 1, 5), EPERM),
    "its own disk priority": ((251, 30), (1, 0, 5), ALLOW),
    "the disk priority of its user": ((251, 30), (3, 0, 5), EPERM),
    "its own processors": ((203, 122), (0,), ALLOW),
    "the processors of another process": ((203, 122), (1,), EPERM),
    "times of an open file": ((280, 88), (3, 0, 7), DONE),
    "times of an open file, to now": ((280, 88), (3, 0, 0), DONE),
    "times of a path": ((280, 88), (3, 7, 7), DONE),
    "times of a path, to now": ((280, 88), (3, 7, 0), EPERM),
    "times of a path in the upper half, to now": ((280, 88), (3, WIDE, 0), EPERM),
    "times in the upper half": ((280, 88), (3, 7, WIDE), DONE),
    "the size of a terminal": ((16, 29), (1, 0x5413), ALLOW),
    "input to a terminal": ((16, 29), (1, 0x5412), EPERM),
    "flags of a file": ((16, 29), (3, WIDE | 0x40086602), EPERM),
    "duplicate": ((72, 25), (3, 0), ALLOW),
    "a lease": ((72, 25), (3, 1024), EPERM),
    "a socket": ((41, 198), (2, 1), EPERM),
    "a pair of sockets": ((53, 199), (1, 1), ALLOW),
}


@pytest.mark.parametrize("machine", [0, 1], ids=["x86_64", "aarch64"])
@pytest.mark.parametrize(("numbers", "arguments", "expected"), ANSWERS.values(), ids=ANSWERS)
def test_the_filter_answers(machine, numbers, arguments, expected):
    assert answer(list(HEADERS)[machine], numbers[machine], *arguments) == expected


def test_a_call_of_another_architecture_ends_the_process():
    for machine in HEADERS:
        for other in (0x40000003, 0x40000028):  # i386, arm
            assert answer(machine, 63, architecture=other) == KILL


HONEST = """
import asyncio, multiprocessing, os, resource, shutil, sqlite3, subprocess, tarfile, tempfile, zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

def copy(folder):
    shutil.copy(f"{folder}/file", "a"), shutil.copy2(f"{folder}/file", "b")
    assert Path("a").read_text() == Path("b").read_text() == "text"
def copy_over_a_file(folder):
    Path("a").write_text("old")
    shutil.copy(f"{folder}/file", "a")
    assert Path("a").read_text() == "text"
def copy_a_tree(folder):
    shutil.copytree(folder, "tree")
    assert Path("tree/file").read_text() == "text"
    shutil.rmtree("tree")
def move(folder):
    shutil.copy(f"{folder}/file", "a"), shutil.move("a", "c")
    assert Path("c").is_file() and not Path("a").exists()
def touch(folder):
    Path("new").touch(), Path("new").touch()
    assert Path("new").is_file()
def temporary_folder(folder):
    with tempfile.TemporaryDirectory() as name: Path(name, "x").write_text("x")
    assert not Path(name).exists()
def archive(folder):
    with tarfile.open("t.tar", "w") as tar: tar.add(f"{folder}/file", "file")
    with tarfile.open("t.tar") as tar: tar.extractall("out")
    with zipfile.ZipFile("z.zip", "w") as archive: archive.write(f"{folder}/file", "file")
    with zipfile.ZipFile("z.zip") as archive: archive.extractall("zipped")
    assert Path("out/file").read_text() == Path("zipped/file").read_text() == "text"
def shell(folder):
    subprocess.run(f"cp {folder}/file x && cp -r {folder} y && touch x && touch z && ls -l | sort", shell=True, check=True)
    assert Path("y/file").read_text() == "text" and Path("z").is_file()
def threads(folder):
    assert sorted(ThreadPoolExecutor(8).map(abs, range(100))) == list(range(100))
def process(folder):
    ours, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=theirs.send, args=("sent",))
    child.start(), child.join()
    assert ours.recv() == "sent"
def event_loop(folder):
    asyncio.run(asyncio.sleep(0))
def its_own_limits(folder):
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100)), os.nice(1), os.sched_setaffinity(0, os.sched_getaffinity(0))
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (100, 100)
def duckdb_on_disk(folder):
    import duckdb
    with duckdb.connect("db", config={"threads": 4, "memory_limit": "60MB"}) as connection:
        connection.execute("create table t as select range i from range(2000000); copy (from t order by i desc) to 'p.parquet'")
    assert duckdb.sql("select sum(i) from 'p.parquet'").fetchone()[0] == 1999999000000
def pandas_frame(folder):
    import duckdb, pandas
    frame = pandas.DataFrame({"a": [1, 2]})
    assert duckdb.sql("select sum(a) from frame").df().iloc[0, 0] == 3
def delta_table(folder):
    import arro3.core, deltalake
    deltalake.write_deltalake("table", arro3.core.Table.from_pydict({"a": arro3.core.Array([1], arro3.core.DataType.int64())}))
    assert len(deltalake.DeltaTable("table").file_uris()) == 1
def sqlite(folder):
    connection = sqlite3.connect("s")
    connection.execute("pragma journal_mode = wal"), connection.execute("create table t (a)"), connection.commit()

def run(emit, name, folder, own):
    os.chdir(own)
    globals()[name](folder)
"""
"""What an honest Python model does, in a folder of its own."""


@filtered
@pytest.mark.parametrize("name", re.findall(r"^def (\w+)\(folder", HONEST, re.MULTILINE))
def test_honest_code_works_in_the_sandbox(tmp_path, monkeypatch, name):
    for folder in ("code", "folder", "own"):
        (tmp_path / folder).mkdir()
    (tmp_path / "folder/file").write_text("text")
    (tmp_path / "code/honest.py").write_text(HONEST)
    monkeypatch.syspath_prepend(str(tmp_path / "code"))
    sandbox = Sandbox([tmp_path / "code", tmp_path / "folder"], [tmp_path / "own"])
    arguments = {"name": name, "folder": str(tmp_path / "folder"), "own": str(tmp_path / "own")}
    try:
        call(import_module("honest").run, arguments, sandbox)
    finally:
        sys.modules.pop("honest", None)


@filtered
def test_a_program_of_another_architecture_ends():
    """`int 0x80` is the call gate of 32-bit programs, whose numbers are others: there, 15 is chmod."""
    if os.uname().machine != "x86_64":
        pytest.skip("Only x86_64 has this gate.")
    code = (
        "import ctypes, mmap\nfrom mesh_isolation.seccomp import filter_calls\n"
        "page = mmap.mmap(-1, 4096, prot=7)\n"
        r"page.write(b'\xb8\x14\x00\x00\x00\xcd\x80\xc3')  # getpid" + "\n"
        "call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))\n"
        "filter_calls()\ncall()\nprint('survived')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (-31, "")
