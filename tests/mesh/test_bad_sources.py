"""Source files that are not what their owner described: each is refused by name, and what was served stays served."""

import csv
from pathlib import Path

import pytest

ORDERS = "olist/olist_orders_dataset.csv"
SELLERS = "olist/olist_sellers_dataset.csv"


def refused(mesh, folder, *targets: str) -> str:
    """Runs the mesh on bad sources; gives what it said. Nothing of the domain may have moved."""
    before = mesh.versions()
    try:
        done = mesh.run("run", *(targets or ["sales"]), "--source", folder, code=1)
    finally:
        (mesh.home / "source").write_text(f"{mesh.sources}\n", encoding="utf-8")
    assert mesh.versions() == before
    return done.stdout


def edited(mesh, tmp_path, file: str, *replacements: tuple[bytes, bytes]):
    content = (mesh.sources / file).read_bytes()
    for old, new in replacements:
        assert old in content
        content = content.replace(old, new, 1)
    return mesh.sources_with(tmp_path / "sources", file, content)


def test_a_missing_source_folder(mesh, tmp_path):
    done = mesh.run("run", "--source", tmp_path / "nowhere", code=1)
    way_out = "Name a folder with --source; README.md says where the files of this mesh come from."
    message = f"There is no source folder {tmp_path / 'nowhere'}. {way_out}"
    assert done.stderr.split() == ["✘", *message.split()]
    assert done.stdout == ""


def test_files_that_are_missing_together_are_named_one_by_one_and_the_way_out_once(mesh, tmp_path):
    (tmp_path / "empty").mkdir()
    said = refused(mesh, tmp_path / "empty")
    assert said.count("has no file") == 6
    assert said.count("Put the file there") == 1


def test_a_missing_file(mesh, tmp_path):
    folder = mesh.sources_with(tmp_path / "sources", ORDERS, None)
    assert f"has no file {ORDERS}" in refused(mesh, folder)


def test_a_header_that_lost_a_column(mesh, tmp_path):
    folder = edited(mesh, tmp_path, ORDERS, (b",order_approved_at", b""))
    assert "olist_orders_dataset.csv has lost order_approved_at" in refused(mesh, folder)


def test_a_header_that_gained_a_column(mesh, tmp_path):
    folder = edited(mesh, tmp_path, ORDERS, (b",order_approved_at", b",order_approved_at,order_refunded_at"))
    assert "olist_orders_dataset.csv has gained order_refunded_at" in refused(mesh, folder)


def test_a_file_in_another_encoding(mesh, tmp_path):
    content = (mesh.sources / SELLERS).read_text(encoding="utf-8").replace("sao paulo", "são paulo", 1)
    assert "são paulo" in content
    folder = mesh.sources_with(tmp_path / "sources", SELLERS, content.encode("latin-1"))
    said = refused(mesh, folder)
    assert "olist_sellers_dataset.csv, line " in said
    assert "is not UTF-8" in said


def test_a_byte_order_mark_that_nobody_announced(mesh, tmp_path):
    content = (mesh.sources / ORDERS).read_bytes()
    folder = mesh.sources_with(tmp_path / "sources", ORDERS, b"\xef\xbb\xbf" + content)
    said = refused(mesh, folder)
    assert "byte-order mark" in said
    assert "byte_order_mark=True" in said


def test_a_file_in_utf_16(mesh, tmp_path):
    content = (mesh.sources / ORDERS).read_text(encoding="utf-8")
    folder = mesh.sources_with(tmp_path / "sources", ORDERS, content.encode("utf-16"))
    assert "is UTF-16" in refused(mesh, folder)


def test_a_file_with_semicolons(mesh, tmp_path):
    content = (mesh.sources / ORDERS).read_bytes().replace(b",", b";")
    folder = mesh.sources_with(tmp_path / "sources", ORDERS, content)
    assert "separates its columns with semicolons" in refused(mesh, folder)


def test_an_empty_file(mesh, tmp_path):
    folder = mesh.sources_with(tmp_path / "sources", ORDERS, b"")
    assert "olist_orders_dataset.csv is empty" in refused(mesh, folder)


def test_a_file_of_a_header_and_nothing_else_is_beyond_every_limit_and_breaks_the_contract(mesh, tmp_path):
    header = (mesh.sources / ORDERS).read_bytes().splitlines(keepends=True)[0]
    folder = mesh.sources_with(tmp_path / "sources", ORDERS, header)
    assert "has 0 rows and had 1,000 in the version before, -100.0 %" in refused(mesh, folder, "sales/orders")
    said = refused(mesh, folder, "sales/orders", "--accept-volume", "sales/orders")
    assert "has_rows" in said
    assert "found 0" in said


@pytest.fixture
def unreadable(mesh, tmp_path):
    """Sources in which one seller's line has a column too many, and the first product weighs 'heavy'."""
    products = "olist/olist_products_dataset.csv"
    lines = (mesh.sources / products).read_text(encoding="utf-8").splitlines()
    cells = lines[3].split(",")
    cells[5] = "heavy"
    lines[3] = ",".join(cells)
    lines[7] += ",one,too,many"
    folder = mesh.sources_with(tmp_path / "sources", products, "\n".join([*lines, ""]).encode())
    yield folder
    mesh.run("run", "sales/catalog", "--source", mesh.sources)


def test_a_row_that_cannot_be_read_is_set_aside_with_file_line_and_reason(mesh, unreadable):
    said = mesh.json("run", "sales/catalog", "--source", unreadable)
    known = mesh.known["rows"]["olist/olist_products_dataset.csv"]
    (products,) = [source for source in said["sources"] if source["file"].endswith("products_dataset.csv")]
    assert (products["rows"], products["set_aside"]) == (known - 2, 2)
    assert said["published"][0]["rows"] == known - 2
    with Path(products["set_aside_in"]).open(encoding="utf-8", newline="") as file:
        aside = list(csv.DictReader(file))
    assert [(row["file"], row["line"]) for row in aside] == [
        ("olist_products_dataset.csv", "4"),
        ("olist_products_dataset.csv", "8"),
    ]
    assert aside[0]["reason"] == 'column "product_weight_g": a text like aaaaa is no INTEGER'
    assert "heavy" in aside[0]["row"]
    assert "Columns" in aside[1]["reason"]


def test_rows_set_aside_are_told_and_not_only_written_down(mesh, unreadable):
    said = mesh.run("run", "sales/catalog", "--source", unreadable).stdout
    assert "2 set aside" in said
    assert "2 rows of olist/olist_products_dataset.csv could not be read" in said
