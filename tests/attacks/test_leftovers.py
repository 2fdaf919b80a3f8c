"""What a hostile build leaves in its own folders: the next run removes it, and neither stops nor follows it."""

import os
import sys
from importlib import import_module
from pathlib import Path

import duckdb
import pytest
from tests.attacks.conftest import raw_tables, socket_at

from mesh_isolation.leftovers import remove, remove_leftovers, remove_traps
from mesh_isolation.sandbox import Sandbox, SandboxFailed, call
from mesh_platform.build import dbt
from mesh_platform.build.warehouse import WarehouseFile, writing
from mesh_platform.errors import TransformationError
from support.deadline import in_time


@pytest.fixture(autouse=True)
def nothing_stays(tmp_path):
    """What a test leaves is removed with it: pytest cannot remove a folder that is deeper than a recursion."""
    yield
    remove(tmp_path)


def deep(path: Path, levels: int = 3000, name: str | bytes = "deeper") -> None:
    """A folder whose contents no path reaches: longer than the system accepts, or deeper than a recursion."""
    path.mkdir()
    before = os.open(".", os.O_RDONLY)
    try:
        os.chdir(path)
        for _ in range(levels):
            os.mkdir(name)  # noqa: PTH102 - pathlib has no name relative to the folder alone
            os.chdir(name)
        Path("file").write_text("deep")
    finally:
        os.fchdir(before)
        os.close(before)


def many_long(path: Path) -> None:
    """Folders in folders: each level holds three of them, closed ones among them, and a pipe."""
    path.mkdir()
    before = os.open(".", os.O_RDONLY)
    try:
        os.chdir(path)
        for _ in range(60):
            os.mkdir("b" * 255), os.mkdir("c" * 255, 0), os.mkfifo("pipe"), os.mkdir("a" * 250)  # noqa: PTH102
            os.chdir("a" * 250)
    finally:
        os.fchdir(before)
        os.close(before)


def closed_folder(path: Path) -> None:
    (path / "inside").mkdir(parents=True)
    (path / "inside/file").write_text("x")
    (path / "inside").chmod(0)
    path.chmod(0)


def closed_file(path: Path) -> None:
    path.write_text("")
    path.chmod(0)


LEFTOVERS = {
    "a folder": lambda path: (path / "inside").mkdir(parents=True),
    "a closed folder": closed_folder,
    "a closed file": closed_file,
    "a pipe": os.mkfifo,
    "a socket": socket_at,
    "a link to a file": lambda path: path.symlink_to("/proc/self/status"),
    "a link to a folder": lambda path: path.symlink_to("/proc/self"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a link to nothing": lambda path: path.symlink_to("nothing"),
    "a deep folder": deep,
    "few folders with long names": lambda path: deep(path, 17, "a" * 250),
    "a deep folder with long names": lambda path: deep(path, 60, "a" * 255),
    "a path of the longest kind": lambda path: deep(path, 40, "a" * 100),
    "long names in every folder": many_long,
    "names that are not UTF-8": lambda path: deep(path, 60, b"\xff" * 250),
    "a file of nothing": lambda path: path.write_text(""),
}


@pytest.fixture(autouse=True)
def no_reader_is_blocked():
    """A pipe blocks its reader for ever; the alarm ends it."""
    with in_time():
        yield


@pytest.mark.parametrize("leave", LEFTOVERS.values(), ids=LEFTOVERS)
def test_anything_can_be_removed(tmp_path, leave):
    beside = tmp_path / "beside"
    beside.write_text("kept")
    leave(tmp_path / "left")
    remove(tmp_path / "left")
    remove(tmp_path / "left")
    assert list(tmp_path.iterdir()) == [beside]


@pytest.mark.parametrize("leave", LEFTOVERS.values(), ids=LEFTOVERS)
@pytest.mark.parametrize("name", ["left", "folder/left", "closed/folder/left"])
def test_what_remains_can_be_read_and_is_no_link(tmp_path, leave, name):
    own = tmp_path / "own"
    (own / name).parent.mkdir(parents=True)
    (own / "honest").write_text("kept")
    leave(own / name)
    if "closed" in name:
        (own / "closed").chmod(0)
    remove_traps([own, tmp_path / "none"])
    for path in own.rglob("*"):
        mode = path.lstat().st_mode
        assert path.is_dir() or path.is_file()
        assert not path.is_symlink() and mode & 0o600 == 0o600 and (path.is_file() or mode & 0o100), path
    assert (own / "honest").read_text() == "kept"


# The files and folders that a run of a domain expects, relative to the home.
EXPECTED = [
    *("warehouses/shop/shop.duckdb", "warehouses/shop/shop.duckdb.wal", "warehouses/shop/shop.duckdb.tmp"),
    *("candidates/shop/things.parquet", "candidates/shop/things", "candidates/shop/things.spill"),
    "built/shop/things.parquet",
    *("dbt/shop/target/partial_parse.msgpack", "dbt/shop/target/run", "dbt/shop/target/compiled", "dbt/shop/target/logs"),
]
DEEPER = ["dbt/shop/target/compiled/shop/models/things.sql", "dbt/shop/target/run/shop/models/things.sql"]


@pytest.mark.parametrize("names", [EXPECTED, DEEPER], ids=["expected", "deeper"])
@pytest.mark.parametrize("leave", LEFTOVERS.values(), ids=LEFTOVERS)
def test_the_next_run_of_the_domain_works(company, leave, names):
    """All leftovers of one kind at once; one at a time would find no more."""
    domain = company.domain()
    macros = Path(dbt.__file__).parent / "macros"
    company.write(
        "dbt_projects/shop/dbt_project.yml",
        f'{{name: shop, version: "1.0.0", profile: shop, macro-paths: ["{macros}"]}}',
    )
    company.write("dbt_projects/shop/models/things.sql", "{{ config(materialized='port') }} select 1 as id")
    for name in names:
        path = domain.home.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix != ".duckdb" or leave not in (closed_file, LEFTOVERS["a file of nothing"]):
            leave(path)
    with writing(domain, 0):
        (node,) = dbt.build_models(domain, ["things"], [], lambda *_: None).values()
        assert node.good, node.message
        candidate = domain.home.built("shop") / "things.parquet"
        assert duckdb.sql(f"FROM '{candidate}'").fetchall() == [(1,)]
        assert raw_tables(WarehouseFile(domain.home.warehouse("shop"))) == set()


@pytest.mark.parametrize("content", [b"", b"x", os.urandom(100_000)], ids=["nothing", "a byte", "random bytes"])
def test_a_warehouse_that_is_no_database_is_named(company, content):
    domain = company.domain()
    company.write("dbt_projects/shop/dbt_project.yml", '{name: shop, version: "1.0.0", profile: shop}')
    company.write("dbt_projects/shop/models/things.sql", "select 1 as id")
    warehouse = domain.home.warehouse("shop")
    warehouse.parent.mkdir(parents=True)
    warehouse.write_bytes(content)
    with writing(domain, 0), pytest.raises(TransformationError, match=f"{warehouse}.* not a valid DuckDB"):
        dbt.build_models(domain, ["things"], [], lambda *_: None)
    assert warehouse.read_bytes() == content, "it may hold snapshots, so a person removes it"


def test_only_what_is_in_the_way_is_removed(tmp_path):
    own = tmp_path / "own"
    for name in ("things/day=2017-01-01", "x.parquet", "things.spill"):
        (own / name).mkdir(parents=True)
    for name in ("things.parquet", "notes.txt", "wrong", "wrong.spill", "things/day=2017-01-01/data.parquet"):
        (own / name).write_text("kept")
    remove_leftovers(own, {".parquet"}, {"", ".spill"})
    remove_leftovers(tmp_path / "none", {".parquet"}, {""})
    assert sorted(path.name for path in own.iterdir()) == ["notes.txt", "things", "things.parquet", "things.spill"]
    assert (own / "things/day=2017-01-01/data.parquet").read_text() == "kept"


CODE = """
import os
from pathlib import Path
def leave(emit, own):
    os.mkfifo(own + "/pipe"), os.symlink("/proc/self", own + "/link"), os.mknod(own + "/socket", 0o140600)
    os.makedirs(own + "/closed/inside"), Path(own + "/closed/inside/file").write_text("x")
    os.close(os.open(own + "/file", os.O_CREAT | os.O_WRONLY, 0)), os.mkdir(own + "/none", 0)
    os.mkdir("unreadable", 0), Path("file").write_text("x")
    os.mkdir("deep"), os.chdir("deep")
    for _ in range(2000): os.mkdir("d"), os.chdir("d")
    os.chdir(own)
    for _ in range(60): os.mkdir("a" * 250), os.chdir("a" * 250)
    return os.environ["TMPDIR"]
"""


@pytest.mark.parametrize("ends", [True, False], ids=["returns", "is killed"])
def test_a_call_leaves_nothing_behind(tmp_path, monkeypatch, ends):
    for name in ("code", "own"):
        (tmp_path / name).mkdir()
    (tmp_path / "code/leaving.py").write_text(CODE if ends else CODE.replace("return os.environ", "os._exit(0); os.environ"))
    monkeypatch.syspath_prepend(str(tmp_path / "code"))
    arguments = {"own": str(tmp_path / "own")}
    try:
        scratch = call(import_module("leaving").leave, arguments, Sandbox([tmp_path / "code"], [tmp_path / "own"]))
        assert not Path(scratch).exists()
    except SandboxFailed:
        assert not ends
    finally:
        sys.modules.pop("leaving", None)
    names = [path.name for path in (tmp_path / "own").rglob("*")]
    assert sorted(name for name in names if name[0] != "a") == ["closed", "file", "file", "inside", "none"]
    assert len(names) < 15, "what is too deep for a path is removed"
    assert all(path.lstat().st_mode & 0o600 == 0o600 for path in (tmp_path / "own").rglob("*"))


def test_a_file_with_a_second_name_does_not_remain(tmp_path):
    own, kept = tmp_path / "own", tmp_path / "kept"
    (own / "folder").mkdir(parents=True)
    for name in ("candidate", "honest"):
        (own / name).write_text(name)
    (own / "folder/second").hardlink_to(own / "candidate")
    kept.hardlink_to(own / "honest")
    remove_traps([own])
    left = [path for path in own.rglob("*") if path.is_file()]
    assert [path.stat().st_nlink for path in left] == [1] and left[0].read_text() == "candidate"
    assert kept.read_text() == "honest"
