"""Choosing days: the ports of a plan that run for them, and days and ports that are refused."""

from datetime import date

import pytest

from mesh_isolation.days import DayRange
from mesh_platform.dagster.execute import for_days, plan_run
from mesh_platform.errors import UnknownPort

FARM = """
from dagster import AssetSpec, DailyPartitionsDefinition, Definitions

daily = DailyPartitionsDefinition(start_date="2017-01-01", end_date="2018-01-01")
milk = AssetSpec(["farm", "milk"], deps=[["farm", "raw_cows"]], partitions_def=daily)
defs = Definitions(assets=[milk, AssetSpec(["farm", "cows"])])
"""
MESH = {"farm": FARM, "zoo": {"visits": ["farm/milk"]}}
JANUARY = DayRange(date(2017, 1, 1), date(2017, 1, 31))


def chosen(project, targets, days=JANUARY):
    return for_days(plan_run(project(**MESH), targets), targets, days)


@pytest.mark.parametrize("targets", [[], ["farm"], ["farm/milk"], ["farm", "zoo"]])
def test_only_ports_that_grow_run_for_chosen_days(project, targets):
    plan = chosen(project, targets)
    assert plan.selected["farm"] == ["milk"]
    assert not plan.selected.get("zoo")
    assert plan.days == JANUARY


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (["farm/cows"], "farm/cows is not partitioned by day"),
        (["zoo"], "No port in zoo is partitioned by day"),
    ],
)
def test_a_port_that_does_not_grow_is_refused(project, targets, message):
    with pytest.raises(UnknownPort, match=message):
        chosen(project, targets)


@pytest.mark.parametrize("days", ["2016-12-31..2017-01-02", "2017-12-31..2018-01-01", "2030-01-01"])
def test_a_day_that_the_contract_does_not_allow_is_refused_with_its_bounds(project, days):
    with pytest.raises(UnknownPort, match="farm/milk has no day .*: its days are 2017-01-01 to 2017-12-31"):
        chosen(project, ["farm/milk"], DayRange.parse(days))


def test_a_domain_that_does_not_load_still_says_so(project):
    plan = for_days(plan_run(project(ruin="raise RuntimeError('no')"), []), [], JANUARY)
    assert list(plan.broken) == ["ruin"]
