"""The figures in the catalog's page are those that its benchmark wrote, to the letter."""

import importlib
import json
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_table_of_the_catalogs_page_is_made_of_the_benchmarks_results(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "bench" / "catalog")
    report = importlib.import_module("catalog_report")
    results = json.loads((ROOT / "bench" / "catalog" / "results.json").read_text(encoding="utf-8"))
    page = (ROOT / "docs" / "catalog.md").read_text(encoding="utf-8")
    shown = page.partition("<!-- catalog-bench:begin -->\n")[2].partition("\n<!-- catalog-bench:end -->")[0]
    assert shown == report.markdown(results), "paste what bench/catalog/run.py printed between the two marks"
