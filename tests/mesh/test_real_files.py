"""The real files of the marketplace, where somebody has them: the same mesh, the figures known from outside.

They are licensed for non-commercial use and are no part of the repository. `MESH_REAL_SOURCES` names their folder;
`../shared/data` beside the checkout is found without it.
"""

import os
from decimal import Decimal
from pathlib import Path

import deltalake
import pytest
from tests.conftest import copy_repository

ROOT = Path(__file__).parents[2]
REAL = Path(os.environ.get("MESH_REAL_SOURCES") or ROOT.parent / "shared" / "data")


@pytest.fixture(scope="module")
def published(mesh, tmp_path_factory):
    """A home of its own, with every port published from the real files."""
    if not (REAL / "olist").is_dir():
        pytest.skip(f"the real files are no part of the repository, and there are none in {REAL}")
    real = type(mesh)(tmp_path_factory.mktemp("real"), known={})
    copy_repository(real.root)
    said = real.json("run", "--source", REAL)
    assert said["ok"]
    assert len(said["published"]) == 33
    return real


def ask(published, port: str, expression: str):
    """One figure of a port, read by delta-rs alone."""
    table = deltalake.DeltaTable(published.home / "ports" / port / "v1")
    answer = deltalake.QueryBuilder().register("port", table).execute(f"select {expression} as found from port").read_all()
    return answer["found"][0].as_py()


@pytest.mark.parametrize(
    ("port", "expression", "figure"),
    [
        ("sales/orders", "count(*)", 22_870),
        ("sales/order_items", "count(*)", 26_109),
        ("sales/customers", "count(distinct customer_unique_id)", 96_096),
        ("sales/sellers", "count(*)", 3_095),
        ("sales/catalog", "count(*)", 32_951),
        ("sales/order_events", "count(*)", 90_892),
        ("sales/order_events", "count(distinct day)", 656),
        ("sales/customer_history", "count(*) filter (where current)", 96_096),
        ("marketing/leads", "count(*)", 8_000),
        ("marketing/leads", "count(seller_id)", 842),
        ("finance/payments", "count(*)", 103_886),
        ("finance/payments", "sum(amount)", Decimal("16008872.12")),
        ("finance/order_reconciliation", "count(*) filter (where verdict = 'unknown_order')", 76_571),
        ("finance/order_reconciliation", "count(*) filter (where verdict = 'no_items')", 110),
        ("finance/order_reconciliation", "count(*) filter (where verdict = 'unpaid')", 1),
    ],
)
def test_an_independent_reader_finds_the_figures_known_of_the_real_files(published, port, expression, figure):
    assert ask(published, port, expression) == figure


def test_no_row_of_the_real_files_had_to_be_set_aside(published):
    assert not (published.home / "aside").exists()


def test_the_revenue_of_all_days_is_the_revenue_of_all_items(published):
    days = published.json("query", "select sum(revenue) as n from finance.daily_revenue where currency = 'BRL'")
    items = published.json("query", "select sum(price + freight) as n from sales.order_items")
    assert days == items
