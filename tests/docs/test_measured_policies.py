"""The figures of the policies on the page of the catalog benchmark are those that were measured, to the letter."""

import importlib
import json
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "bench" / "catalog" / "README.md").read_text(encoding="utf-8")


def test_the_table_is_made_of_the_benchmark_s_results(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "bench" / "catalog")
    report = importlib.import_module("catalog_report")
    results = json.loads((ROOT / "bench" / "catalog" / "results.json").read_text(encoding="utf-8"))
    shown = PAGE.partition("<!-- policies-bench:begin -->\n")[2].partition("\n<!-- policies-bench:end -->")[0]
    assert shown == report.markdown(results, only=["policies"])
    assert f"{results['sizes'][-1]['steps']['policies']['results']:,.0f} results" in PAGE


def test_the_ratio_to_the_peer_is_what_was_measured_with_the_same_answers():
    results = json.loads((ROOT / "bench" / "catalog" / "peer" / "results.json").read_text(encoding="utf-8"))
    shown = PAGE.partition("<!-- peer:begin -->\n")[2].partition("\n<!-- peer:end -->")[0]
    rows = [
        f"| {' × '.join(map(str, size['size'].values()))} | {size['sql_cpu_seconds']:.2f} | {size['rego_cpu_seconds']:.2f} "
        f"| {size['ratio']} |"
        for size in results["sizes"]
    ]
    assert shown.splitlines()[2:] == rows
    assert all(size["agreed"] for size in results["sizes"])
    assert len(results["policies"]) == 11
    assert "`regopy` 1.5.2" in PAGE
    assert results["peer"] == "regopy 1.5.2"
