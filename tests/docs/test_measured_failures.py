"""The figures of the failure harness in the README are those that it wrote, and they are of a run that was long enough."""

import importlib
import json
from pathlib import Path

ROOT = Path(__file__).parents[2]


def recorded() -> dict:
    return json.loads((ROOT / "tests/chaos/results.json").read_text(encoding="utf-8"))


def test_the_tables_of_failures_in_the_readme_are_made_of_the_harness_s_results(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tests/chaos")
    figures = importlib.import_module("figures")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = readme.partition("<!-- chaos:begin -->\n")[2].partition("\n<!-- chaos:end -->")[0]
    assert shown == figures.markdown(recorded()), "paste what `make chaos` printed between the two marks"


def test_the_recorded_run_killed_at_least_300_publishes_in_every_phase_before_at_least_8_readers():
    results = recorded()
    assert results["kills"] >= 300
    assert all(results["hits"].values()), "a phase that no kill has hit is not tested"
    assert results["readers"] >= 8


def test_every_version_of_the_recorded_run_was_acknowledged_or_its_writer_killed_before_it_could_be():
    results = recorded()
    assert results["versions"] == results["acknowledged"] + results["hits"]["committed"]


def test_nothing_was_torn_lost_or_left_in_the_recorded_run():
    results = recorded()
    assert (results["torn_reads"], results["lost"], results["orphans_left"], results["runs"]["wrong"]) == ([], [], [], [])
