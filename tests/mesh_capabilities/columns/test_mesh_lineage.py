"""Lineage across the projects of this repository, compared with what their SQL says."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mesh_capabilities.columns.derivation import Origin, Relation
from mesh_capabilities.columns.mesh_lineage import MeshColumns, load_mesh_columns
from mesh_capabilities.compiled_models import load_compiled
from mesh_capabilities.governance.catalog.tables import TABLES
from mesh_platform.errors import ContractError
from mesh_platform.ingestion.declaration import sources_of
from mesh_platform.names import PortAddress
from mesh_platform.project import load_project
from mesh_platform.yaml_files import read_mapping
from support.lineage_oracle import Oracle, Table, concealed

ROOT = Path(__file__).parents[3]
SEGMENTS = PortAddress("marketing", "customer_segments")
RETURN = PortAddress("finance", "channel_return")


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def columns(home) -> MeshColumns:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MESH_HOME", str(home))
        return load_mesh_columns(load_project(ROOT))


def readers(columns, port, *names, **more):
    return {reader.address: reader for reader in columns.readers(PortAddress.parse(port), names, **more)}


def origin(port, column):
    return Origin(Relation(*port.split("/")), column)


WORDS = {
    "order_status": ["delivered", "shipped", "canceled"],
    "status": ["delivered", "shipped", "canceled"],
    "currency": ["BRL", "USD"],
    "payment_type": ["credit_card", "voucher"],
}
"""Values that the models ask for. Every other text is its column's name with a number, so that tables join."""
MOMENT = datetime(2018, 3, 1, 12, tzinfo=UTC)


def sample_value(column: str, kind: str, row: int):
    """A value of a column in a row of a sample table."""
    kind = kind.upper()
    if kind.endswith("[]"):
        return [sample_value(column, kind[:-2], row)]
    if kind.startswith("TIMESTAMP"):
        return MOMENT + timedelta(days=row % 3, hours=row)
    if kind == "DATE":
        return MOMENT.date() + timedelta(days=row % 3)
    if kind == "BOOLEAN":
        return row % 2 == 0
    if kind == "VARCHAR":
        words = WORDS.get(column, [f"{column}{number}" for number in range(3)])
        return words[row % len(words)]
    return 1 + row % 4


def sample_table(columns) -> Table:
    return columns, [tuple(sample_value(name, kind, row) for name, kind in columns.items()) for row in range(5)]


def sample_tables(domain, ports) -> dict[Relation, Table]:
    """The source tables of a domain and the ports of the mesh, as its models read them."""
    tables = {Relation("main" if port.domain == domain else port.domain, port.port): types for port, types in ports.items()}
    if domain == "governance":
        tables |= {
            Relation("raw", name): {column: kind for column, (kind, _) in table.columns.items()}
            for name, table in TABLES.items()
        }
    else:
        for source in sources_of(load_project(ROOT).domains[domain]):
            tables[Relation("raw", source.table)] = dict(source.reshape.columns if source.reshape else source.columns)
    return {relation: sample_table(types) for relation, types in tables.items()}


def as_view(model) -> str:
    query = model.sql
    if model.remembers:
        added = ", ".join(f"TIMESTAMPTZ '2018-03-01' AS {name}" for name in model.remembers)
        query = f"SELECT remembered.*, {added} FROM ({query}) AS remembered"
    return f'CREATE SCHEMA IF NOT EXISTS "{model.schema}"; CREATE VIEW "{model.schema}"."{model.name}" AS {query}'


def in_order(models) -> list:
    """Models after those that they read."""
    ahead, ordered = list(models), []
    while ahead:
        ready = [one for one in ahead if not any(f'"{other.name}"' in one.sql for other in ahead if other is not one)]
        ordered += ready
        ahead = [one for one in ahead if one not in ready]
    return ordered


@pytest.mark.parametrize("domain", ["sales", "marketing", "finance", "governance"])
def test_no_column_of_a_port_moves_without_its_lineage(columns, domain):
    project = load_project(ROOT)
    ports = {}
    for path in ROOT.glob("domains/*/contracts/*.odcs.yaml"):
        (table,) = read_mapping(path, ContractError)["schema"]
        types = {entry["name"]: entry["physicalType"] for entry in table["properties"]}
        ports[PortAddress(path.parents[1].name, table["name"])] = types
    models = load_compiled(project.domains[domain])
    private = in_order(model for model in models if model.materialized != "port")
    texts = "".join(model.sql for model in private)
    oracle = Oracle(sample_tables(domain, ports), list(map(as_view, private)), domain, kinds=1)
    addresses = {relation: relation for relation in oracle.relations}
    addresses |= {one: Relation(domain, f"raw_{one.name}") for one in addresses if one.schema == "raw"}
    addresses |= {one: Relation(domain, one.name) for one in addresses if one.schema == "main"}
    for model in models:
        if model.materialized == "port":
            moved = oracle.moves(model.sql, texts)
            assert moved, model.name
            addressed = {
                (column, Origin(addresses[moving.relation], moving.column)): shown for (column, moving), shown in moved.items()
            }
            assert concealed(addressed, columns.derivations[PortAddress(domain, model.name)]) == [], model.name


def test_every_port_of_the_mesh_is_parsed_before_the_first_run(columns):
    assert columns.problems == {}
    contracts = {path.name.split(".")[0] for path in ROOT.glob("domains/*/contracts/*.odcs.yaml")}
    assert {address.port for address in columns.derivations} == contracts


def test_the_status_of_an_order_affects_the_rows_of_the_commission_only(columns):
    found = readers(columns, "sales/orders", "status")
    assert list(found) == [RETURN]
    assert (found[RETURN].values, found[RETURN].names) == ((), ("status",))
    assert found[RETURN].rows == ("delivered_revenue", "commission", "commission_per_lead")


def test_a_count_of_orders_does_not_depend_on_a_join_that_keeps_every_row(columns):
    found = readers(columns, "sales/orders", "order_id")[SEGMENTS]
    assert set(found.rows) == {"spent", "monetary_score", "segment"}
    assert "order_count" not in found.columns


def test_a_price_is_followed_into_sums_and_scores(columns):
    found = readers(columns, "sales/order_items", "price")
    assert found[SEGMENTS].values == ("spent", "monetary_score", "segment")
    assert found[PortAddress("finance", "daily_revenue")].values == ("item_revenue", "revenue")


def test_an_unused_column_has_no_readers(columns):
    assert readers(columns, "sales/orders", "promised_on") == {}


def test_a_column_is_followed_through_intermediate_ports(columns):
    channel = readers(columns, "marketing/leads", "is_won", direct=[PortAddress("marketing", "channel_performance")])
    assert channel[RETURN].through == PortAddress("marketing", "channel_performance")
    assert channel[RETURN].values == ("deal_count",)


def test_a_port_is_followed_back_to_the_columns_of_its_source_files(columns):
    leads = columns.derivations[PortAddress("marketing", "leads")]
    assert leads.values["lead_id"] == {origin("marketing/raw_leads", "mql_id")}


def test_a_project_that_dbt_cannot_compile_is_a_problem_of_each_of_its_ports(columns, home, tmp_path, monkeypatch):
    root = tmp_path / "mesh"
    for name in ("domains", "dbt_projects"):
        shutil.copytree(ROOT / name, root / name)
    for name in ("workspace.yaml", "mesh.toml"):
        shutil.copy(ROOT / name, root)
    (root / "platform").symlink_to(ROOT / "platform")
    # The copy reuses the compiled projects; only marketing changes.
    shutil.copytree(home, tmp_path / "home")
    monkeypatch.setenv("MESH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(root)
    (root / "dbt_projects/marketing/models/ports/leads.sql").write_text("select {{ nonsense(", encoding="utf-8")
    mesh_columns = load_mesh_columns(load_project(root))
    assert {address.domain for address in mesh_columns.problems} == {"marketing"}
    assert "dbt_projects/marketing" in mesh_columns.problems[SEGMENTS].found
