"""The figures in README and handbook are those that the benchmarks wrote, to the letter."""

import importlib
import json
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_table_of_speed_in_the_readme_is_made_of_the_benchmarks_results(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "bench")
    report = importlib.import_module("report")
    results = json.loads((ROOT / "bench" / "results.json").read_text(encoding="utf-8"))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = readme.partition("<!-- bench:begin -->\n")[2].partition("\n<!-- bench:end -->")[0]
    assert shown == report.markdown(results), "paste what `make bench` printed between the two marks"


def test_what_a_change_costs_is_made_of_the_results(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "bench")
    report = importlib.import_module("monolith_run")
    results = json.loads((ROOT / "bench" / "monolith-results.json").read_text(encoding="utf-8"))
    page = (ROOT / "docs/handbook/principles/comparison.md").read_text(encoding="utf-8")
    shown = page.partition("<!-- monolith:begin -->\n")[2].partition("\n<!-- monolith:end -->")[0]
    assert shown == report.markdown(results), "paste what `bench/monolith_run.py` printed between the two marks"


def test_what_a_check_costs_is_made_of_the_results(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "bench")
    report = importlib.import_module("check_run")
    results = json.loads((ROOT / "bench" / "check-results.json").read_text(encoding="utf-8"))
    page = (ROOT / "docs/howto/check-a-change.md").read_text(encoding="utf-8")
    shown = page.partition("<!-- check:begin -->\n")[2].partition("\n<!-- check:end -->")[0]
    assert shown == report.markdown(results), "paste what `bench/check_run.py` printed between the two marks"


def test_the_tables_of_the_gate_in_the_readme_are_made_of_its_benchmarks_results(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "bench")
    report = importlib.import_module("gate_report")
    results = json.loads((ROOT / "bench" / "gate-results.json").read_text(encoding="utf-8"))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = readme.partition("<!-- gate:begin -->\n")[2].partition("\n<!-- gate:end -->")[0]
    assert shown == report.markdown(results), "paste what `bench/gate_run.py` printed between the two marks"


def test_the_aims_of_the_gate_are_judged_by_what_was_measured(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "bench")
    report = importlib.import_module("gate_report")
    results = json.loads((ROOT / "bench" / "gate-results.json").read_text(encoding="utf-8"))
    assert results["aims"] and results == report.complete(results)
