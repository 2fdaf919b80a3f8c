"""The provenance of versions: down to files by hash, and what speaks against building a version again."""

import hashlib
from dataclasses import replace

import pytest

from mesh_capabilities.reproduction import rebuild_doubts
from mesh_capabilities.reproduction.source_files import SourceFiles
from mesh_capabilities.reproduction.trace import parse_version, trace
from mesh_platform.build.dbt import ENGINE, CompiledModel
from mesh_platform.build.port_graph import PortModel, code_digest
from mesh_platform.contract.document import load_contract
from mesh_platform.errors import UnknownPort
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.version import Provenance
from mesh_platform.project import load_project

CODE = code_digest([("things", "select 1 as id")])


@pytest.fixture
def mesh(company, parquet, monkeypatch):
    """Two domains, shop/things and books/sales, whose models are what the test says they are."""
    company.registry("shop", "books")
    contracts = {}
    for domain, port in (("shop", "things"), ("books", "sales")):
        company.domain_file(domain)
        contracts[domain] = load_contract(company.contract(port, domain), company.root)
    project = load_project(company.root)
    models = {port: CompiledModel(port, "main", f"{port}.sql", "port", "select 1 as id", port) for port in ("things", "sales")}
    graphs = {port: PortModel(port, f"{port}.sql", (port,), (), (), (), ()) for port in models}
    monkeypatch.setattr(rebuild_doubts, "load_port_graph", lambda domain: graphs)
    monkeypatch.setattr(rebuild_doubts, "load_compiled", lambda domain: list(models.values()))

    class Mesh:
        def publish(self, domain, **said):
            contract = contracts[domain]
            made = Provenance(contract.id, contract.version, contract.file, contract.digest, 1, 1, **said)
            port = OutputPort(contract.address, project.home.port(contract.address, 1))
            return port.publish(parquet("SELECT 1::INTEGER AS id"), contract, made)

        def doubts(self, address):
            return [doubt.sentence for doubt in trace(project, PortAddress.parse(address)).doubts]

    made = Mesh()
    made.project, made.models, made.graphs, made.company = project, models, graphs, company
    return made


def test_a_version_whose_world_has_not_changed_would_come_out_the_same(mesh):
    mesh.publish("shop", code_digest=CODE, engine=ENGINE)
    assert mesh.doubts("shop/things") == []


def test_a_commit_from_before_code_was_recorded_is_read_and_says_so(mesh):
    mesh.publish("shop")
    assert mesh.doubts("shop/things") == ["the code of its models was not recorded yet when it was built"]


def test_changes_of_contract_models_and_engine_are_doubts_that_forbid_nothing(mesh):
    mesh.publish("shop", code_digest=CODE, engine="duckdb 0.0.1")
    mesh.models["things"] = replace(mesh.models["things"], sql="select 2 as id")
    mesh.company.contract("things", "shop", version="1.1.0")
    found = trace(mesh.project, PortAddress("shop", "things"))
    assert found.possible
    assert [doubt.sentence for doubt in found.doubts] == [
        "its contract has changed: it was 1.0.0, and domains/shop/contracts/things.v1.odcs.yaml is 1.1.0",
        "the code of its models has changed",
        f"it was built by duckdb 0.0.1, and now there is {ENGINE}",
    ]


def test_a_snapshot_and_a_model_that_is_gone_forbid_a_rebuild(mesh):
    mesh.publish("shop", code_digest=CODE, engine=ENGINE)
    mesh.graphs["things"] = replace(mesh.graphs["things"], snapshots=('"snapshots"."things"',))
    assert not trace(mesh.project, PortAddress("shop", "things")).possible
    del mesh.graphs["things"]
    assert mesh.doubts("shop/things") == ["no model of shop makes it any more"]


def test_inputs_are_followed_in_the_versions_that_were_pinned_each_once(mesh):
    for _ in range(3):
        mesh.publish("shop", code_digest=CODE, engine=ENGINE)
    mesh.publish("books", inputs={"shop/things": 1}, majors={"shop/things": 1})
    found = trace(mesh.project, PortAddress("books", "sales"))
    assert [str(one) for one in found.walk()] == ["books/sales@0", "shop/things@1"]


def test_an_input_whose_files_are_gone_is_named(mesh):
    first = mesh.publish("shop", code_digest=CODE)
    mesh.publish("shop", code_digest=CODE)
    mesh.publish("books", inputs={"shop/things": 0}, code_digest=CODE)
    first.files[0].unlink()
    found = trace(mesh.project, PortAddress("books", "sales"))
    assert found.doubts[0].sentence == "shop/things@0, which it was made of, can be read no more"
    assert not found.possible


def test_an_input_of_which_nothing_is_left_is_not_guessed_at(mesh):
    mesh.publish("books", inputs={"shop/things": 7})
    (lost,) = trace(mesh.project, PortAddress("books", "sales")).inputs
    assert (lost.version, lost.readable) == (None, False)


def test_a_source_that_nobody_remembers_reading_is_unknown(mesh):
    mesh.publish("shop", source={"orders": "ab" * 32}, code_digest=CODE, engine=ENGINE)
    assert mesh.doubts("shop/things") == ["nothing says from which file shop/raw_orders was read"]


def test_a_file_is_found_by_its_hash_where_it_was_read_and_where_files_are_read_now(company, monkeypatch, tmp_path):
    project_home = company.domain("shop").home
    old, new = tmp_path / "old/olist/orders.csv", tmp_path / "new/olist/orders.csv"
    for path in (old, new):
        path.parent.mkdir(parents=True)
        path.write_text("id\n1\n", encoding="utf-8")
    digest = hashlib.sha256(b"id\n1\n").hexdigest()
    monkeypatch.setenv("MESH_SOURCE", str(tmp_path / "new"))

    def found():
        files = SourceFiles(project_home)
        monkeypatch.setattr(files, "_asked", lambda address: iter([(digest, old)]))
        return files.find("shop", "orders", digest)

    assert (found().state, found().path) == ("same", old)
    old.write_text("id\n2\n", encoding="utf-8")
    assert (found().state, found().path) == ("same", new)
    new.unlink()
    assert found().state == "changed"
    old.unlink()
    assert (found().state, found().sentence) == ("gone", f"{old} is not there any more")


def test_a_version_is_written_with_its_number_behind_an_at():
    assert parse_version("finance/daily_revenue@17") == (PortAddress("finance", "daily_revenue"), 17)
    assert parse_version("finance/daily_revenue") == (PortAddress("finance", "daily_revenue"), None)
    for text in ("finance/daily_revenue@", "finance/daily_revenue@x", "finance@1"):
        with pytest.raises(UnknownPort):
            parse_version(text)


def test_a_number_that_is_no_version_is_answered_with_the_newest(mesh):
    mesh.publish("shop")
    with pytest.raises(UnknownPort, match=r"shop/things has no version 9; the newest is 0\."):
        trace(mesh.project, PortAddress("shop", "things"), 9)
