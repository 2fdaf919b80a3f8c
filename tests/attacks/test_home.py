"""Every kind of file that the home holds, damaged in every way, read by every command that reads it.

The damaged file is named where something that was asked for cannot be shown, everything else is still shown, caches are made
again, and no reader hangs or ends with an error that nobody expected.
"""

import errno
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from mesh_capabilities.doctor.checks import State, check_domains, check_records, check_warehouses
from mesh_isolation.engine import read_rows
from mesh_isolation.files import KEY_BYTES
from mesh_isolation.records import read_cache
from mesh_isolation.team_files import UnreadableFile
from mesh_platform.build import port_graph, warehouse
from mesh_platform.errors import MeshError, PortDamaged, machine_fault
from mesh_platform.home import MASK, MeshHome
from mesh_platform.ingestion.limits import recorded, recording
from mesh_platform.ingestion.source import TableRead
from mesh_platform.names import PortAddress
from mesh_platform.port.query import query_ports
from mesh_platform.port.shelf import count_reads, damages, published_ports
from mesh_platform.port.sweeper import BUILDING, sweep_candidates, sweep_port
from mesh_platform.port.whole_versions import logged_version
from mesh_platform.project import load_project
from mesh_platform.quarantine import FACTS, ROWS, BrokenRule, Entry, entries, find_entry
from support.deadline import in_time

DEEP = "[" * 200_000


def as_a_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def as_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def as_a_link_to_nothing(file: Path) -> None:
    file.unlink()
    file.symlink_to("nowhere")


def as_a_link_to_itself(file: Path) -> None:
    file.unlink()
    file.symlink_to(file.name)


def written(content: str | bytes) -> Callable[[Path], None]:
    return lambda file: file.write_bytes(content if isinstance(content, bytes) else content.encode())


DAMAGES = {
    "not UTF-8": written(b"\xff\xfe:{"),
    "empty": written(""),
    "{}": written("{}"),
    "[]": written("[]"),
    "[{}]": written("[{}]"),
    "null": written("null"),
    "a number": written("7"),
    "a number of many digits": written("9" * 5000),
    "zeros": written(bytes(64)),
    "deep": written(DEEP),
    "a deep value": written('{"commitInfo": ' + DEEP),
    "a pipe": as_a_pipe,
    "a folder": as_a_folder,
    "a link to nothing": as_a_link_to_nothing,
    "a link to itself": as_a_link_to_itself,
}


@contextmanager
def damaged(file: Path, damage: Callable[[Path], None]) -> Iterator[None]:
    """Inside the block, the file is damaged."""
    kept = file.with_name(f"{file.name}.kept-aside")
    shutil.copy2(file, kept)
    damage(file)
    try:
        yield
    finally:
        if file.is_dir() and not file.is_symlink():
            shutil.rmtree(file)
        kept.replace(file)


@pytest.fixture
def capabilities():
    return ("maintenance", "doctor", "columns", "openlineage")


@pytest.fixture
def ask(call):
    """Calls a command, and returns its exit code and all that it prints."""

    def ask(*arguments: object) -> tuple[int, str]:
        with in_time():
            result = call(*arguments)
        problem = result.exception
        if problem is None or isinstance(problem, SystemExit):
            return result.exit_code, result.output
        known = problem if isinstance(problem, MeshError) else machine_fault(problem)
        assert known, (arguments, repr(problem))
        return 1, f"{result.output}\n{known}"

    return ask


@pytest.fixture
def mesh_home(shop, publish_shop) -> MeshHome:
    """Two ports with two versions each: shop/things, and books/sales, which reads it."""
    for number in range(2):
        publish_shop(f"({number}, 1.0, 'a')")
        publish_shop(
            f"({number}, 1.0, 'b')", port="sales", domain="books", inputs={"shop/things": number}, majors={"shop/things": 1}
        )
    return load_project().home


THINGS, SALES = PortAddress("shop", "things"), PortAddress("books", "sales")


def check_port_by_itself(home: MeshHome, named: str) -> list[str]:
    """Reads all ports as every command does: shop/things is served, and books/sales too or its damage is named."""
    answer = query_ports(home, "select id from shop.things")
    assert answer.rows == [(1,)]
    ports = published_ports(home)
    assert ports[THINGS].current().number == 1
    count_reads(ports)
    found = damages(home)
    assert not [damage for damage in found if "books/sales" not in damage], found
    if SALES in ports:
        ports[SALES].history()
        for read in (ports[SALES].current, lambda: ports[SALES].at(0), lambda: sweep_port(ports[SALES], dry_run=True)):
            try:
                read()
            except MeshError as problem:
                found.append(str(problem))
    assert not found or any(named in damage for damage in found), (named, found)
    return found


@pytest.mark.parametrize("entry", [0, 1])
def test_a_damaged_entry_of_a_log_is_the_damage_of_its_port(mesh_home, entry):
    file = mesh_home.ports / "books/sales/v1/_delta_log" / f"{entry:020d}.json"
    for name, damage in DAMAGES.items():
        with damaged(file, damage), in_time():
            assert check_port_by_itself(mesh_home, "books/sales"), f"{name}: damage is never silent"
    assert check_port_by_itself(mesh_home, "") == []


IN_PLACE = {
    "a file": lambda folder: folder.write_text("mine"),
    "a link to nowhere": lambda folder: folder.symlink_to("nowhere"),
    "a link to itself": lambda folder: folder.symlink_to(folder.name),
}


@pytest.mark.parametrize("harm", IN_PLACE.values(), ids=IN_PLACE)
def test_an_entry_that_cannot_be_set_aside_names_what_the_system_refuses(mesh_home, harm):
    port = published_ports(mesh_home)[SALES]
    entry = port.log.file(1)
    entry.write_bytes(entry.read_bytes()[:100])
    harm(port.folder / "_damaged")
    with pytest.raises(Exception) as raised:
        port.heal()
    fault = machine_fault(raised.value)
    assert fault and "_damaged" in fault.found and fault.way_out, raised.value
    assert port.current().number == 0


def test_a_damaged_checkpoint_is_at_most_the_damage_of_its_port(mesh_home):
    log = mesh_home.ports / "books/sales/v1/_delta_log"
    for name in (f"{1:020d}.checkpoint.parquet", "_last_checkpoint"):
        for damage in ("not UTF-8", "empty", "deep", "a pipe", "a folder", "a link to nothing", "a link to itself"):
            (log / "_last_checkpoint").write_text('{"version": 1, "size": 4}')
            (log / name).write_text('{"version": 1, "size": 4}')
            with damaged(log / name, DAMAGES[damage]), in_time():
                check_port_by_itself(mesh_home, "books/sales")
            (log / name).unlink()


# fmt: off
WRONG = [
    None, 0, -1, True, "x", "9" * 5000, [], {}, [{}], "null", "[{}]", '{"sales.orders": 1}', '["2017"]', "\0", "../x", DEEP,
]
# fmt: on


def test_a_value_of_another_type_in_a_log_is_the_damage_of_its_port(mesh_home):
    port = published_ports(mesh_home)[SALES]
    file = port.log.file(1)
    actions = list(map(json.loads, file.read_text(encoding="utf-8").splitlines()))
    places = [(action, kind, key) for action in actions for kind in action for key in (None, *action[kind])]
    assert len(places) > 25
    for at, (action, kind, key) in enumerate(places):
        whole = action[kind]
        for wrong in WRONG:
            action[kind] = wrong if key is None else {**whole, key: wrong}
            file.write_text("\n".join(map(json.dumps, actions)), encoding="utf-8")
            with in_time():
                try:
                    logged_version(port.log, 1)
                except PortDamaged as damage:
                    assert str(file) in damage.found, (kind, key)
                if at % 3 == 0 and wrong is WRONG[at % len(WRONG)]:  # what delta-rs reads takes a hundred times longer
                    check_port_by_itself(mesh_home, "books/sales")
        action[kind] = whole


STRANGE_NAMES = ["²" * 20 + ".json", "٣.json", "9" * 20 + ".json", "9" * 200 + ".json", "-1.json", ".json", b"\xff.json"]
STRANGE_FOLDERS = [
    "books/sales/v²",
    "books/sales/v٣",
    "books/sales/v01",
    f"books/sales/v{'9' * 99}",
    b"books/\xff/v1",
    "B 2/²/v1",
]


def path_in(folder: Path, name: str | bytes) -> Path:
    """A path whose last part need not be UTF-8."""
    return Path(os.fsdecode(os.fsencode(folder) + b"/" + os.fsencode(name)))


def test_a_file_with_a_strange_name_in_a_log_stops_no_other_port(mesh_home):
    for name in STRANGE_NAMES:
        file = path_in(mesh_home.ports / "books/sales/v1/_delta_log", name)
        file.write_bytes(b"{}")
        with in_time():
            check_port_by_itself(mesh_home, "books/sales")
        file.unlink()


def test_a_folder_with_a_strange_name_among_the_ports_stops_no_port(mesh_home):
    for name in STRANGE_FOLDERS:
        folder = path_in(mesh_home.ports, name)
        shutil.copytree(mesh_home.ports / "books/sales/v1", folder)
        with in_time():
            assert query_ports(mesh_home, "select id from shop.things").rows == [(1,)]
            assert published_ports(mesh_home)[SALES].current().number == 1
            damages(mesh_home)
        shutil.rmtree(folder)


def test_a_damaged_list_of_verified_files_is_written_anew(mesh_home):
    kept = mesh_home.root / "verified/books.sales.v1.json"
    assert published_ports(mesh_home)[SALES].current().number == 1
    whole = kept.read_text(encoding="utf-8")
    for damage in DAMAGES.values():
        with in_time(), damaged(kept, damage):
            assert published_ports(mesh_home)[SALES].current().damage == ""
            assert kept.is_dir() or json.loads(whole).items() >= json.loads(kept.read_text(encoding="utf-8")).items() != []


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_graph_of_ports_is_made_again(company, monkeypatch, name):
    domain = company.domain("shop")
    model = port_graph.PortModel("things", "models/things.sql", ("things",), (), ("raw",), (THINGS,), ())
    parses = []
    monkeypatch.setattr(port_graph, "project_digest", lambda domain: "digest")
    monkeypatch.setattr(port_graph.dbt, "parse", parses.append)
    monkeypatch.setattr(port_graph, "read_manifest", lambda manifest, domain: {"things": model})
    assert port_graph.load_port_graph(domain) == {"things": model}
    cache = domain.home.dbt("shop") / "ports.json"
    whole = cache.read_text(encoding="utf-8")
    assert port_graph.load_port_graph(domain) == {"things": model} and len(parses) == 1, "it is kept"
    if name == "a folder":
        return  # it is removed with what a build leaves; see test_leftovers
    with in_time(), damaged(cache, DAMAGES[name]):
        assert port_graph.load_port_graph(domain) == {"things": model} and len(parses) == 2
        assert cache.read_text(encoding="utf-8") == whole


def kept_entry(home: MeshHome, name: str) -> Path:
    """An entry of the quarantine with one row."""
    folder = home.quarantine(THINGS) / name
    folder.mkdir(parents=True)
    entry = Entry(name, THINGS, datetime.now(UTC), True, "shop.things.v1", "1.0.0", 3, (BrokenRule("c", "s", 1),), None, {}, {})
    (folder / FACTS).write_text(json.dumps(entry.document()), encoding="utf-8")
    duckdb.execute(f"COPY (SELECT 'c' AS rule, 's' AS reason, {{id: 1}} AS row) TO '{folder / ROWS}' (FORMAT parquet)")
    return folder


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_entry_of_the_quarantine_is_named_and_the_others_are_listed(tmp_path, name):
    home = MeshHome(tmp_path / "home")
    whole, other = kept_entry(home, "whole"), kept_entry(home, "other")
    for file in (FACTS, ROWS):
        found: list[str] = []
        with damaged(other / file, DAMAGES[name]), in_time():
            listed = [entry.id for entry in entries(home, damages=found)]
            assert "whole" in listed and find_entry(home, "whole").folder == whole
            if file == FACTS:
                assert listed == ["whole"] and len(found) == 1 and str(other / file) in found[0], found
            with pytest.raises(UnreadableFile) as refused:
                read_rows(find_entry(home, "other").rows_file, {"rule": str, "reason": str, "row": dict}, "", "Restore it.")
            assert str(other / file) in refused.value.found


@pytest.mark.parametrize(
    "key", ["port", "at", "rules", "rows", "visible", "inputs", "source", "candidate_rows", "published", "new"]
)
def test_facts_of_another_type_are_named(tmp_path, key):
    home = MeshHome(tmp_path / "home")
    folder = kept_entry(home, "entry")
    whole = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    for wrong in (None, True, "x", [{}], [[]], {"a": {}}, "2026-01-01") if key != "published" else (None, 7, "x"):
        (folder / FACTS).write_text(json.dumps({**whole, key: wrong}), encoding="utf-8")
        found: list[str] = []
        assert entries(home, damages=found) == [] and len(found) == 1 and str(folder) in found[0], (key, wrong)


@pytest.mark.parametrize("name", DAMAGES)
def test_a_key_that_is_not_whole_hashes_nothing(tmp_path, name):
    home = MeshHome(tmp_path)
    assert home.hashed("anna") == home.hashed("anna") != MASK
    key = tmp_path / "hash.key"
    whole = key.read_bytes()
    with damaged(key, DAMAGES[name]), in_time():
        assert home.hashed("anna") == MASK
        (found,) = (symptom for symptom in check_records(home) if symptom.state is State.problem)
        assert str(key) in found.found and "masked" in found.found
    for size in (1, KEY_BYTES - 1, KEY_BYTES + 1):
        key.write_bytes((whole * 2)[:size])
        assert home.hashed("anna") == MASK


@pytest.mark.parametrize("name", sorted(DAMAGES.keys() - {"{}"}))
def test_a_damaged_record_of_what_was_read_is_named_and_the_next_reading_writes_it_anew(company, name):
    domain = company.domain()
    with recording(domain, ["things"]) as record:
        record["things"] = TableRead(3, "a")
    file = domain.home.read("shop")
    with damaged(file, DAMAGES[name]), in_time():
        with pytest.raises(UnreadableFile) as found:
            recorded(domain.home, domain.name)
        assert (str(file) in found.value.found, "`mesh run shop`" in found.value.way_out) == (True, True)
        (symptom,) = (symptom for symptom in check_records(domain.home) if symptom.state is State.problem)
        assert str(file) in symptom.found
        if name != "a folder":
            with recording(domain, ["things"]) as record:
                record["things"] = TableRead(4, "b")
            assert recorded(domain.home, domain.name) == {"things": TableRead(4, "b")}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_source_is_named_and_the_settings_of_dagster_are_written_anew(tmp_path, own_environment, name):
    home = MeshHome(tmp_path / "home")
    home.remember_source(tmp_path)
    home.prepare()
    settings = home.dagster / "dagster.yaml"
    whole = settings.read_text(encoding="utf-8")
    with damaged(home.root / "source", DAMAGES[name]), in_time():
        with pytest.raises(MeshError, match=r"source does not hold the path.*mesh run --source"):
            _ = home.source
        (found,) = (symptom for symptom in check_records(home) if symptom.state is State.problem)
        assert "source" in found.found
    assert home.source == tmp_path
    if name != "a folder":
        with damaged(settings, DAMAGES[name]), in_time():
            home.prepare()
            assert settings.read_text(encoding="utf-8") == whole


@pytest.mark.parametrize("name", DAMAGES)
def test_what_a_process_leaves_beside_a_domain_stops_no_other_process(tmp_path, name):
    """The process that holds a lock, the candidates that were being built, dbt's profile, and the files of a portal."""
    mark, holder, portal = tmp_path / BUILDING, tmp_path / "shop.pid", tmp_path / ".mesh-portal.json"
    for file in (mark, holder, portal):
        file.write_text("7")
    with in_time(), damaged(mark, DAMAGES[name]), damaged(holder, DAMAGES[name]), damaged(portal, DAMAGES[name]):
        sweep_candidates(tmp_path, dry_run=True)
        assert warehouse.who_holds(holder) in ("another process", "process 7")
        assert read_cache(portal, list[str]) in (None, [])


def test_the_list_of_candidates_that_a_build_can_write_names_no_file_outside(tmp_path):
    (tmp_path / "candidates").mkdir()
    port = tmp_path / "port.parquet"
    port.write_bytes(b"x")
    (tmp_path / "candidates" / BUILDING).write_text(f"../port {tmp_path}/port {'x' * 5000}")
    assert sweep_candidates(tmp_path / "candidates") == [] and port.exists()


STRANGERS = {
    **DAMAGES,
    "another's name": written("name: shop"),
    "YAML of another shape": written("- a\n- b"),
    "an alias bomb": written("a: &a [x]\nb: &b [*a,*a]\nc: [*b,*b]"),
}


@pytest.mark.parametrize(
    ("folder", "name"), [*(("zz", name) for name in STRANGERS), ("Z ²", "another's name"), (b"\xff", "{}")]
)
def test_a_folder_that_is_not_registered_stops_no_domain(company, folder, name):
    company.registry("shop")
    domain = company.domain("shop")
    stranger = path_in(company.root / "domains", folder) / "domain.yaml"
    stranger.parent.mkdir()
    stranger.write_text("")
    STRANGERS[name](stranger)
    with in_time():
        project = load_project(company.root)
        assert list(project.domains) == ["shop"] and set(project.broken) <= {"zz"}
        assert set(domain.others) <= {"zz"}
        assert [symptom.subject for symptom in check_domains(project)][1:] != [] or not stranger.exists()


def test_every_verb_names_what_is_damaged_and_shows_the_rest(mesh_home, ask):
    """One home with many damages at once, read by every command in this process."""
    kept_entry(mesh_home, "whole")
    other = kept_entry(mesh_home, "other")
    log = mesh_home.ports / "books/sales/v1/_delta_log"
    as_a_pipe(log / f"{1:020d}.json")
    (mesh_home.ports / "books/sales/v²").mkdir()
    written(DEEP)(other / FACTS)
    written(b"\xff")(mesh_home.quarantine(THINGS) / "whole" / ROWS)
    written("")(mesh_home.root / "hash.key")
    written(b"\xff")(mesh_home.root / "source")
    (mesh_home.root / "verified").mkdir(exist_ok=True)
    written(DEEP)(mesh_home.root / "verified/shop.things.v1.json")
    port, entry = "books/sales: version 1 is damaged", str(other / FACTS)
    for verb, code, named in [
        (("query", "select id from shop.things"), 0, [port]),
        (("status",), 0, [port]),
        (("products",), 0, [port]),
        (("show", "books/sales"), 0, [port]),
        (("show", "shop/things"), 0, []),
        (("history", "books/sales"), 0, [port]),
        (("ports", "verify"), 1, [port]),
        (("quarantine", "list"), 1, [entry, "whole"]),
        (("quarantine", "show", "other"), 1, [entry]),
        (("quarantine", "show", "whole"), 1, [ROWS]),
        (("doctor",), 1, [port, entry, "hash.key", "source does not hold"]),
    ]:
        done, text = ask(*verb)
        assert done == code, (verb, text)
        assert [part for part in named if part not in text] == [], (verb, text)


@pytest.mark.parametrize("broken", [1, 2])
def test_a_sentence_of_failure_says_what_failed(shop, publish_shop, ask, broken):
    publish_shop("(1, 1.0, 'a')")
    for name in ("shop", "books")[-broken:]:
        (shop.root / f"domains/{name}/domain.yaml").write_bytes(b"\xff")
    for verb in ("status", "products"):
        code, text = ask(verb)
        last = text.rstrip().splitlines()[-1]
        failed = "1 domain does not load: books" if broken == 1 else "2 domains do not load: books, shop"
        assert code == 1 and last.startswith(f"✘ {failed}. The others: "), last


def log_of_a_killed_build(folder: Path) -> Path:
    """A warehouse whose process was killed, with its write-ahead log."""
    file = folder / "warehouses/shop/shop.duckdb"
    file.parent.mkdir(parents=True)
    tables = "for i in range(5): opened.execute(f'CREATE TABLE t{i} AS SELECT 1')"
    code = f"import duckdb, os, sys; opened = duckdb.connect(sys.argv[1])\n{tables}\nos._exit(9)"
    subprocess.run([sys.executable, "-c", code, file], check=False)
    return file.with_name("shop.duckdb.wal")


def test_the_doctor_compares_the_log_of_a_warehouse_with_what_duckdb_can_read(tmp_path):
    home = MeshHome(tmp_path)
    log = log_of_a_killed_build(tmp_path)
    whole = log.read_bytes()
    assert [symptom.state for symptom in check_warehouses(home)] == [State.good], "it is normal after a kill"
    for content, state in [
        (os.urandom(len(whole)), State.problem),
        (bytes(len(whole)), State.problem),
        (whole[:-10], State.note),
        (whole[: len(whole) // 2], State.note),
        (b"", State.good),
    ]:
        log.write_bytes(content)
        first = next(check_warehouses(home))
        assert first.state is state and (state is State.good or str(log) in first.found), (state, first)
    for name in ("a pipe", "a folder", "a link to nothing"):
        with damaged(log, DAMAGES[name]):
            assert next(check_warehouses(home)).state is State.problem


def test_a_limit_of_the_file_size_is_named(shop):
    program = Path(sys.executable).parent / "mesh"
    command = ["bash", "-c", f"ulimit -f 0; {program} clean 2>&1 | cat; exit ${{PIPESTATUS[0]}}"]
    done = subprocess.run(command, cwd=shop.root, capture_output=True, text=True)
    assert "Traceback" not in done.stdout and "Unexpected error" not in done.stdout, done.stdout
    assert done.returncode and "ulimit -f" in done.stdout, done.stdout


def test_an_error_of_sqlite_names_the_limit_that_it_may_come_from():
    """SQLite reports the same for a disk that fails and for a file that may not grow."""
    problem = sqlite3.OperationalError("disk I/O error")
    problem.sqlite_errorname = "SQLITE_IOERR_WRITE"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    assert "ulimit" not in str(machine_fault(problem))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 40, before[1]))
    try:
        assert "more than 1,099,511,627,776 bytes" in str(machine_fault(problem))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_an_error_is_described_where_nothing_can_be_written_and_the_folder_is_gone(monkeypatch, tmp_path):
    def nowhere() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")

    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    assert "Too many open files" in str(machine_fault(OSError(errno.EMFILE, os.strerror(errno.EMFILE))))
    with pytest.raises(FileNotFoundError) as missing:
        nowhere()
    assert "No folder for temporary files" in str(machine_fault(missing.value))


def test_the_platform_asks_no_text_whether_it_is_digits():
    """`"²".isdigit()` is true, and `int("²")` fails: `mesh_isolation.text.whole_number` is both."""
    found = [
        f"{path}: {name}"
        for path in (Path(__file__).parents[2] / "platform").rglob("*.py")
        for name in ("isdigit(", "isnumeric(", "isdecimal(")
        if f".{name}" in path.read_text(encoding="utf-8")
    ]
    assert found == []
