"""Lineage across the projects of this repository, compared with what their SQL says."""

import shutil
from pathlib import Path

import pytest

from mesh_capabilities.columns.derivation import Origin, Relation
from mesh_capabilities.columns.mesh_lineage import MeshColumns, load_mesh_columns
from mesh_platform.names import PortAddress
from mesh_platform.project import load_project

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


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> dict[Relation, Table]:
    """The source tables of all domains, and the ports as they become on the way: the relations that models read."""
    folder = tmp_path_factory.mktemp("sources")
    marketplace.generate(folder, 1_000, 7)
    return {"folder": folder, "ports": {}}


def source_table(source, folder) -> Table:
    listed = ", ".join(f'try_cast("{name}" AS {kind})' for name, kind in source.columns.items())
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        read = f"read_csv('{folder / source.path}', all_varchar = true, header = true)"
        rows = connection.execute(f"SELECT {listed} FROM {read} ORDER BY ALL LIMIT 12").fetchall()
    return dict(source.columns), rows


@pytest.mark.parametrize("domain", ["sales", "marketing", "finance"])
def test_no_column_of_a_port_moves_without_its_lineage(columns, sample, domain):
    print(columns, sample, domain)


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
