"""The portal of a whole mesh: its code runs, it shows no personal data, and it shows the intact parts of a broken mesh."""

import html
import json
import re
import shutil
import subprocess
import sys

import pytest
import yaml


@pytest.fixture(scope="module")
def portal(mesh, tmp_path_factory):
    """The pages of the mesh, built by its command line."""
    folder = tmp_path_factory.mktemp("portal") / "site"
    said = mesh.json("portal", "build", "--to", folder)
    assert said["problems"] == [] and said["start"] == str(folder / "index.html")
    return folder


def code(portal, port: str, way: str) -> list[str]:
    """The code on a product's page for one way to read the port with the product's name."""
    text = (portal / f"products/{port}.html").read_text(encoding="utf-8")
    part = text.split(f'id="{port.split("/")[1]}--{way}"')[1].split('<div class="way"')[0].split('<div class="part"')[0]
    return [html.unescape(re.sub(r"<[^>]+>", "", piece)) for piece in re.findall(r"<pre[^>]*>(.*?)</pre>", part, re.DOTALL)]


def run(mesh, command: list[str]) -> str:
    done = subprocess.run(
        command, cwd=mesh.root, env=mesh.environment, capture_output=True, text=True, encoding="utf-8", timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("way", "port", "shown"),
    [
        ("python", "sales/orders", "customer_unique_id"),
        ("python", "sales/order_events", "happened_at"),
        ("pandas", "sales/orders", "datetime64[us, "),
        ("polars", "sales/order_events", "shape: (5, 5)"),
    ],
)
def test_the_python_of_a_page_runs_as_it_stands(mesh, portal, way, port, shown):
    (snippet,) = code(portal, port, way)
    assert shown in run(mesh, [sys.executable, "-W", "ignore", "-c", snippet])


def test_the_sql_of_a_page_runs_as_it_stands(mesh, portal):
    (line,) = code(portal, "sales/orders", "sql")
    assert line.startswith("mesh query ")
    command = f"{mesh.command()[0]}{line.removeprefix('mesh')}"
    assert "5 rows" in run(mesh, ["bash", "-c", command])


def test_the_dbt_code_of_a_page_publishes_a_product_that_reads_the_port(mesh, portal):
    declared, source, model = code(portal, "sales/sellers", "dbt")
    inputs = yaml.safe_load((mesh.root / "dbt_projects/marketing/models/inputs/sales.yml").read_text("utf-8"))
    inputs["sources"][0]["tables"] += yaml.safe_load(source)["sources"][0]["tables"]
    contract = yaml.safe_load((mesh.root / "domains/sales/contracts/sellers.v1.odcs.yaml").read_text("utf-8"))
    names = {"id": "marketing.seller_list.v1", "name": "seller_list", "domain": "marketing", "dataProduct": "seller_list"}
    contract |= {**names, "version": "1.0.0"}
    contract["schema"][0]["name"] = "seller_list"
    product = yaml.safe_load((mesh.root / "domains/marketing/products/leads.odps.yaml").read_text("utf-8"))
    port = {"name": "seller_list", "version": "1.0.0", "type": "delta", "contractId": "marketing.seller_list.v1"}
    product |= {"id": "marketing.seller_list", "name": "seller_list", "outputPorts": [port], **yaml.safe_load(declared)}
    kept = (mesh.root / "dbt_projects/marketing/models/inputs/sales.yml").read_text("utf-8")
    with (
        mesh.changed("dbt_projects/marketing/models/inputs/sales.yml", (kept, yaml.safe_dump(inputs))),
        mesh.with_file("domains/marketing/contracts/seller_list.v1.odcs.yaml", yaml.safe_dump(contract, sort_keys=False)),
        mesh.with_file("domains/marketing/products/seller_list.odps.yaml", yaml.safe_dump(product, sort_keys=False)),
        mesh.with_file("dbt_projects/marketing/models/ports/seller_list.sql", model),
    ):
        try:
            mesh.run("run", "marketing/seller_list")
            count = mesh.json(
                "query", "select count(*) = (select count(*) from sales.sellers) as same from marketing.seller_list"
            )
            assert count[0]["same"] is True
        finally:
            shutil.rmtree(mesh.home / "ports/marketing/seller_list", ignore_errors=True)


def test_no_value_of_a_personal_column_is_anywhere_in_the_portal(mesh, portal):
    people = mesh.json("query", "select customer_unique_id as person, zip_code_prefix as zip from sales.customers")
    values = {row["person"] for row in people}
    assert len(values) > 100
    text = "\n".join(path.read_text(encoding="utf-8") for path in portal.rglob("*") if path.is_file())
    assert [value for value in values if value in text] == []
    page = (portal / "products/sales/customers.html").read_text(encoding="utf-8")
    assert "<code>customer_unique_id</code> (personal)" in page


def test_the_pages_show_the_published_versions(mesh, portal):
    document = json.loads((portal / "catalog.json").read_text(encoding="utf-8"))
    published = {port["port"]: port["published_version"] for product in document["products"] for port in product["ports"]}
    assert published == mesh.versions()
    orders = (portal / "products/sales/orders.html").read_text(encoding="utf-8")
    assert "finance/daily_revenue" in orders and "delivered_after_shipped" in orders
    assert (portal / "standards/odcs/sales/orders.v1.odcs.yaml").read_bytes() == (
        mesh.root / "domains/sales/contracts/orders.v1.odcs.yaml"
    ).read_bytes()


def test_a_broken_domain_and_a_product_named_like_a_tag_are_reported_and_hide_no_other(mesh, tmp_path):
    evil = "<script>alert(1)<>"
    product = yaml.safe_dump(
        {"apiVersion": "v1.0.0", "kind": "DataProduct", "name": evil, "domain": "sales", "status": "active"}
    )
    with (
        mesh.changed("domains/finance/domain.yaml", ("name: finance", "name: treasury")),
        mesh.with_file(f"domains/sales/products/{evil}.odps.yaml", product),
    ):
        said = mesh.json("portal", "build", "--to", tmp_path / "site", code=1)
    told = " ".join(said["problems"])
    assert "finance: " in told and "'treasury'" in told and evil in told
    assert {path.name for path in tmp_path.iterdir()} == {"site"}
    home = (tmp_path / "site/index.html").read_text(encoding="utf-8")
    assert "<script>alert" not in home and "&lt;script&gt;alert" in home
    assert "What was ordered, when, and for how much." in home


def test_a_folder_with_other_files_is_refused(mesh, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    assert "contains files that are not a portal's" in mesh.run("portal", "build", "--to", tmp_path, code=1).stderr
