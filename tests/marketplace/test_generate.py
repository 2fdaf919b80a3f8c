"""What `generate` promises its caller: the same bytes everywhere, signs of life, whole files, helpful refusals."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from marketplace import generate
from marketplace.files import shop_files, write
from marketplace.scale import Scale
from marketplace.shop import open_shop

ORDERS, SEED = 1_100, 7

# The first 16 digits of each file's sha256. A change here is a change of everybody's sample data: say so in the CHANGELOG.
PINNED = {
    "ecb_fx/eurofxref-hist.csv": "10a9d44fbf956d58",
    "olist/olist_closed_deals_dataset.csv": "33dade79a46caf97",
    "olist/olist_customers_dataset.csv": "7644c28845213e68",
    "olist/olist_marketing_qualified_leads_dataset.csv": "cdbafd71ea22ef30",
    "olist/olist_order_items_dataset.csv": "61d09c16b22445c1",
    "olist/olist_order_payments_dataset.csv": "e78f5a8d8ebca54a",
    "olist/olist_order_reviews_dataset.csv": "6311f77daf470e25",
    "olist/olist_orders_dataset.csv": "81358c5d408769d4",
    "olist/olist_products_dataset.csv": "edbde4300c877c00",
    "olist/olist_sellers_dataset.csv": "0cade21abf167b47",
    "olist/product_category_name_translation.csv": "b4dfdd3901205100",
}


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        for path in sorted(folder.glob("*/*"))
    }


def test_the_bytes_are_the_same_on_every_machine(tmp_path):
    generate(tmp_path, ORDERS, SEED)
    assert digests(tmp_path) == PINNED


def test_the_bytes_depend_neither_on_threads_nor_on_how_many_rows_are_made_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr("marketplace.files.pieces", lambda numbers: [(0, numbers // 2), (numbers // 2, numbers)])
    (tmp_path / "olist").mkdir()
    with open_shop(Scale(ORDERS), SEED) as shop:
        shop.execute("SET threads = 1")
        for file in shop_files(Scale(ORDERS)):
            # The deals are sorted by time; there are never so many that they are not made at once.
            if file.table != "olist_closed_deals":
                write(file, tmp_path, shop, report=lambda rows: None)
    found = digests(tmp_path)
    assert len(found) == 8
    assert found.items() <= PINNED.items()


def test_another_seed_makes_other_files_of_the_same_size(tmp_path):
    known = generate(tmp_path, ORDERS, -SEED)
    assert known["rows"]["olist/olist_order_items_dataset.csv"] == 1_246
    same = digests(tmp_path).items() & PINNED.items()
    assert dict(same).keys() == {"olist/product_category_name_translation.csv"}


def test_a_shop_with_a_single_order_has_all_the_files(tmp_path):
    known = generate(tmp_path, orders=1)
    assert digests(tmp_path).keys() == PINNED.keys()
    assert known["rows"]["olist/olist_orders_dataset.csv"] == 1
    assert known["dirt"]["paid_orders_without_order"] == 0


def test_progress_ends_with_the_rows_of_each_file(sample):
    assert sample.progress == sample.known["rows"]


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    orders = tmp_path / "olist/olist_orders_dataset.csv"
    orders.parent.mkdir()
    orders.write_text("as it was")

    def interrupt(file_name, rows):
        if file_name == "olist/olist_orders_dataset.csv":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path, 100, progress=interrupt)
    assert orders.read_text() == "as it was"
    assert [path.suffix for path in orders.parent.iterdir() if path.suffix != ".csv"] == []


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"orders": 0}, "orders is 0; it must be 1 or more."),
        ({"orders": 1.5}, "orders is 1.5; it must be an integer."),
        ({"orders": True}, "orders is True; it must be an integer."),
        ({"seed": "42"}, "seed is '42'; it must be an integer."),
        ({"seed": None}, "seed is None; it must be an integer."),
    ],
)
def test_what_cannot_be_generated_is_refused_before_anything_is_written(tmp_path, arguments, message):
    with pytest.raises(ValueError) as refusal:
        generate(tmp_path / "sources", **arguments)
    assert str(refusal.value) == message
    assert not (tmp_path / "sources").exists()


def test_importing_the_samples_is_cheap():
    code = "import sys, marketplace; print(sorted({'duckdb', 'pandas'} & sys.modules.keys()))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
