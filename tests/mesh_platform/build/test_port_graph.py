"""The models, sources and inputs of a port, read from dbt's manifest, and when the manifest is read again."""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from mesh_platform.build import dbt
from mesh_platform.build.port_graph import load_port_graph, project_digest, read_manifest
from mesh_platform.errors import ProjectError, TransformationError
from mesh_platform.names import PortAddress
from mesh_platform.project import DomainFolder


class Manifest:
    """A dbt manifest of the project `shop` under construction, with the keys of each node that the platform reads."""

    def __init__(self) -> None:
        self.document = {"nodes": {}, "sources": {}, "unit_tests": {}}

    def model(self, name: str, reads: Iterable[str] = (), materialized: str = "view") -> str:
        folder = "ports" if materialized == "port" else "staging"
        return self._node(f"model.shop.{name}", "model", f"models/{folder}/{name}.sql", reads, materialized)

    def port(self, name: str, reads: Iterable[str] = ()) -> str:
        return self.model(name, reads, "port")

    def test(self, name: str, reads: Iterable[str], attached: str | None = None) -> str:
        key = self._node(f"test.shop.{name}.0a1b2c", "test", f"tests/{name}.sql", reads, "test")
        self.document["nodes"][key]["attached_node"] = attached
        return key

    def seed(self, name: str) -> str:
        key = self._node(f"seed.shop.{name}", "seed", f"seeds/{name}.csv", (), "seed")
        # A seed reads nothing: dbt writes no nodes for it at all.
        self.document["nodes"][key]["depends_on"] = {"macros": []}
        return key

    def snapshot(self, name: str, reads: Iterable[str]) -> str:
        key = self._node(f"snapshot.shop.{name}", "snapshot", f"snapshots/{name}.sql", reads, "snapshot")
        self.document["nodes"][key] |= {"schema": "main_snapshots", "alias": name}
        return key

    def raw(self, name: str) -> str:
        return self._source("raw", name, {})

    def input(self, domain: str, port: str, **config) -> str:
        return self._source(domain, port, config or {"meta": {"dagster": {"asset_key": [domain, port]}}})

    def _node(self, key: str, kind: str, file: str, reads: Iterable[str], materialized: str) -> str:
        self.document["nodes"][key] = {
            "unique_id": key,
            "resource_type": kind,
            "name": key.split(".")[2],
            "schema": "main",
            "alias": key.split(".", 2)[2],
            "original_file_path": file,
            "config": {"materialized": materialized},
            "depends_on": {"macros": [], "nodes": list(reads)},
        }
        return key

    def _source(self, schema: str, name: str, config: dict) -> str:
        key = f"source.shop.{schema}.{name}"
        file = f"models/inputs/{schema}.yml"
        source = {"source_name": schema, "name": name, "config": config, "meta": {}, "original_file_path": file}
        source |= {"database": "shop", "schema": schema, "identifier": name, "relation_name": f'"shop"."{schema}"."{name}"'}
        self.document["sources"][key] = source
        return key


@pytest.fixture
def manifest():
    return Manifest()


@pytest.fixture
def domain(company):
    return company.domain()


def test_a_port_is_made_of_raw_tables_through_staging(manifest, domain):
    things = manifest.model("stg_things", [manifest.raw("things")])
    parts = manifest.model("stg_parts", [manifest.raw("parts")])
    manifest.port("things", [things, manifest.model("int_joined", [things, parts])])
    (port,) = read_manifest(manifest.document, domain).values()
    assert (port.name, port.file) == ("things", "models/ports/things.sql")
    assert port.models == ("int_joined", "stg_parts", "stg_things", "things")
    assert port.raw == ("parts", "things")
    assert (port.inputs, port.ports, port.tests) == ((), (), ())


def test_inputs_are_found_directly_and_through_staging(manifest, domain):
    staged = manifest.model("stg_orders", [manifest.input("sales", "orders")])
    manifest.port("things", [staged, manifest.input("marketing", "leads")])
    (port,) = read_manifest(manifest.document, domain).values()
    assert port.inputs == (PortAddress("marketing", "leads"), PortAddress("sales", "orders"))
    assert port.raw == ()


def test_a_port_ends_where_another_port_of_the_domain_begins(manifest, domain):
    things = manifest.port("things", [manifest.model("stg_things", [manifest.raw("things")])])
    manifest.port("totals", [manifest.model("int_totals", [things])])
    graph = read_manifest(manifest.document, domain)
    assert graph["totals"].models == ("int_totals", "totals")
    assert graph["totals"].ports == ("things",)
    assert graph["totals"].raw == ()
    assert graph["things"].ports == ()


def test_every_port_comes_after_those_it_reads(manifest, domain):
    first = manifest.port("z_first")
    second = manifest.port("m_second", [first])
    manifest.port("a_third", [second, first])
    manifest.port("b_alone")
    order = list(read_manifest(manifest.document, domain))
    assert sorted(order) == ["a_third", "b_alone", "m_second", "z_first"]
    assert order.index("z_first") < order.index("m_second") < order.index("a_third")


def test_the_order_does_not_depend_on_the_order_of_the_manifest(manifest, domain):
    keys = [manifest.port(name) for name in ("c", "a", "b")]
    order = list(read_manifest(manifest.document, domain))
    manifest.document["nodes"] = {key: manifest.document["nodes"][key] for key in reversed(keys)}
    assert list(read_manifest(manifest.document, domain)) == order


def test_tests_belong_to_the_port_whose_models_they_judge(manifest, domain):
    staged = manifest.model("stg_things", [manifest.raw("things")])
    things = manifest.port("things", [staged])
    other = manifest.port("others")
    generic = manifest.test("unique_stg_things", [staged], attached=staged)
    on_port = manifest.test("keeps_every_row_things", [things, staged], attached=things)
    singular = manifest.test("loses_no_cent", [things, other])
    manifest.test("others_only", [other], attached=other)
    manifest.test("looks_at_a_source", [manifest.raw("things")])
    graph = read_manifest(manifest.document, domain)
    assert graph["things"].tests == tuple(sorted([generic, on_port, singular]))
    assert graph["others"].tests == ("test.shop.others_only.0a1b2c",)


def test_a_unit_test_belongs_to_the_port_whose_model_it_judges(manifest, domain):
    things, _ = manifest.port("things"), manifest.port("others")
    key = "unit_test.shop.things.keeps_states"
    unit_test = {"resource_type": "unit_test", "name": "keeps_states", "config": {}, "depends_on": {"nodes": [things]}}
    manifest.document["unit_tests"][key] = unit_test
    graph = read_manifest(manifest.document, domain)
    assert (graph["things"].tests, graph["others"].tests) == ((key,), ())


def test_a_test_of_a_model_that_two_ports_share_belongs_to_both(manifest, domain):
    shared = manifest.model("stg_things", [manifest.raw("things")])
    manifest.port("things", [shared])
    manifest.port("totals", [shared])
    key = manifest.test("unique_stg_things", [shared], attached=shared)
    graph = read_manifest(manifest.document, domain)
    assert graph["things"].tests == graph["totals"].tests == (key,)


def test_a_diamond_is_walked_once(manifest, domain):
    base = manifest.model("stg_things", [manifest.raw("things")])
    left, right = manifest.model("left", [base]), manifest.model("right", [base])
    manifest.port("things", [left, right, base])
    (port,) = read_manifest(manifest.document, domain).values()
    assert port.models == ("left", "right", "stg_things", "things")
    assert port.raw == ("things",)


def test_a_port_may_read_a_seed(manifest, domain):
    manifest.port("things", [manifest.seed("countries")])
    (port,) = read_manifest(manifest.document, domain).values()
    assert port.models == ("countries", "things")


def test_a_snapshot_is_a_part_of_a_port_like_any_model_and_is_known_by_its_table(manifest, domain):
    cities = manifest.snapshot("cities", [manifest.model("stg_people", [manifest.raw("people")])])
    manifest.port("history", [cities])
    judged = manifest.test("one_city_each", [cities])
    (port,) = read_manifest(manifest.document, domain).values()
    assert port.models == ("cities", "history", "stg_people")
    assert port.snapshots == ('"main_snapshots"."cities"',)
    assert (port.raw, port.tests) == (("people",), (judged,))


def test_models_that_lead_to_no_port_are_nobody_s_business(manifest, domain):
    manifest.model("stray", [manifest.input("sales", "orders", meta={})])
    manifest.port("things")
    assert read_manifest(manifest.document, domain)["things"].models == ("things",)


def test_a_project_without_ports_makes_none(manifest, domain):
    assert read_manifest(manifest.document, domain) == {}


@pytest.mark.parametrize(
    "config",
    [
        {"meta": {}},
        {"meta": {"dagster": {}}},
        {"meta": {"dagster": {"asset_key": ["sales", "customers"]}}},
        {"meta": {"dagster": {"asset_key": "sales/orders"}}},
        {"enabled": True},
    ],
    ids=["no meta", "no key", "another key", "a path", "no meta at all"],
)
def test_an_input_that_does_not_say_which_asset_it_is_is_refused_with_the_line_to_add(manifest, domain, config):
    manifest.port("things", [manifest.input("sales", "orders", **config)])
    with pytest.raises(ProjectError, match="sales/orders in dbt_projects/shop/models/inputs/sales.yml") as refusal:
        read_manifest(manifest.document, domain)
    assert "config: {meta: {dagster: {asset_key: [sales, orders]}}}" in str(refusal.value)


def test_meta_may_stand_beside_the_config_as_it_used_to(manifest, domain):
    source = manifest.input("sales", "orders", enabled=True)
    manifest.document["sources"][source]["meta"] = {"dagster": {"asset_key": ["sales", "orders"]}}
    manifest.port("things", [source])
    assert read_manifest(manifest.document, domain)["things"].inputs == (PortAddress("sales", "orders"),)


@pytest.fixture
def calls(manifest, monkeypatch):
    """A list with one item per call of dbt, which returns a port that reads its own tables, tests and two other ports."""
    staged = manifest.model("stg_things", [manifest.raw("things"), manifest.input("sales", "orders")])
    things = manifest.port("things", [staged])
    manifest.port("totals", [things])
    manifest.test("unique_stg_things", [staged], attached=staged)
    calls = []

    def parse(domain):
        calls.append(domain.name)
        return manifest.document

    monkeypatch.setattr(dbt, "parse", parse)
    return calls


@pytest.fixture
def project(company, domain):
    company.write("dbt_projects/shop/dbt_project.yml", "name: shop\n")
    company.write("dbt_projects/shop/models/ports/things.sql", "select 1 as id\n")
    return domain


def test_dbt_is_asked_once_while_nothing_changes(project, calls, manifest):
    first = load_port_graph(project)
    assert load_port_graph(project) == first == read_manifest(manifest.document, project)
    assert list(load_port_graph(project)) == ["things", "totals"]
    assert len(calls) == 1


CHANGES = {
    "a changed model": lambda company: company.write("dbt_projects/shop/models/ports/things.sql", "select 2 as id\n"),
    "a new model": lambda company: company.write("dbt_projects/shop/models/staging/stg_new.sql", "select 1\n"),
    "a new test": lambda company: company.write("dbt_projects/shop/tests/no_cent_lost.sql", "select 1\n"),
    "a new yml": lambda company: company.write("dbt_projects/shop/models/ports/things.yml", "models: []\n"),
    "a new yaml": lambda company: company.write("dbt_projects/shop/models/ports/things.yaml", "models: []\n"),
    "another configuration": lambda company: company.write("dbt_projects/shop/dbt_project.yml", "name: shop\nvars: {}\n"),
    "a Python model": lambda company: company.write("dbt_projects/shop/models/staging/stg_py.py", "def model(dbt, _): ...\n"),
    "a renamed model": lambda company: (company.root / "dbt_projects/shop/models/ports/things.sql").rename(
        company.root / "dbt_projects/shop/models/ports/goods.sql"
    ),
    "a model less": lambda company: (company.root / "dbt_projects/shop/models/ports/things.sql").unlink(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_dbt_is_asked_again_after_any_change_of_its_files(project, company, calls, change):
    load_port_graph(project)
    change(company)
    load_port_graph(project)
    load_port_graph(project)
    assert len(calls) == 2


def test_dbt_is_asked_again_after_a_change_of_the_shared_macros(project, calls, tmp_path, monkeypatch):
    monkeypatch.setattr(dbt, "MACROS", Path(shutil.copytree(dbt.MACROS, tmp_path / "macros")))
    load_port_graph(project)
    (tmp_path / "macros/port.sql").write_text("{# another #}\n")
    load_port_graph(project)
    assert len(calls) == 2


def test_a_file_that_only_got_a_new_time_is_no_change(project, company, calls):
    load_port_graph(project)
    (company.root / "dbt_projects/shop/models/ports/things.sql").write_text("select 1 as id\n")
    company.write("dbt_projects/shop/README.md", "Ours.")
    company.write("dbt_projects/shop/logs/compiled.sql", "select 1")
    load_port_graph(project)
    assert len(calls) == 1


def test_what_was_kept_is_no_longer_used_once_it_cannot_be_read(project, calls):
    graph = load_port_graph(project)
    (kept,) = project.home.dbt("shop").glob("*.json")
    kept.write_text(json.dumps(json.loads(kept.read_text()))[:50])
    assert load_port_graph(project) == graph
    assert len(calls) == 2


def test_a_project_that_dbt_cannot_parse_is_not_remembered(project, monkeypatch, calls):
    def fail(domain):
        raise TransformationError("dbt cannot parse dbt_projects/shop: no.")

    with monkeypatch.context() as patch:
        patch.setattr(dbt, "parse", fail)
        with pytest.raises(TransformationError):
            load_port_graph(project)
    assert list(load_port_graph(project)) == ["things", "totals"]


@pytest.mark.parametrize("above", ["target", "logs", ".git", "dbt_packages", "__pycache__", "models/target"])
def test_the_digest_of_a_project_is_that_of_its_content_whatever_the_folders_above_it_are_called(tmp_path, above):
    def digest(root, sql="select 1"):
        domain = DomainFolder("shop", "Shop", "Sells.", "team:shop", "#shop", root)
        for file, text in {"models/target/things.sql": sql, "target/compiled.sql": root.as_posix()}.items():
            (domain.dbt_project / file).parent.mkdir(parents=True, exist_ok=True)
            (domain.dbt_project / file).write_text(text, encoding="utf-8")
        return project_digest(domain)

    plain = digest(tmp_path / "mesh")
    assert digest(tmp_path / above / "mesh") == plain
    assert digest(tmp_path / above / "mesh", "select 2") != plain


ANSWERS = [
    None,
    [],
    {"success": True, "problem": "", "nodes": []},
    {"success": True, "problem": "", "nodes": [], "manifest": None},
    {"success": True, "problem": "", "nodes": [], "manifest": {"nodes": {"a": 5}, "sources": {}}},
    {"success": True, "problem": "", "nodes": [], "manifest": {"nodes": {"a": {"config": []}}, "sources": {}}},
    {"success": True, "problem": "", "nodes": [5], "manifest": {}},
    {"success": True, "problem": "", "nodes": {}},
]


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_of_dbt_that_the_domain_has_changed_is_an_error_of_the_domain(project, monkeypatch, answer):
    monkeypatch.setattr(dbt, "call", lambda *arguments: answer)
    with pytest.raises(TransformationError, match="dbt gave a result of another shape"):
        load_port_graph(project)


def test_an_answer_of_dbt_cannot_be_an_error_that_excuses_the_domain(project, monkeypatch):
    raised = []
    monkeypatch.setattr(dbt, "call", lambda function, inputs, sandbox, raises, on_event: raised.append(raises))
    with pytest.raises(TransformationError):
        load_port_graph(project)
    assert raised == [TransformationError]
