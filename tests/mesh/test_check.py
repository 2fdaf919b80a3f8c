"""`mesh check` in a running mesh that is a git repository: a change is judged, and what is served stays as it is."""

import json
import shutil
import signal
import subprocess
import time
from xml.etree import ElementTree

import pytest

CATALOG = "dbt_projects/sales/models/ports/catalog.sql"
SELLERS = "dbt_projects/sales/models/ports/sellers.sql"
PAYMENTS = "dbt_projects/finance/models/ports/payments.sql"
LEADS = "domains/marketing/contracts/leads.v1.odcs.yaml"
LEADS_MODEL = "dbt_projects/marketing/models/ports/leads.sql"
EDIT = ("    landing_page_id,\n", "    upper(landing_page_id) as landing_page_id,\n")
CLASSIFIED = ("amount", "currency", "installments", "order_id", "payment_sequential", "payment_type")
CHANNEL = (
    "        required: true\n        classification: internal\n      - name: landing_page_id\n",
    "        required: false\n        classification: internal\n      - name: landing_page_id\n",
)
SECONDS = 120


def git(root, *arguments):
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments], cwd=root, check=True)


@pytest.fixture(scope="module", autouse=True)
def repository(mesh):
    """The mesh, committed on its main branch."""
    git(mesh.root, "init", "--quiet", "--initial-branch", "main")
    (mesh.root / ".git/info/exclude").write_text("state\nsources\n__pycache__\nfresh\n")
    git(mesh.root, "add", "--all")
    git(mesh.root, "commit", "--quiet", "--message", "The mesh")
    yield
    shutil.rmtree(mesh.root / ".git")


def served(mesh):
    """Every file of ports, warehouses and quarantine."""
    folders = [mesh.home / name for name in ("ports", "warehouses", "quarantine")]
    return {path: path.stat().st_mtime_ns for folder in folders for path in folder.rglob("*") if path.is_file()}


def test_a_change_of_one_model_is_built_with_what_depends_on_it_and_compared_and_nothing_else(mesh, tmp_path):
    before = served(mesh)
    with mesh.changed(LEADS_MODEL, EDIT):
        said = mesh.json("check", "--markdown", tmp_path / "s.md", "--junit", tmp_path / "j.xml", code=0)
    assert said["files"] == [LEADS_MODEL]
    reached = {one["port"]: (one["files"], one["through"]) for one in said["reached"]}
    assert reached["marketing/leads"] == ([LEADS_MODEL], None)
    assert reached["marketing/channel_performance"] == ([], "marketing/leads")
    assert reached["finance/channel_return"][1] in ("marketing/leads", "marketing/channel_performance")
    assert len(reached) == 3
    ports = {port["port"]: port for port in said["ports"]}
    assert ports.keys() == reached.keys()
    found = ports["marketing/leads"]["difference"]
    assert (found["added"], found["removed"], list(found["by_column"])) == (0, 0, ["landing_page_id"])
    assert found["changed"] == found["by_column"]["landing_page_id"] > 0
    assert ports["finance/channel_return"]["difference"]["version"] == mesh.versions()["finance/channel_return"]
    assert served(mesh) == before
    assert not (mesh.home / "check/mesh").exists()
    told = (tmp_path / "s.md").read_text(encoding="utf-8")
    assert told.startswith("## ✔ 1 changed file, 3 ports built and audited, nothing would be refused")
    assert (
        f"| marketing/leads | {found['after']:,} | 0 | 0 | {found['changed']:,} | landing\\_page\\_id ({found['changed']:,}) |"
        in told
    )
    assert "| finance/channel\\_return | finance | channel\\_return | marketing/" in told
    suites = ElementTree.parse(tmp_path / "j.xml").getroot()
    assert (suites.get("name"), suites.get("failures")) == ("mesh check", "0")


def test_a_refusal_names_the_affected_consumers(mesh, tmp_path):
    with mesh.changed(LEADS, CHANNEL), mesh.changed(PAYMENTS, ("    amount,\n", "    -amount as amount,\n")):
        said = mesh.json("check", "--markdown", tmp_path / "s.md", "--junit", tmp_path / "j.xml", code=1)
    (contract,) = said["contracts"]
    assert not contract["ok"]
    assert "breaking_change_is_a_new_major" in {found["policy"] for found in said["policies"]["new"]}
    assert said["policies"]["before"] == []
    affected = {port["port"] for change in contract["comparison"]["changes"] for port in change["affects"]}
    assert "finance/channel_return" in affected
    ports = {port["port"]: port for port in said["ports"]}
    assert not ports["finance/payments"]["ok"]
    assert ports["finance/payments"]["difference"]["changed"] > 0
    assert sum("marketing.leads.v1" in reason for reason in said["refusals"]) == 1, said["refusals"]
    assert any(reason.startswith("finance/payments") for reason in said["refusals"])
    told = (tmp_path / "s.md").read_text(encoding="utf-8")
    assert told.startswith("## ✘ 2 changed files")
    row = next(line for line in told.splitlines() if line.startswith("| marketing.leads.v1 | "))
    assert "finance/channel\\_return of finance" in row
    assert int(ElementTree.parse(tmp_path / "j.xml").getroot().get("failures")) >= 2


def test_a_violation_that_was_there_before_is_told_apart_from_a_new_one(mesh):
    contract = "domains/finance/contracts/payments.v1.odcs.yaml"
    with mesh.changed(contract, ("classification: internal", "classification: odd")):
        other = mesh.json("check", "marketing")  # findings on another domain do not count
        assert (other["ok"], other["policies"]["new"]) == (True, [])
        assert other["policies"]["elsewhere"] >= len(CLASSIFIED)
        git(mesh.root, "commit", "--quiet", "--all", "--message", "A level that nobody knows")
        try:
            with mesh.changed(PAYMENTS, ("select\n", "select -- the same\n")):
                old = mesh.json("check", "finance", "--base", "HEAD", code=1)
        finally:
            git(mesh.root, "reset", "--quiet", "HEAD~1")
    violations = [("columns_classified", f"finance.payments.v1.{column}") for column in CLASSIFIED]
    assert [(found["policy"], found["subject"]) for found in old["policies"]["before"]] == violations
    assert old["policies"]["new"] == []
    # It is not held against the change; but the port cannot be published with it, and that is said.
    refused = {port["port"]: port["error"] for port in old["ports"] if not port["ok"]}
    assert "breaks a policy of the mesh" in refused["finance/payments"]
    assert old["refusals"] == list(refused.values())


def test_without_a_change_nothing_is_built(mesh):
    said = mesh.json("check")
    assert (said["files"], said["reached"], said["ports"], said["ok"]) == ([], [], [], True)


def test_a_plan_gives_every_domain_that_is_reached_and_joins_those_that_read_each_other(mesh):
    with mesh.changed(SELLERS, ("select\n", "select -- the same\n")), mesh.changed(PAYMENTS, ("select\n", "select -- same\n")):
        said = mesh.json("check", "--plan")
    assert set(said["domains"]) == {"sales", "finance"}
    assert sorted(group["domains"] for group in said["groups"]) == ["finance", "sales"]
    with mesh.with_file("domains/sales/sales/more.py", "# what its sources mean\n"):
        (group,) = mesh.json("check", "--plan")["groups"]
    assert group["domains"] == "sales marketing finance"


def test_an_interrupted_check_leaves_nothing_behind(mesh):
    before = served(mesh)
    with mesh.changed(CATALOG, ("select\n", "select -- the same\n")):
        process = mesh.start("check", stderr=subprocess.PIPE)
        try:
            deadline = time.monotonic() + SECONDS
            while not (mesh.home / "check/mesh/warehouses/sales/sales.duckdb").exists() and time.monotonic() < deadline:
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=SECONDS) == 130, process.stderr.read()
        finally:
            process.kill()
            process.wait()
    assert not (mesh.home / "check/mesh").exists()
    assert served(mesh) == before


def test_on_a_machine_where_nothing_is_served_it_is_built_first_as_it_was(mesh):
    fresh = type(mesh)(mesh.root, {}, {"MESH_HOME": str(mesh.root / "fresh"), "MESH_SOURCE": str(mesh.sources)})
    try:
        with mesh.changed(LEADS_MODEL, EDIT):
            said = fresh.json("check", "marketing")
        first = ["marketing/channel_performance", "marketing/leads", "sales/order_items", "sales/orders"]
        assert sorted(said["built_first"]) == first
        (leads,) = [port for port in said["ports"] if port["port"] == "marketing/leads"]
        assert (leads["difference"]["version"], list(leads["difference"]["by_column"])) == (0, ["landing_page_id"])
        assert not list((mesh.root / "fresh").glob("ports/*"))
    finally:
        shutil.rmtree(mesh.root / "fresh", ignore_errors=True)


def test_what_cannot_be_checked_is_named(mesh):
    assert "There is no domain 'nowhere'" in mesh.run("check", "nowhere", code=1).stderr
    assert "There is no revision 'nothing'" in mesh.run("check", "--base", "nothing", code=1).stderr


def test_a_source_beyond_its_limits_is_reported_and_may_be_declared(mesh, tmp_path):
    """The declaration of a source has changed, so its file is read again, into the temporary mesh."""
    file, sources = "olist/olist_sellers_dataset.csv", "domains/sales/sales/ingestion.py"
    fewer = (mesh.sources / file).read_bytes().splitlines(keepends=True)[:4]
    folder = mesh.sources_with(tmp_path / "fewer", file, b"".join(fewer))
    seller = '    description="One row per seller.",\n'
    settings = {**mesh.settings, "MESH_SOURCE": str(folder)}
    elsewhere = type(mesh)(mesh.root, mesh.known, settings)
    with mesh.changed(sources, (seller, '    description="One row per seller of the shop.",\n')):
        ports = {port["port"]: port["error"] for port in elsewhere.json("check", code=1)["ports"]}
    assert f"{file} has 3 rows and had 30 in the version before" in ports["sales/sellers"]
    assert ports["sales/catalog"] is None
    with mesh.changed(sources, (seller, f'{seller}    volume="-95 %, any",\n')):
        ports = {port["port"]: port["error"] for port in elsewhere.json("check")["ports"]}
    assert ports["sales/sellers"] is None
    assert json.loads((mesh.home / "read/sales.json").read_text(encoding="utf-8"))["sellers"][0] == 30
