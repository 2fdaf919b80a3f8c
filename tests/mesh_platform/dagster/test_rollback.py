"""A rollback is reported to Dagster like any other new version."""

import pytest
from dagster import AssetKey, DagsterInstance

from mesh_platform.dagster.history import roll_back_port
from mesh_platform.errors import ContractViolation, UnknownPort
from mesh_platform.names import PortAddress
from mesh_platform.project import load_project
from support.commands import COLUMNS, publish, shop

__all__ = ["publish", "shop"]
THINGS = PortAddress("shop", "things")

pytestmark = pytest.mark.usefixtures("own_environment")


@pytest.fixture
def project(shop, publish, monkeypatch):
    """A mesh in which shop/things has the versions 0 and 1, of 10 and 11 rows."""
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    for number in range(2):
        publish(f"({number}, 1, 'x')", rows=10 + number)
    return load_project(shop.root)


def test_going_back_shows_in_dagster_as_a_new_version(project):
    version = roll_back_port(project, THINGS, 0)
    assert (version.number, version.rows) == (2, 10)
    with DagsterInstance.get() as instance:
        event = instance.get_latest_materialization_event(AssetKey(["shop", "things"])).asset_materialization
    metadata = {key: value.value for key, value in event.metadata.items()}
    assert (metadata["version"], metadata["dagster/row_count"], metadata["rolled back to"]) == (2, 10, 0)
    assert event.tags["dagster/data_version"] == "v2"
    assert str(project.home.dagster) == instance.root_directory


def test_going_back_to_nowhere_tells_dagster_nothing(project):
    with pytest.raises(UnknownPort):
        roll_back_port(project, THINGS, 7)
    assert not project.home.dagster.exists()
    with pytest.raises(UnknownPort, match="shop/nothing is not published yet"):
        roll_back_port(project, PortAddress("shop", "nothing"), 0)


def test_what_is_not_served_again_is_not_reported(project, shop):
    quality = [{"metric": "rowCount", "mustBeGreaterThan": 5}]
    shop.contract("things", "shop", COLUMNS, quality)
    with pytest.raises(ContractViolation, match="version 0 breaks"):
        roll_back_port(project, THINGS, 0)
    assert not project.home.dagster.exists()
