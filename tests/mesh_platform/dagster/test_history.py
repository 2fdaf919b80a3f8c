"""Runs and check results of a Dagster instance, as plain values."""

import pytest
from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetKey,
    DagsterInstance,
    asset,
    asset_check,
    materialize,
)

from mesh_platform.dagster import history
from mesh_platform.dagster.history import RunHistory


@asset(key=["shop", "things"])
def things(): ...


@asset_check(asset=AssetKey(["shop", "things"]))
def required():
    return AssetCheckResult(passed=False, severity=AssetCheckSeverity.WARN, metadata={"broken": "id is empty"})


@asset_check(asset=AssetKey(["shop", "things"]))
def unique():
    return AssetCheckResult(passed=True)


@pytest.fixture
def instance():
    with DagsterInstance.ephemeral() as instance:
        yield instance


def run(instance) -> str:
    return materialize([things, required, unique], instance=instance, tags={"mesh/domain": "shop"}).run_id


def test_a_run_has_its_domain_status_and_times(instance):
    id = run(instance)
    (recorded,) = RunHistory(instance).runs()
    assert (recorded.id, recorded.domain, recorded.status) == (id, "shop", "SUCCESS")
    assert recorded.started_at <= recorded.ended_at
    assert recorded.ended_at.timestamp() <= recorded.updated_at + 1


def test_only_runs_that_changed_later_are_given(instance):
    run(instance)
    (first,) = RunHistory(instance).runs()
    second = run(instance)
    assert [recorded.id for recorded in RunHistory(instance).runs(first.updated_at)] == [second]


@pytest.mark.parametrize("page", [1, 1_000])
def test_the_checks_of_a_run_are_given_page_by_page(instance, monkeypatch, page):
    monkeypatch.setattr(history, "PAGE", page)
    id = run(instance)
    run(instance)
    checks = {check.name: check for check in RunHistory(instance).checks(id)}
    assert set(checks) == {"required", "unique"}
    assert (checks["required"].asset, checks["required"].passed, checks["required"].warns) == (("shop", "things"), False, True)
    assert checks["required"].metadata == {"broken": "id is empty"}
    assert (checks["unique"].passed, checks["unique"].warns) == (True, False)
