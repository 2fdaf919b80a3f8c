"""A rollback is reported to Dagster like any other new version."""

import pytest
from dagster import AssetKey, DagsterInstance

from mesh_platform.contract.column import Column
from mesh_platform.contract.contract import Contract
from mesh_platform.dagster.history import roll_back_port
from mesh_platform.errors import UnknownPort
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.version import Provenance

ORDERS = PortAddress("sales", "orders")
CONTRACT = Contract("sales.orders.v1", "1.0.0", ORDERS, "orders", "", "", (Column("id", "INTEGER"),), (), (), None, "", "")

pytestmark = pytest.mark.usefixtures("own_environment")


@pytest.fixture
def home(tmp_path, parquet, monkeypatch):
    """A home in which sales/orders has the versions 0 and 1, of 10 and 11 rows."""
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    home = MeshHome(tmp_path / "home")
    for number in range(2):
        provenance = Provenance("sales.orders.v1", "1.0.0", "", "", rows=10 + number, rules=1)
        OutputPort(ORDERS, home.port(ORDERS, 1)).publish(parquet(f"SELECT {number} AS id"), CONTRACT, provenance)
    return home


def test_going_back_shows_in_dagster_as_a_new_version(home):
    version = roll_back_port(home, ORDERS, 0)
    assert (version.number, version.rows) == (2, 10)
    with DagsterInstance.get() as instance:
        event = instance.get_latest_materialization_event(AssetKey(["sales", "orders"])).asset_materialization
    metadata = {key: value.value for key, value in event.metadata.items()}
    assert (metadata["version"], metadata["dagster/row_count"], metadata["rolled back to"]) == (2, 10, 0)
    assert event.tags["dagster/data_version"] == "v2"
    assert str(home.dagster) == instance.root_directory


def test_going_back_to_nowhere_tells_dagster_nothing(home):
    with pytest.raises(UnknownPort):
        roll_back_port(home, ORDERS, 7)
    assert not home.dagster.exists()
    with pytest.raises(UnknownPort, match="There is sales/orders|Did you mean"):
        roll_back_port(home, PortAddress("sales", "nothing"), 0)
