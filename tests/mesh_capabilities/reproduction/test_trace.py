"""The provenance of versions: down to source files by hash, and what speaks against a rebuild."""

import hashlib
from dataclasses import replace

import pytest

from mesh_capabilities.errors import NotReproducible
from mesh_capabilities.reproduction.source_files import SourceFiles
from mesh_capabilities.reproduction.trace import parse_version, trace_version
from mesh_capabilities.run_history import SourceReading
from mesh_isolation.team_files import code_digest
from mesh_platform.build.dbt import ENGINE, CompiledModel
from mesh_platform.build.port_graph import PortModel
from mesh_platform.contract.document import load_contract
from mesh_platform.errors import TransformationError, UnknownPort
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.version import Provenance
from mesh_platform.project import load_project

CODE = code_digest([("things", "select 1 as id")])


@pytest.fixture
def mesh(company, parquet, monkeypatch):
    """Two ports, shop/things and books/sales, whose models the test can change."""
    company.registry("shop", "books")
    contracts = {}
    for domain, port in (("shop", "things"), ("books", "sales")):
        company.domain_file(domain)
        contracts[domain] = load_contract(company.contract(port, domain), company.root)
    project = load_project(company.root)
    models = {port: CompiledModel(port, "main", f"{port}.sql", "port", "select 1 as id", port) for port in ("things", "sales")}
    graphs = {port: PortModel(port, f"{port}.sql", (port,), (), (), (), ()) for port in models}
    monkeypatch.setattr("mesh_capabilities.reproduction.doubts.load_port_graph", lambda domain: graphs)
    monkeypatch.setattr("mesh_capabilities.reproduction.doubts.load_compiled", lambda domain: list(models.values()))

    class Mesh:
        def publish(self, domain, **provenance):
            contract = contracts[domain]
            recorded = Provenance(contract.id, contract.version, contract.file, contract.digest, 1, 1, **provenance)
            port = OutputPort(contract.address, project.home.port(contract.address, 1))
            return port.publish(parquet("SELECT 1::INTEGER AS id"), contract, recorded)

        def doubts(self, address):
            return [doubt.sentence for doubt in trace_version(project, PortAddress.parse(address)).doubts]

    mesh = Mesh()
    mesh.project, mesh.models, mesh.graphs, mesh.company = project, models, graphs, company
    return mesh


def test_a_version_has_no_doubts_if_nothing_has_changed(mesh):
    mesh.publish("shop", code_digest=CODE, engine=ENGINE)
    assert mesh.doubts("shop/things") == []


def test_an_old_commit_without_recorded_code_is_a_doubt(mesh):
    mesh.publish("shop")
    assert mesh.doubts("shop/things") == ["the code of its models was not recorded when it was built"]


def test_changes_of_contract_models_and_engine_do_not_forbid_a_rebuild(mesh):
    mesh.publish("shop", code_digest=CODE, engine="duckdb 0.0.1")
    mesh.models["things"] = replace(mesh.models["things"], sql="select 2 as id")
    mesh.company.contract("things", "shop", version="1.1.0")
    traced = trace_version(mesh.project, PortAddress("shop", "things"))
    assert not any(doubt.forbids for doubt in traced.doubts)
    assert [doubt.sentence for doubt in traced.doubts] == [
        "its contract has changed: it was 1.0.0, and domains/shop/contracts/things.v1.odcs.yaml is 1.1.0 now",
        "the code of its models has changed",
        f"it was built by duckdb 0.0.1, and the engine is {ENGINE} now",
    ]


def test_a_snapshot_and_a_removed_model_forbid_a_rebuild(mesh):
    mesh.publish("shop", code_digest=CODE, engine=ENGINE)
    mesh.graphs["things"] = replace(mesh.graphs["things"], snapshots=('"snapshots"."things"',))
    assert [doubt.forbids for doubt in trace_version(mesh.project, PortAddress("shop", "things")).doubts] == [True]
    del mesh.graphs["things"]
    assert mesh.doubts("shop/things") == ["no model of shop builds it any more"]


def test_a_version_that_no_build_made_is_not_said_to_give_the_same_data(mesh, monkeypatch, capsys):
    from mesh_capabilities.reproduction import show
    from mesh_capabilities.reproduction.rebuild import rebuild_version

    monkeypatch.setattr(show, "load_project", lambda **_: mesh.project)
    for number, (made, sentence) in enumerate(
        [({"rolled_back_to": 0}, "it is a rollback to version 0"), ({"days": []}, "it replaced no day")]
    ):
        mesh.publish("shop", code_digest=CODE, engine=ENGINE, **made)
        show.show_trace(f"shop/things@{number}", as_json=False)
        assert sentence in capsys.readouterr().out
        with pytest.raises(NotReproducible, match=sentence):
            rebuild_version(mesh.project, trace_version(mesh.project, PortAddress("shop", "things"), number))


@pytest.mark.parametrize(
    ("change", "doubt"),
    [
        ({"materialized": "incremental"}, "things is incremental, and the rows of its earlier runs are not kept"),
        ({"sql": "select now() as id"}, "things reads now(), which may have another value"),
        ({"file": "things.py"}, "things is a Python model, whose environment is not recorded"),
    ],
)
def test_trace_and_reproduce_name_the_same_doubts_of_the_code(mesh, change, doubt):
    mesh.models["things"] = replace(mesh.models["things"], **change)
    mesh.publish("shop", code_digest=code_digest([("things", mesh.models["things"].sql)]), engine=ENGINE)
    assert mesh.doubts("shop/things") == [doubt]


def test_a_seed_is_a_doubt_and_its_unchanged_file_is_no_change_of_the_code(mesh):
    seed = mesh.company.root / "dbt_projects/shop/seeds/regions.csv"
    seed.parent.mkdir(parents=True)
    seed.write_text("id\n1\n", encoding="utf-8")
    mesh.graphs["things"] = replace(mesh.graphs["things"], models=("regions", "things"))
    as_dbt_says = hashlib.sha256(b"id\n1").hexdigest()
    mesh.publish("shop", code_digest=code_digest([("regions", as_dbt_says), ("things", "select 1 as id")]), engine=ENGINE)
    known = ["it reads the seed regions, whose types and settings are not recorded"]
    assert mesh.doubts("shop/things") == known
    seed.write_text("id\n2\n", encoding="utf-8")
    assert mesh.doubts("shop/things") == ["the code of its models has changed", *known]


def test_models_that_dbt_cannot_compile_without_the_warehouse_are_a_doubt_that_forbids_nothing(mesh, monkeypatch):
    def compiled(domain):
        raise TransformationError("dbt cannot compile dbt_projects/shop: no connection.", "Correct it.")

    mesh.publish("shop", code_digest=CODE, engine=ENGINE)
    monkeypatch.setattr("mesh_capabilities.reproduction.doubts.load_compiled", compiled)
    (doubt,) = trace_version(mesh.project, PortAddress("shop", "things")).doubts
    assert doubt.sentence.startswith("its models cannot be compared with those of that time: dbt cannot compile")
    assert not doubt.forbids


def test_models_that_now_read_more_forbid_a_rebuild(mesh):
    mesh.publish("shop", code_digest=CODE, engine=ENGINE)
    mesh.graphs["things"] = replace(mesh.graphs["things"], raw=("orders",))
    (doubt,) = trace_version(mesh.project, PortAddress("shop", "things")).doubts
    assert (doubt.sentence, doubt.forbids) == ("its models now read orders, which it did not read", True)


def test_inputs_are_followed_in_their_pinned_versions_each_once(mesh):
    for _ in range(3):
        mesh.publish("shop", code_digest=CODE, engine=ENGINE)
    mesh.publish("books", inputs={"shop/things": 1}, majors={"shop/things": 1})
    traced = trace_version(mesh.project, PortAddress("books", "sales"))
    assert [str(version) for version in traced.walk()] == ["books/sales@0", "shop/things@1"]


def test_an_input_whose_files_are_gone_forbids_a_rebuild(mesh):
    first = mesh.publish("shop", code_digest=CODE)
    mesh.publish("shop", code_digest=CODE)
    mesh.publish("books", inputs={"shop/things": 0}, code_digest=CODE)
    first.files[0].unlink()
    traced = trace_version(mesh.project, PortAddress("books", "sales"))
    assert traced.doubts[0].sentence == "its input shop/things@0 can no longer be read"
    assert traced.doubts[0].forbids


def test_an_input_without_a_commit_has_no_version(mesh):
    mesh.publish("books", inputs={"shop/things": 7})
    (lost,) = trace_version(mesh.project, PortAddress("books", "sales")).inputs
    assert (lost.version, lost.readable) == (None, False)


def test_a_source_whose_reading_is_not_recorded_is_unknown(mesh):
    mesh.publish("shop", source={"orders": "ab" * 32}, code_digest=CODE, engine=ENGINE)
    assert mesh.doubts("shop/things") == ["no record says from which file shop/raw_orders was read"]


def test_a_file_is_found_by_its_hash_where_it_was_read_and_in_the_current_source_folder(company, monkeypatch, tmp_path):
    project_home = company.domain("shop").home
    old, new = tmp_path / "old/olist/orders.csv", tmp_path / "new/olist/orders.csv"
    for path in (old, new):
        path.parent.mkdir(parents=True)
        path.write_text("id\n1\n", encoding="utf-8")
    digest = hashlib.sha256(b"id\n1\n").hexdigest()
    monkeypatch.setenv("MESH_SOURCE", str(tmp_path / "new"))

    class History:
        def source_readings(self, table):
            return [SourceReading(digest, old)]

    def source_file():
        return SourceFiles(project_home, History()).find("shop", "orders", digest)

    assert (source_file().state, source_file().path) == ("same", old)
    old.write_text("id\n2\n", encoding="utf-8")
    assert (source_file().state, source_file().path) == ("same", new)
    new.unlink()
    assert source_file().state == "changed"
    old.unlink()
    assert (source_file().state, source_file().sentence) == ("gone", f"{old} no longer exists")


def test_a_version_is_written_with_its_number_after_an_at_sign():
    assert parse_version("finance/daily_revenue@17") == (PortAddress("finance", "daily_revenue"), 17)
    assert parse_version("finance/daily_revenue") == (PortAddress("finance", "daily_revenue"), None)
    for text in ("finance/daily_revenue@", "finance/daily_revenue@x", "finance@1"):
        with pytest.raises(UnknownPort):
            parse_version(text)


def test_an_unknown_number_is_refused_with_the_newest_one(mesh):
    mesh.publish("shop")
    with pytest.raises(UnknownPort, match=r"shop/things has no version 9; the newest is 0\."):
        trace_version(mesh.project, PortAddress("shop", "things"), 9)
