"""`mesh doctor`: what is good is said to be so, and each thing that can be wrong is found and answered with what to do."""

import fcntl
import os
import subprocess
import sys
from collections import namedtuple

import duckdb
import pytest

from mesh_capabilities.doctor import checks
from mesh_capabilities.doctor.checks import (
    check_domains,
    check_locks,
    check_machine,
    check_packages,
    check_ports,
    check_warehouses,
    examine,
)
from mesh_platform.build.warehouse import WarehouseFile
from mesh_platform.errors import machine_fault
from mesh_platform.home import MeshHome
from mesh_platform.ingestion.source import WAREHOUSE
from mesh_platform.project import load_project


@pytest.fixture
def home(tmp_path):
    root = tmp_path / "state"
    (root / "locks").mkdir(parents=True)
    return MeshHome(root)


def seen(symptoms):
    return {symptom.subject: symptom for symptom in symptoms}


def test_a_machine_that_will_do_is_said_to_be_fine(tmp_path, monkeypatch):
    monkeypatch.setattr(checks.sys, "prefix", str(tmp_path / ".venv"))
    monkeypatch.setattr(checks.shutil, "which", lambda name: f"/usr/bin/{name}")
    found = seen(check_machine(tmp_path, tmp_path / ".mesh"))
    assert list(found) == ["machine", "memory", "python", "isolation", "home", "disk", "browser"]
    assert {found[name].state for name in ("python", "home", "browser")} == {"good"}
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_a_missing_browser_and_another_python_are_told(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda _: usage(10**12, 10**12, 3 * 10**8))
    monkeypatch.setattr(checks.shutil, "which", lambda _: None)
    found = seen(check_machine(tmp_path, tmp_path / ".mesh"))
    assert (found["disk"].state, "0.3 GB free" in found["disk"].found) == ("problem", True)
    assert "mesh ports vacuum" in found["disk"].advice
    assert (found["browser"].state, found["python"].state) == ("note", "note")
    assert "Only tests of the UI in a browser need one." in found["browser"].advice


def test_a_home_that_cannot_be_written_to_is_a_problem(tmp_path):
    (tmp_path / "file").write_text("")
    found = seen(check_machine(tmp_path, tmp_path / "file"))
    assert (found["home"].state, "MESH_HOME" in found["home"].advice) == ("problem", True)


def lock_file(root, *lines):
    text = "".join(f"{line} \\\n    --hash=sha256:{'0' * 64}\n" for line in lines)
    (root / "requirements.lock").write_text(text)


@pytest.fixture
def installed(monkeypatch):
    """An environment with these packages."""
    versions = {"duckdb": "1.5.5", "rich": "15.0"}
    monkeypatch.setattr(checks, "_installed", versions.get)
    return versions


def test_an_environment_as_locked_is_fine(tmp_path, installed):
    lock_file(tmp_path, "duckdb==1.5.5", "rich==15.0", "pywin32==312 ; sys_platform == 'win32'")
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["duckdb==1.5.5", "rich"]\n')
    assert [(s.state, s.found) for s in check_packages(tmp_path)] == [
        ("good", "all 2 packages match requirements.lock"),
        ("good", "duckdb 1.5.5"),
    ]


def test_packages_that_are_missing_or_other_than_locked_are_named(tmp_path, installed):
    lock_file(tmp_path, "duckdb==1.5.6", "rich==15.0", "typer==0.29.2")
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["duckdb==1.5.6", "typer>=0.20"]\n')
    locked, direct = check_packages(tmp_path)
    assert locked.found == ("2 of 3 packages differ from requirements.lock: typer is missing; duckdb is 1.5.5, expected 1.5.6")
    assert (locked.state, locked.advice) == ("problem", "Run `make setup`.")
    assert direct.found == "duckdb==1.5.6 is required, 1.5.5 is installed; typer>=0.20 is required, nothing is installed"


def test_a_repository_without_a_lock_is_told_how_to_get_one(tmp_path):
    assert [symptom.state for symptom in check_packages(tmp_path)] == ["note", "note"]


def test_nobody_at_work_is_fine_whatever_the_dead_have_left(home):
    (home.lock("shop")).touch()
    home.lock("shop").with_suffix(".pid").write_text("999999999")
    assert [symptom.found for symptom in check_locks(home)] == ["no run is using a domain"]


def test_who_is_at_work_is_named(home):
    with home.lock("shop").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        home.lock("shop").with_suffix(".pid").write_text(str(os.getpid()))
        (symptom,) = check_locks(home)
    assert (symptom.state, symptom.found) == ("good", f"process {os.getpid()} is running shop")


def test_a_lock_that_outlived_its_taker_is_a_problem(home):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    home.lock("shop").with_suffix(".pid").write_text(str(gone.pid))
    with home.lock("shop").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        (symptom,) = check_locks(home)
    assert symptom.state == "problem"
    assert f"process {gone.pid}, which locked shop, is gone" in symptom.found
    assert f"fuser {home.lock('shop')}" in symptom.advice


def test_a_damaged_port_is_found(company, parquet):
    from mesh_platform.contract.document import load_contract
    from mesh_platform.port.output_port import OutputPort
    from mesh_platform.port.version import Provenance

    contract = load_contract(company.contract("things"), company.root)
    home = MeshHome.of(company.root)
    port = OutputPort(contract.address, home.port(contract.address, 1))
    said = {"contract": contract.id, "contract_version": "1.0.0", "contract_file": contract.file, "contract_digest": "x"}
    version = port.publish(parquet("SELECT 1::INTEGER AS id"), contract, Provenance(**said, rows=1, rules=1))
    assert [symptom.found for symptom in check_ports(home)] == ["1 published, none damaged"]
    version.files[0].write_bytes(b"garbage")
    symptoms = list(check_ports(home))
    assert {(symptom.subject, symptom.state) for symptom in symptoms} == {("port shop/things", "problem")}
    assert all(symptom.advice for symptom in symptoms)


@pytest.fixture
def shop(company, monkeypatch):
    """A domain that has all its parts."""
    company.registry("shop")
    company.domain_file("shop")
    company.contract("things")
    company.product("things")
    (company.root / "dbt_projects/shop").mkdir(parents=True, exist_ok=True)
    monkeypatch.setattr(checks, "find_spec", lambda name: name == "shop" or None)
    return company


def test_a_domain_with_all_its_parts_is_fine(shop):
    (symptom,) = check_domains(load_project(shop.root))
    assert (symptom.subject, symptom.state, symptom.found) == ("domain shop", "good", "1 product, 1 port")


def test_a_domain_whose_python_does_not_load_is_told_with_file_and_line(shop):
    shop.write("domains/shop/shop/definitions.py", "import json\nwrong\n")
    (symptom,) = check_domains(load_project(shop.root))
    assert symptom.state == "problem"
    assert "does not load: domains/shop/shop/definitions.py, line 2, NameError" in symptom.found
    declared = "from mesh_platform import build_domain\ndefs = build_domain('shop', __file__)\n"
    shop.write("domains/shop/shop/definitions.py", declared)
    (symptom,) = check_domains(load_project(shop.root))
    assert symptom.state == "good"


def test_a_domain_whose_dbt_project_does_not_parse_is_told_with_the_file(shop):
    shop.write("dbt_projects/shop/dbt_project.yml", "name: shop\nprofile: mesh\n")
    shop.write("dbt_projects/shop/models/things.sql", "select * from {{ ref('nothing') }}")
    (symptom,) = check_domains(load_project(shop.root))
    assert symptom.state == "problem"
    assert "dbt cannot parse dbt_projects/shop" in symptom.found and "models/things.sql" in symptom.found


def test_a_domain_without_its_parts_is_told_which_one_is_missing(shop):
    shop.contract("things", kind="Something")
    (symptom,) = check_domains(load_project(shop.root))
    assert (symptom.state, str(shop.root) in symptom.found) == ("problem", False)
    assert "domains/shop/contracts/things.v1.odcs.yaml is not valid ODCS" in symptom.found
    (shop.root / "dbt_projects/shop").rmdir()
    assert [symptom.found for symptom in check_domains(load_project(shop.root))] == ["dbt_projects/shop is missing"]
    shop.registry("books")
    shop.domain_file("books")
    found = seen(check_domains(load_project(shop.root, with_broken=True)))
    assert "no Python package 'books' is installed" in found["domain books"].found
    assert "workspace.yaml does not register it" in found["domain shop"].found
    assert "{module_name: shop.definitions, location_name: shop}" in found["domain shop"].advice


def test_a_domain_that_does_not_load_hides_no_other(shop):
    shop.registry("shop", "nowhere")
    found = seen(examine(shop.root))
    assert (found["domain nowhere"].state, "nowhere" in found["domain nowhere"].found) == ("problem", True)
    assert "domain shop" in found


def test_one_look_that_fails_keeps_nobody_from_the_others(shop):
    shop.registry("shop", "shop")
    found = seen(examine(shop.root))
    assert (found["domains"].state, "have the name 'shop'" in found["domains"].found) == ("problem", True)
    assert {"machine", "environment", "locks", "ports"} <= set(found)


def overwrite(start, step, size=4):
    def damage(file):
        content = bytearray(file.read_bytes())
        for at in range(start, len(content), step):
            content[at : at + size] = os.urandom(size)
        file.write_bytes(content)

    return damage


SPOILT = {
    "here and there": overwrite(20_480, 40_960),
    "only near its end": overwrite(-1_000 + 5 * 262_144, 10**9),
    "its head": overwrite(0, 10**9, 12_288),
    "cut short": lambda file: os.truncate(file, file.stat().st_size // 2),
    "another file": lambda file: file.write_bytes(os.urandom(50_000)),
}


@pytest.mark.parametrize("damage", SPOILT.values(), ids=SPOILT)
def test_a_warehouse_of_which_any_part_cannot_be_read_is_named_by_the_doctor_and_by_whoever_reads_it(home, damage):
    file = home.warehouse("shop")
    file.parent.mkdir(parents=True)
    with duckdb.connect(file) as connection:
        connection.execute(
            'CREATE SCHEMA staging; CREATE TABLE staging."its rows" AS SELECT hash(range) AS a FROM range(200_000)'
        )
        connection.execute("CREATE VIEW staging.foreign_file AS SELECT * FROM read_csv('/etc/passwd')")
    assert [(symptom.state, symptom.found) for symptom in check_warehouses(home)] == [("good", "1 can be read")]
    damage(file)
    (symptom,) = check_warehouses(home)
    assert symptom.state == "problem" and f"{file} is damaged" in symptom.found and "run the domain" in symptom.advice
    with pytest.raises(duckdb.Error) as raised, WarehouseFile(file).get_connection() as connection:
        connection.execute(f'SELECT sum(a) FROM {WAREHOUSE}.staging."its rows"').fetchall()
    assert f"{file} is damaged" in str(machine_fault(raised.value))


def test_a_warehouse_that_a_run_is_writing_to_is_not_damaged(home):
    file = home.warehouse("shop")
    file.parent.mkdir(parents=True)
    code = (
        "import duckdb, sys; duckdb.connect(sys.argv[1]).execute('CREATE TABLE t AS SELECT 1'); print('.', flush=True); input()"
    )
    with subprocess.Popen([sys.executable, "-c", code, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        assert [symptom.state for symptom in check_warehouses(home) if symptom.subject.startswith("warehouse")] == ["good"]
        process.communicate(b"\n")


def to_a_file(path):
    path.with_name("elsewhere").touch()
    path.symlink_to(path.with_name("elsewhere"))


ODD = {
    "a folder": lambda path: path.mkdir(),
    "a link to nothing": lambda path: path.symlink_to("nothing"),
    "a link to a file": to_a_file,
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a pipe": os.mkfifo,
}


@pytest.mark.parametrize("make", ODD.values(), ids=ODD)
@pytest.mark.parametrize("suffix", [".lock", ".pid"])
def test_a_lock_that_no_run_can_take_is_a_problem(home, make, suffix):
    path = home.lock("shop").with_suffix(suffix)
    make(path)
    (symptom,) = check_locks(home)
    assert symptom.state == "problem" and str(path) in symptom.found and "Remove it" in symptom.advice


def test_locks_that_cannot_be_listed_are_a_problem(home):
    (home.root / "locks").rmdir()
    assert [symptom.state for symptom in check_locks(home)] == ["good"], "a home without a run"
    (home.root / "locks").touch()
    assert [symptom.state for symptom in check_locks(home)] == ["problem"]
