"""What lineage reads from Dagster's history: source readings and runs, and nothing where nothing has run."""

import os
from pathlib import Path

import pytest
from dagster import AssetMaterialization, DagsterInstance

from mesh_capabilities.run_history import UNKNOWN_RUN, LineageHistory, SourceReading
from mesh_platform import environment
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress

ORDERS = PortAddress("sales", "raw_orders")


@pytest.fixture
def home(tmp_path, monkeypatch) -> MeshHome:
    """An empty home. Opening its history sets variables, which are restored afterwards."""
    for name in ("MESH_HOME", "DAGSTER_HOME", "DO_NOT_TRACK", "DBT_SEND_ANONYMOUS_USAGE_STATS", "PATH"):
        monkeypatch.setenv(name, os.environ.get(name, ""))
    return MeshHome(tmp_path)


def test_a_home_without_a_history_has_no_readings_and_only_unknown_runs(home):
    with LineageHistory(home) as history:
        assert history.source_readings(ORDERS) == []
        assert history.publishing_run("540c55b8-99e9-4342-86f0-8ffbaf04d0d1") == UNKNOWN_RUN
    assert list(home.root.iterdir()) == []


def test_readings_are_listed_the_newest_first_and_an_unknown_run_is_no_error(home):
    environment.prepare(home)
    with DagsterInstance.from_config(str(home.dagster)) as instance:
        for sha256 in ("aa", "bb"):
            instance.report_runless_asset_event(
                AssetMaterialization(ORDERS, metadata={"sha256": sha256, "file": "/data/orders.csv"})
            )
        instance.report_runless_asset_event(AssetMaterialization(ORDERS))
    with LineageHistory(home) as history:
        path = Path("/data/orders.csv")
        assert history.source_readings(ORDERS) == [SourceReading("bb", path), SourceReading("aa", path)]
        assert history.source_readings(PortAddress("sales", "raw_items")) == []
        assert history.publishing_run("540c55b8-99e9-4342-86f0-8ffbaf04d0d1") == UNKNOWN_RUN
        assert history.publishing_run(None) == UNKNOWN_RUN
