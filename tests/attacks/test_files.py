"""Files changed behind the mesh's back: no reader consumes them, every reader names them, and no other port is affected."""

import json
import os
import random
import shutil
from pathlib import Path

import duckdb
import pytest

from mesh_isolation.files import sha256
from mesh_platform.contract.document import load_contract
from mesh_platform.contract.rule import Referenced
from mesh_platform.errors import MeshError, PortDamaged, PublishError
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.port.place import port_flaws
from mesh_platform.port.query import query_ports
from mesh_platform.port.shelf import damages, view_statements
from mesh_platform.port.version import Provenance
from mesh_platform.publish import candidate_judgement
from mesh_platform.publish.candidate import Candidate
from mesh_platform.publish.pinning import referenced_files

LEADS = PortAddress("marketing", "leads")


def flipped(content: bytes, share: float) -> bytes:
    """The content with one bit of one byte changed, at this share of its length."""
    at = min(int(len(content) * share), len(content) - 1)
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def keeping_the_time(change):
    """Changes the file and gives it back its time of modification."""

    def damage(file: Path) -> None:
        before = file.stat()
        change(file)
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    return damage


def replaced(file: Path) -> None:
    """Another whole Parquet file takes the name."""
    quoted = str(file.with_suffix(".other"))
    duckdb.execute(f"COPY (SELECT 666 AS id) TO '{quoted}' (FORMAT parquet)")
    Path(quoted).replace(file)


def as_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def earlier(file: Path) -> None:
    """The content of the oldest file of the port, or of nothing if there is only this one."""
    oldest = sorted_by_version(file)[0]
    file.write_bytes(oldest.read_bytes() if oldest != file else b"")


def sorted_by_version(file: Path) -> list[Path]:
    return sorted(file.parent.glob("part-*.parquet"), key=lambda part: part.stat().st_mtime_ns)


# The damage of a data file: what is tried.
DAMAGES = {
    "random bytes of the same length": lambda file: file.write_bytes(os.urandom(file.stat().st_size)),
    "zeros of the same length": lambda file: file.write_bytes(bytes(file.stat().st_size)),
    "truncated": lambda file: os.truncate(file, 100),
    "a byte longer": lambda file: file.write_bytes(file.read_bytes() + b"\0"),
    "empty": lambda file: file.write_bytes(b""),
    "missing": lambda file: file.unlink(),
    "a folder in its place": as_a_folder,
    "one byte at its beginning": lambda file: file.write_bytes(flipped(file.read_bytes(), 0)),
    "one byte in its data": lambda file: file.write_bytes(flipped(file.read_bytes(), 0.3)),
    "one byte in its middle": lambda file: file.write_bytes(flipped(file.read_bytes(), 0.5)),
    "one byte at its end": lambda file: file.write_bytes(flipped(file.read_bytes(), 1)),
    "one byte, and the old time": keeping_the_time(lambda file: file.write_bytes(flipped(file.read_bytes(), 0.3))),
    "another file of other rows": replaced,
    "a link to another file": lambda file: (file.unlink(), file.symlink_to("/dev/null")),
    "the file of an earlier version": earlier,
}


@pytest.fixture
def ports(publish, orders, home):
    """sales/orders with the versions 0 to 2, where version n has the rows 0 to n; and marketing/leads with one row."""
    for number in range(3):
        publish(f"SELECT unnest(range({number + 1}))::INTEGER AS id", rows=number + 1)
    publish("SELECT 7 AS id", address=LEADS)
    return orders


def content(folder: Path) -> dict[str, str]:
    return {str(path): sha256(path) for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "null"}


def pinned_rows(version) -> list:
    with duckdb.connect() as connection:
        for statement in view_statements(version):
            connection.execute(statement)
        return connection.execute(f"FROM {version.address.sql}").fetchall()


# The readers: what each gives for sales/orders, whose version 2 is damaged.
READERS = {
    "a run that pins it": lambda port, home: pinned_rows(port.current()),
    "a query": lambda port, home: query_ports(home, "FROM sales.orders").rows,
    "a relationship": lambda port, home: duckdb.sql(
        f"FROM read_parquet({[str(file) for file in referenced_files([reference(port)], home)[reference(port)]]})"
    ).fetchall(),
    "a rollback": lambda port, home: pinned_rows(port.rollback(1)),
}


def reference(port):
    return Referenced(port.address, 1)


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_named_and_never_consumed(ports, home, damage, read):
    (file,) = ports.current().files
    damage(file)
    before = content(home.ports / "sales")
    answer = query_ports(home, "FROM marketing.leads")
    assert answer.rows == [(7,)], "no other port is affected"
    assert "sales/orders: version 2 is damaged" in answer.remarks[0]
    assert read(ports, home) == [(0,), (1,)], "the version before it"
    after = content(home.ports / "sales")
    assert before.items() <= after.items(), "no reader changes a file"


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_version_that_a_run_has_pinned_is_refused_when_its_file_changes(ports, home, damage):
    version = ports.current()
    damage(version.files[0])
    with pytest.raises(
        PortDamaged, match=f"sales/orders: version 2 is damaged, {version.files[0]}.*mesh rollback sales/orders"
    ):
        view_statements(version)
    with pytest.raises(PortDamaged, match="sales/orders: version 2 is damaged"):
        ports.at(2)
    assert len(damages(home)) == 1


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_port_without_an_undamaged_version_is_named_and_published_again(ports, publish, home, damage):
    (file,) = query_files(home)
    damage(file)
    answer = query_ports(home, "FROM sales.orders")
    assert len(answer.rows) == 3 and "marketing/leads: version 0 is damaged" in answer.remarks[0]
    with pytest.raises(MeshError, match="marketing/leads: version 0 is damaged"):
        query_ports(home, "FROM marketing.leads")
    publish("SELECT 8 AS id", address=LEADS)
    assert query_ports(home, "FROM marketing.leads").rows == [(8,)]
    assert damages(home) == []


def query_files(home: MeshHome) -> list[Path]:
    return list(home.port(LEADS, 1).glob("part-*.parquet"))


@pytest.mark.parametrize("share", [0, 0.2, 0.4, 0.6, 0.8, 1])
def test_a_file_from_before_digests_is_verified_by_length_and_footer(ports, home, share):
    """Its flipped byte may pass, and the pages say so. Garbage and a lost footer do not, and no other port is affected."""
    (file,) = query_files(home)
    old = file.with_name(f"part-{'0' * 8}.parquet")
    file.rename(old)
    entry = next(home.port(LEADS, 1).glob("_delta_log/*.json"))
    entry.write_text(entry.read_text().replace(file.name, old.name))
    assert query_ports(home, "FROM marketing.leads").rows == [(7,)]
    old.write_bytes(flipped(old.read_bytes(), share))
    answer = query_ports(home, "FROM sales.orders")
    assert len(answer.rows) == 3
    if share in (0, 1):
        assert "marketing/leads: version 0 is damaged" in answer.remarks[0]
        assert "is not a complete Parquet file" in answer.remarks[0]
    old.write_bytes(os.urandom(old.stat().st_size))
    assert "is not a complete Parquet file" in query_ports(home, "FROM sales.orders").remarks[0]


@pytest.mark.parametrize("target", ["the newest entry", "an older entry", "the checkpoint", "_last_checkpoint"])
def test_one_flipped_bit_in_the_log_never_mixes_versions(publish, orders, home, target):
    publish("SELECT 0 AS id", rows=1)
    first = orders.log.file(0)
    first.write_text(first.read_text().replace('"configuration":{', '"configuration":{"delta.checkpointInterval":"3",'))
    for number in range(1, 5):
        publish(f"SELECT {number} AS id FROM range({number})", rows=number)
    publish("SELECT 7 AS id", address=LEADS)
    log = orders.log
    file = {
        "the newest entry": log.file(4),
        "an older entry": log.file(3),
        "the checkpoint": next(log.folder.glob("*.checkpoint*.parquet")),
        "_last_checkpoint": log.folder / "_last_checkpoint",
    }[target]
    whole, chance = file.read_bytes(), random.Random(7)
    served = set()
    for _ in range(40):
        file.write_bytes(flipped(whole, chance.random()))
        try:
            answer = query_ports(home, "FROM sales.orders")
            served.add(len(answer.rows))
            assert set(answer.rows) == {(len(answer.rows),)}, "all rows are of one version"
            assert len(answer.rows) == 4 or answer.remarks
        except MeshError as problem:
            assert "sales/orders: version" in str(problem) or "sales" in str(problem)
        assert query_ports(home, "FROM marketing.leads").rows == [(7,)]
        orders.history()
    assert served <= {1, 2, 3, 4}


# The list of verified files: what is tried.
LISTS = {
    "random bytes": os.urandom(200),
    "another document": b"[1, 2]",
    "null": b"null",
    "a list of pairs": b'[["a", 1]]',
    "other types": b'{"a": 7}',
}


@pytest.mark.parametrize("text", LISTS.values(), ids=LISTS)
def test_a_damaged_list_of_verified_files_is_written_again(ports, home, text):
    (kept,) = home.root.glob("verified/sales.orders.v1.json")
    kept.write_bytes(text)
    assert len(query_ports(home, "FROM sales.orders").rows) == 3
    assert ports.current().files[0].name in json.loads(kept.read_text())


def test_a_change_that_leaves_no_trace_is_found_by_reading_again(ports, home):
    """A disk changes a bit: neither the length nor the times of the file change. `mesh ports verify --deep` reads it."""
    (file,) = ports.current().files
    file.write_bytes(flipped(file.read_bytes(), 0.3))
    (kept,) = home.root.glob("verified/sales.orders.v1.json")
    status = file.stat()
    seen = [status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]
    kept.write_text(json.dumps(json.loads(kept.read_text()) | {file.name: seen}))
    assert ports.current().damage == ""
    assert list(port_flaws(ports.folder, [file], again=True)) == [file]
    assert "sales/orders: version 2 is damaged" in ports.current().damage, "from now on, every reader refuses it"


def test_an_unchanged_file_is_read_once(ports, monkeypatch):
    read = []
    monkeypatch.setattr("mesh_isolation.files.sha256", lambda file: read.append(file) or sha256(file))
    for _ in range(3):
        pinned_rows(ports.current())
    assert read == []


# What was judged is what is committed: the candidate changes between its audit and its commit.
CHANGES = {
    "another file of other rows": replaced,
    "one byte": lambda file: file.write_bytes(flipped(file.read_bytes(), 0.3)),
    "one byte, and the old time": keeping_the_time(lambda file: file.write_bytes(flipped(file.read_bytes(), 0.3))),
    "a row more": lambda file: (
        duckdb.execute(f"COPY (SELECT 1 AS id UNION ALL SELECT 2) TO '{file}.new' (FORMAT parquet)")
        and Path(f"{file}.new").replace(file)
    ),
    "a second name": lambda path: path.with_suffix(".second").hardlink_to(path),
}
KEY = {"name": "id", "logicalType": "integer", "physicalType": "INTEGER", "primaryKey": True}
WORD = {"name": "word", "physicalType": "VARCHAR", "logicalType": "string", "logicalTypeOptions": {"pattern": "^[a-z]+$"}}
ASIDE = {"customProperties": [{"property": "setAside", "value": "50 %"}]}
DAY = {"name": "day", "logicalType": "date", "physicalType": "DATE", "partitioned": True, "primaryKey": True, "required": True}
DAY |= {"logicalTypeOptions": {"minimum": "2017-01-01"}}
CANDIDATES = {
    "a whole port": ([KEY], "SELECT 1 AS id"),
    "a port whose bad rows are set aside": (
        [KEY, WORD | ASIDE],
        "SELECT i::INTEGER AS id, if(i = 1, 'X', 'x') AS word FROM range(9) t(i)",
    ),
    "a port by day": ([KEY, DAY], "SELECT i::INTEGER AS id, DATE '2017-01-01' + i::INTEGER AS day FROM range(3) t(i)"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize(("columns", "sql"), CANDIDATES.values(), ids=CANDIDATES)
def test_a_candidate_that_changes_after_its_audit_is_refused(company, parquet, columns, sql, change):
    domain = company.domain("shop")
    contract = load_contract(company.contract(columns=columns), company.root)
    candidate = Candidate(contract, domain.home)
    made_of = Provenance(contract.id, contract.version, contract.file, contract.digest, 3, 1)
    for round in ("good", "changed"):
        parquet(sql if round == "good" else sql.replace("range(", "range(1 + ").replace("1 AS id", "5 AS id"), candidate.path)
        files = candidate.files()
        judgement = candidate_judgement.judge_candidate(
            contract, candidate.path, made_of, domain.home, files=files if contract.partition else ()
        )
        assert judgement.error is None
        if round == "good":
            served = candidate.publish(made_of, judgement.digest)
            before = content(domain.home.ports)
            continue
        change(files[-1])
        with pytest.raises(
            PublishError, match=f"shop/things was not published: its candidate {files[-1]} has (changed|a second)"
        ):
            candidate.publish(made_of, judgement.digest)
    assert candidate.port.current() == served
    kept = {path: digest for path, digest in content(domain.home.ports).items() if "_contracts" not in path}
    assert kept == {path: digest for path, digest in before.items() if "_contracts" not in path}, "nothing was left behind"
    assert files[-1].exists(), "the candidate stays in its place"


def test_a_day_that_is_damaged_is_published_again_and_the_others_are_kept(company, parquet):
    domain = company.domain("shop")
    contract = load_contract(company.contract(columns=[KEY, DAY]), company.root)
    candidate = Candidate(contract, domain.home)
    made_of = Provenance(contract.id, contract.version, contract.file, contract.digest, 3, 1)
    for _ in range(2):
        parquet(CANDIDATES["a port by day"][1], candidate.path)
        candidate.files()
        version = candidate.publish(made_of)
        kept = {file.parent.name: file for file in version.files}
        damaged = kept["day=2017-01-02"]
        if version.number == 0:
            damaged.write_bytes(flipped(damaged.read_bytes(), 0.3))
            with pytest.raises(PortDamaged, match=f"shop/things: version 0 is damaged, {damaged} has the SHA-256"):
                candidate.port.current()
            first = kept
    assert version.provenance.days == ["2017-01-02"]
    assert {day for day in kept if kept[day] != first[day]} == {"day=2017-01-02"}
    assert candidate.port.current() == version and candidate.port.damages() == []


# The commands of a whole mesh, while the served version of sales/orders is damaged.
COMMANDS = {
    "query of another port": (["query", "SELECT count(*) AS n FROM sales.sellers", "--json"], 0),
    "query": (["query", "SELECT count(*) AS n FROM sales.orders"], 0),
    "show": (["show", "sales/orders"], 0),
    "status": (["status"], 0),
    "doctor": (["doctor"], 1),
    "history": (["history", "sales/orders"], 0),
    "products": (["products"], 0),
    "portal": (["portal", "build"], 0),
    "policies": (["policy", "check"], 0),
    "contract": (["contract", "test", "sales/orders"], 0),
    "OpenLineage": (["lineage", "export", "--to", "state/events.json"], 0),
    "verify": (["ports", "verify"], 1),
    "verify all": (["ports", "verify", "--deep"], 1),
    "verify this port": (["ports", "verify", "sales/orders", "--json"], 1),
}
UNAFFECTED = {
    "show of another port": ["show", "sales/sellers"],
    "contract of another port": ["contract", "test", "sales/sellers"],
    "a relationship to it": ["contract", "test", "sales/order_items"],
    "impact": ["impact", "sales/orders"],
    "lineage": ["lineage", "sales/orders"],
    "trace": ["trace", "finance/daily_revenue"],
    "verify another port": ["ports", "verify", "sales/sellers", "--deep"],
    "sweep": ["ports", "sweep", "--dry-run"],
    "vacuum": ["ports", "vacuum", "--dry-run"],
}


@pytest.fixture(scope="module")
def twice(mesh):
    """The mesh with a second version of sales/orders."""
    mesh.run("run", "sales/orders", "--source", mesh.sources)
    return mesh


@pytest.mark.parametrize("damage", ["random bytes of the same length", "one byte in its data"])
def test_every_command_names_the_damaged_port_and_reads_the_others(twice, damage):
    mesh, folder = twice, twice.home / "ports/sales/orders/v1"
    number = mesh.versions()["sales/orders"]
    shutil.copytree(folder, mesh.root / "kept")
    try:
        file = sorted_by_version(folder / "part-")[-1]
        DAMAGES[damage](file)
        before = content(folder)
        for name, (arguments, code) in COMMANDS.items():
            done = mesh.run(*arguments, code=code)
            printed = " ".join((done.stdout + done.stderr).split())
            assert f"sales/orders: version {number} is damaged" in printed, (name, printed)
            assert "Unexpected" not in printed, (name, printed)
        for name, arguments in UNAFFECTED.items():
            printed = mesh.run(*arguments).stdout
            assert "✘" not in printed, (name, printed)
        assert content(folder) == before, "no reader changes a file"
        # A consumer reads the last undamaged version, and its commit says so.
        printed = mesh.run("run", "finance/daily_revenue").stdout
        assert f"sales/orders: version {number} is damaged" in printed
        assert mesh.json("history", "finance/daily_revenue")[0]["inputs"]["sales/orders"] == number - 1
    finally:
        shutil.rmtree(folder)
        (mesh.root / "kept").rename(folder)
    assert mesh.run("ports", "verify", "--deep").stdout.splitlines()[-1].startswith("✔")


def test_a_port_whose_every_version_is_damaged_is_published_again_by_a_run(twice):
    mesh, folder = twice, twice.home / "ports/sales/sellers/v1"
    shutil.copytree(folder, mesh.root / "kept")
    try:
        for file in folder.glob("part-*.parquet"):
            file.write_bytes(flipped(file.read_bytes(), 0.3))
        assert "sales/sellers: version" in mesh.run("show", "sales/sellers", code=1).stderr
        printed = mesh.run("run", "sales/sellers", "--source", mesh.sources).stdout
        assert "1 of 1 port published" in printed
        assert "✔" in mesh.run("contract", "test", "sales/sellers").stdout
    finally:
        shutil.rmtree(folder)
        (mesh.root / "kept").rename(folder)
