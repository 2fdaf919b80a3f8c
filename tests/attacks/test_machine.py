"""Faults of the machine: each has its sentence with the way out, and loses nothing that was committed."""

import errno
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from mesh_isolation import csv_table, files
from mesh_isolation.engine import Stop
from mesh_isolation.files import write_whole
from mesh_platform.build.warehouse import WarehouseFile, writing
from mesh_platform.dagster.history import open_history, remove_runs
from mesh_platform.errors import MachineFault, MeshError, SourceError, UnknownPort, machine_fault
from mesh_platform.home import MeshHome
from mesh_platform.ingestion.reading import ingest, ingest_all, reading_paths
from mesh_platform.ingestion.source import CsvSource
from mesh_platform.port.sweeper import building, sweep_candidates
from mesh_platform.project import load_project

SOURCE = CsvSource("things", "things.csv", {"id": "INTEGER", "note": "VARCHAR"}, "Things.")


@pytest.fixture
def capabilities():
    return ("maintenance", "doctor")


@pytest.fixture
def disk(tmp_path):
    """Makes a small disk of its own, as root; otherwise the test is skipped."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if (
        os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], capture_output=True).returncode
    ):
        pytest.skip("only root can mount a disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(folder: Path) -> None:
    with (folder / "filler").open("wb") as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(bytes(1 << 16))
            file.flush()


COMMANDS = [("run",), ("rollback", "shop/things", "--to", "0"), ("clean",), ("ports", "vacuum"), ("ports", "sweep")]


@pytest.mark.parametrize("state", ["full", "read-only"])
def test_on_a_full_or_read_only_disk_every_verb_names_the_disk_and_served_versions_stay_readable(
    state, disk, shop, publish_shop, call, command, monkeypatch, own_environment
):
    publish_shop("(1, 1.0, 'a')")
    publish_shop("(2, 2.0, 'b')")
    shutil.copytree(shop.root / ".mesh", disk / "home")
    monkeypatch.setenv("MESH_HOME", str(disk / "home"))
    if state == "full":
        fill(disk)
    else:
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    for verb in COMMANDS:
        done = command(*verb, cwd=shop.root)
        text = done.stdout + done.stderr
        assert "Unexpected error" not in text, text
        assert "Traceback" not in text, text
        if done.returncode:
            assert ("No space left" if state == "full" else "Read-only") in text or "domains" in text, text
    assert call.json("query", "select id from shop.things") == [{"id": 2}]
    assert call.json("history", "shop/things")


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/x/y"), ["/x/y", "No space left", "Free space"]),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), ["a file in", "No space left"]),
        (OSError(errno.EROFS, os.strerror(errno.EROFS), "/x"), ["refuses /:", "Read-only", "MESH_HOME"]),
        (OSError(errno.EMFILE, os.strerror(errno.EMFILE)), ["ulimit -n"]),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "/x/z"), ["/x/z", "No such file"]),
        (
            duckdb.IOException('IO Error: Could not write file "/w.duckdb": No space left on device'),
            ["/w.duckdb", "No space left"],
        ),
    ],
)
def test_an_error_of_the_system_becomes_a_sentence_with_path_and_way_out(problem, words):
    fault = machine_fault(problem)
    assert [word for word in words if word not in str(fault)] == []


def test_other_errors_are_no_fault_of_the_machine():
    assert [
        machine_fault(problem) for problem in (ValueError("x"), ConnectionRefusedError(111, "refused"), InterruptedError())
    ] == [None] * 3


def test_files_of_a_repository_are_replaced_together_or_not_at_all(disk):
    file = disk / "workspace.yaml"
    file.write_text("before", encoding="utf-8")
    with pytest.raises(OSError, match="No space"):
        write_whole({file: "after", disk / "deep/other.yaml": "x" * (16 << 20)})
    assert file.read_text(encoding="utf-8") == "before"
    assert [path.name for path in disk.rglob("*") if path.is_file()] == ["workspace.yaml"]


@pytest.mark.parametrize("damage", [os.urandom(50_000), b""], ids=["garbage", "truncated"])
def test_a_damaged_warehouse_is_named_with_what_is_lost_and_what_is_built_again(damage, shop):
    domain = load_project().domains["shop"]
    warehouse = domain.home.warehouse("shop")
    warehouse.parent.mkdir(parents=True)
    warehouse.write_bytes(damage)
    named = pytest.raises(MachineFault, match=r"shop.duckdb is damaged.*run the domain.*snapshots")
    with named, writing(domain, 0), duckdb.connect(str(warehouse)):
        pass
    assert warehouse.read_bytes() == damage


def two_heads(file: Path) -> None:
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("INSERT INTO alembic_version VALUES ('5771160a95ad')")


@pytest.mark.parametrize("damage", [two_heads, lambda file: file.write_bytes(os.urandom(50_000))], ids=["two heads", "garbage"])
def test_a_damaged_history_is_named_by_a_reader_and_by_the_doctor(damage, shop, publish_shop, call, command, own_environment):
    publish_shop("(1, 1.0, 'a')")
    home = load_project().home
    home.prepare()
    with open_history(home):
        pass
    damage(home.dagster / "history/runs/index.db")
    done = command("clean", cwd=shop.root)
    assert done.returncode == 1
    assert "history of runs" in done.stderr and "move it away" in done.stderr, done.stderr
    assert "✘ history: " in call("doctor").output
    assert call.json("query", "select id from shop.things") == [{"id": 1}]
    shutil.rmtree(home.dagster)
    assert command("clean", cwd=shop.root).returncode == 0


SPOILT_TEXTS = {
    "not UTF-8": b"\xff\xfe" * 128,
    "zeros": bytes(256),
    "letters": b"x" * 256,
    "brackets": b"{}" * 128,
}


@pytest.mark.parametrize("text", SPOILT_TEXTS.values(), ids=SPOILT_TEXTS)
def test_a_history_that_is_a_whole_database_of_damaged_texts_is_named_by_whoever_reads_it(text, tmp_path, own_environment):
    home = MeshHome(tmp_path)
    home.prepare()
    with open_history(home) as history:
        run = history.instance.create_run_for_job(dg.JobDefinition(name="work", graph_def=dg.GraphDefinition(name="work")))
        history.instance.report_run_failed(run)
        assert [run.id for run in history.runs()] == [run.run_id]
    with closing(sqlite3.connect(home.dagster / "history/runs.db")) as database, database:
        (body,) = database.execute("SELECT run_body FROM runs").fetchone()
        spoilt = body.encode()[:200] + text + body.encode()[456:]
        database.execute("UPDATE runs SET run_body = cast(? AS text)", [spoilt])
    readers = (list_runs, lambda home: remove_runs(home, 1), lost_runs)
    for read in readers:
        with pytest.raises(Exception, match="") as raised:
            read(home)
        fault = str(machine_fault(raised.value))
        assert "history of runs" in fault and "move it away" in fault, repr(raised.value)


def list_runs(home):
    with open_history(home) as history:
        return list(history.runs())


def lost_runs(home):
    with open_history(home) as history:
        history.instance.get_runs()


def test_what_else_goes_wrong_while_the_history_is_open_is_no_damage_of_it(tmp_path, own_environment):
    home = MeshHome(tmp_path)
    home.prepare()
    for problem in (ValueError("mine"), KeyError("mine"), UnknownPort("mine"), sqlite3.OperationalError("database is locked")):
        with pytest.raises(type(problem)) as raised, open_history(home):
            raise problem
        assert raised.value is problem


def test_processes_that_begin_at_once_create_the_databases_once(tmp_path):
    code = (
        "import sys; from pathlib import Path;"
        "from mesh_platform.home import MeshHome; from mesh_platform.dagster.history import open_history;"
        "home = MeshHome(Path(sys.argv[1])); home.prepare()\n"
        "with open_history(home) as history: list(history.runs())"
    )
    environment_of_child = {name: value for name, value in os.environ.items() if not name.startswith(("DAGSTER_", "MESH_"))}

    def begin(_):
        return subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, env=environment_of_child)

    with ThreadPoolExecutor(4) as pool:
        ends = list(pool.map(begin, range(4)))
    assert [end.stderr for end in ends if end.returncode] == []
    for database in tmp_path.glob("dagster/*/*.db"):
        with closing(sqlite3.connect(database)) as opened:
            assert opened.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)


def test_a_process_that_holds_the_folder_of_the_history_is_named(tmp_path, own_environment, monkeypatch):
    home = MeshHome(tmp_path / "home")
    home.prepare()
    monkeypatch.setattr(files, "CREATE_SECONDS", 0.1)
    held = pytest.raises(MeshError, match="Another process holds .*Try again when it has ended")
    with files.locked(home.dagster, exclusive=False, wait=0), held, open_history(home):
        pass
    with open_history(home) as history:
        assert list(history.runs()) == []


def test_the_history_keeps_the_newest_runs_of_each_domain_and_what_served_versions_need(tmp_path, own_environment):
    from dagster import AssetKey, DagsterInstance, asset, materialize

    home = MeshHome(tmp_path / "home")
    home.prepare()

    @asset(key=AssetKey(["shop", "things"]))
    def things():
        return None

    with open_history(home):
        pass
    with DagsterInstance.from_config(str(home.dagster)) as instance:
        for _ in range(4):
            materialize([things], instance=instance, tags={"mesh/domain": "shop"})
    assert remove_runs(home, 2, dry_run=True)[0] == 2
    assert remove_runs(home, 2)[0] == 2
    assert remove_runs(home, None, datetime.now(UTC))[0] == 1, "the run of the newest materialization stays"
    with open_history(home) as history:
        assert len(list(history.runs())) == 1
    assert len(list((home.dagster / "history/runs").glob("*-*.db"))) == 1


def test_the_sweep_lists_candidates_of_a_killed_run_and_leaves_refused_ones(tmp_path):
    (tmp_path / "refused.parquet").write_bytes(b"x")
    code = (
        "import os, sys; from pathlib import Path; from mesh_platform.port.sweeper import building\n"
        "with building(Path(sys.argv[1]), ['orders']):\n    Path(sys.argv[1], 'orders.parquet').write_bytes(b'x'); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path], check=False)
    listed = {leftover.file.name for leftover in sweep_candidates(tmp_path, dry_run=True)}
    assert "orders.parquet" in listed and "refused.parquet" not in listed
    sweep_candidates(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["refused.parquet"]
    with building(tmp_path, ["judged"]):
        (tmp_path / "judged.parquet").write_bytes(b"x")
    assert sweep_candidates(tmp_path, dry_run=True) == []


def opened(folder):
    return WarehouseFile(folder / "shop.duckdb").get_connection(*reading_paths((), folder))


def test_a_line_that_is_too_long_is_refused_with_file_and_line(tmp_path):
    file = tmp_path / "things.csv"
    file.write_text("id,note\n1,a\n", encoding="utf-8")
    with file.open("r+b") as long:
        long.truncate(6 << 30)  # sparse
    start = time.monotonic()
    with (
        opened(tmp_path) as connection,
        pytest.raises(SourceError, match=r"things.csv, line 3, is longer than 32 MB"),
    ):
        ingest(SOURCE, tmp_path, tmp_path / "aside", connection)
    assert time.monotonic() - start < 10
    file.write_text("", encoding="utf-8")
    with file.open("r+b") as long:
        long.truncate(6 << 30)
    with (
        opened(tmp_path) as connection,
        pytest.raises(SourceError),
    ):
        ingest(SOURCE, tmp_path, tmp_path / "aside", connection)


def test_a_stopped_run_ends_its_readings_at_once(tmp_path, monkeypatch):
    (tmp_path / "things.csv").write_text("id,note\n" + "1,a\n" * 10, encoding="utf-8")
    entered = threading.Event()

    def endless(path, form, connection):
        entered.set()
        return "SELECT a.range::INTEGER AS s0, '' AS s1, NULL AS fault FROM range(100000000000) a"

    monkeypatch.setattr(csv_table, "select", endless)
    stopped = []
    monkeypatch.setattr(Stop, "end", lambda stop, readings, end=Stop.end: stopped.append(end(stop, readings)))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a process in the background ignores the signal
    with opened(tmp_path) as connection:
        connection.execute("SET memory_limit = '500MB'")
        results = ingest_all([SOURCE], tmp_path, tmp_path / "aside", connection)

        def interrupt():
            entered.wait()
            time.sleep(0.2)
            os.kill(os.getpid(), signal.SIGINT)

        threading.Thread(target=interrupt).start()
        with pytest.raises(KeyboardInterrupt):
            next(results)
        signal.signal(signal.SIGINT, before)
        assert stopped == [None]
        assert connection.execute("SELECT count(*) FROM duckdb_tables()").fetchone() == (0,)


@pytest.mark.parametrize(
    "names", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}]
)
def test_an_output_without_unicode_gets_plain_characters(names, shop, publish_shop, command, monkeypatch):
    publish_shop("(1, 1.0, 'é ✔')")
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    done = command("products", cwd=shop.root)
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii() and "OK 2 data products" in done.stdout
    assert command("show", "shop/nothing", cwd=shop.root).stderr.startswith("FAILED ")
    assert json.loads(command("query", "select note from shop.things", "--json", cwd=shop.root).stdout) == [{"note": "é ✔"}]
