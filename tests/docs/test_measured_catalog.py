"""The figures on the page of the catalog benchmark are those that its benchmark wrote, to the letter."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_table_of_the_page_is_made_of_the_benchmarks_results(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "bench" / "catalog")
    report = importlib.import_module("catalog_report")
    results = json.loads((ROOT / "bench" / "catalog" / "results.json").read_text(encoding="utf-8"))
    page = (ROOT / "bench" / "catalog" / "README.md").read_text(encoding="utf-8")
    shown = page.partition("<!-- catalog-bench:begin -->\n")[2].partition("\n<!-- catalog-bench:end -->")[0]
    assert shown == report.markdown(results), "paste what bench/catalog/run.py printed between the two marks"


def test_the_catalogs_benchmark_measures_every_step_but_the_browsers_on_a_small_mesh(tmp_path):
    steps = ["harvest_cold", "harvest_unchanged", "harvest_one_contract", "harvest_one_version", "harvest_one_model"]
    steps += ["column_lineage", "policies", "portal"]
    wanted = ["--sizes", "2x3x4", "--steps", *steps, "--to", str(tmp_path / "found.json")]
    measuring = [sys.executable, "bench/catalog/run.py", *wanted]
    done = subprocess.run(measuring, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    [small] = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))["sizes"]
    assert list(small["steps"]) == steps
