"""The metadata of a whole mesh, published by governance and read like any port."""

from mesh_capabilities.governance.catalog.metadata_source import PUBLISHED
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort


def read_by(mesh) -> dict[str, dict[str, str]]:
    """Of each metadata table, the digest of the content that its newest version was made of."""
    ports = {name: PortAddress("governance", name) for name in PUBLISHED}
    home = MeshHome(mesh.home)
    return {name: OutputPort(port, home.port(port, 1)).current().provenance.source for name, port in ports.items()}


def test_every_metadata_table_is_a_port(mesh):
    assert {f"governance/{name}" for name in PUBLISHED} == {port for port in mesh.versions() if port.startswith("governance/")}


def test_the_ports_of_the_company_are_told_with_what_they_serve(mesh):
    told = mesh.json("query", "select port, served_version, rows from governance.ports where domain <> 'governance'")
    assert len(told) == 15
    assert {row["port"] for row in told if row["served_version"] is None} == set()
    orders = next(row for row in told if row["port"] == "sales/orders")
    assert orders["rows"] == mesh.known["rows"]["olist/olist_orders_dataset.csv"]


def test_what_was_checked_and_run_is_told(mesh):
    sql = "select count(*) filter (where not passed) as broken, count(distinct port) as ports from governance.check_results"
    (row,) = mesh.json("query", sql)
    assert row["ports"] == 15
    assert row["broken"] > 0, "the sample breaks rules that only warn"
    runs = mesh.json("query", "select domain, status from governance.runs")
    assert {"sales", "marketing", "finance"} == {row["domain"] for row in runs}


def test_columns_are_followed_from_finance_to_the_files_of_sales(mesh):
    sql = (
        "with recursive up as (select from_port, from_column from governance.column_lineage "
        "where port = 'finance/daily_revenue' union select step.from_port, step.from_column "
        "from governance.column_lineage as step "
        'join up on step.port = up.from_port and step."column" = up.from_column) select distinct from_port from up'
    )
    assert {"sales/order_items", "sales/raw_order_items"} <= {row["from_port"] for row in mesh.json("query", sql)}


def test_a_further_run_of_governance_publishes_the_same_and_moves_nobody_else(mesh):
    mesh.run("run", "governance")
    before, first = mesh.versions(), read_by(mesh)
    mesh.run("run", "governance")
    after = mesh.versions()
    assert read_by(mesh) == first
    assert all(first[name].keys() == {name} for name in PUBLISHED)
    assert {port for port in before if before[port] != after[port]} == {f"governance/{name}" for name in PUBLISHED}


def test_status_says_as_of_when_they_describe_the_mesh_and_that_it_has_moved_on(mesh):
    def described():
        return [port for port in mesh.json("status") if port["port"].startswith("governance/")]

    mesh.run("run", "governance")
    assert all(port["remarks"] == [] for port in described())
    assert all(f"describes the mesh as of {port['committed'][:16]} UTC" in port["notes"] for port in described())
    mesh.run("run", "sales/sellers")
    assert {*map(str, (port["remarks"] for port in described()))} == {
        "['the mesh has newer versions of 1 port, such as sales/sellers']"
    }
    mesh.run("run", "governance")
    assert all(port["remarks"] == [] for port in described())


def test_a_domain_that_does_not_load_is_shown_and_hides_nobody(mesh):
    with mesh.changed("domains/marketing/contracts/leads.v1.odcs.yaml", ("kind: DataContract", "kind: Datacontract")):
        said = mesh.run("run", "governance")
        assert "18 of 18 ports published" in said.stdout
        told = {row["domain"]: row for row in mesh.json("query", "select domain, state, problem from governance.domains")}
        assert told["marketing"]["state"] == "broken"
        assert "domains/marketing/contracts/leads.v1.odcs.yaml" in told["marketing"]["problem"]
        assert {told[name]["state"] for name in ("sales", "finance", "governance")} == {"loaded"}
        (row,) = mesh.json("query", "select count(*) as n from governance.contracts where valid and domain = 'marketing'")
        assert row["n"] == 2
    mesh.run("run", "governance")
