"""The figures in README and handbook are those that the benchmarks wrote, to the letter."""

import importlib
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLES = [
    ("report", "results.json", "README.md", "bench"),
    ("gate_report", "gate-results.json", "README.md", "gate"),
    ("monolith_run", "monolith-results.json", "docs/handbook/principles/comparison.md", "monolith"),
    ("borders_run", "borders-results.json", "docs/security.md", "borders"),
    ("check_run", "check-results.json", "docs/howto/check-a-change.md", "check"),
    ("newcomer_run", "newcomer-results.json", "docs/tutorials/your-own-product.md", "newcomer"),
]


def measured(results: str) -> dict:
    return json.loads((ROOT / "bench" / results).read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def the_benchmarks_are_importable(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "bench")


@pytest.mark.parametrize(("report", "results", "page", "mark"), TABLES)
def test_a_table_of_figures_is_made_of_the_results(report, results, page, mark):
    text = (ROOT / page).read_text(encoding="utf-8")
    shown = text.partition(f"<!-- {mark}:begin -->\n")[2].partition(f"\n<!-- {mark}:end -->")[0]
    assert shown == importlib.import_module(report).markdown(measured(results)), "paste what the benchmark printed"


def test_the_aims_of_the_gate_are_judged_by_what_was_measured():
    results = measured("gate-results.json")
    assert results["aims"] and results == importlib.import_module("gate_report").complete(results)
