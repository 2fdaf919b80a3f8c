"""A domain that reads a partitioned port of another one: its automation goes on while that port is filled day by day."""

import time
from types import SimpleNamespace

import dagster as dg
import pytest
from dagster._core.execution.backfill import PartitionBackfill

from mesh_platform.build.port_graph import PortModel
from mesh_platform.contract.document import load_contract
from mesh_platform.dagster.port_assets import port_assets
from mesh_platform.dagster.source_assets import WarehouseResource, table_source_asset
from mesh_platform.dagster.specs import partitioned_inputs
from mesh_platform.names import PortAddress
from mesh_platform.port.version import Provenance
from mesh_platform.product.offer import load_offer
from mesh_platform.publish.candidate import Candidate

DAY = {"name": "day", "logicalType": "date", "physicalType": "DATE", "partitioned": True, "primaryKey": True, "required": True}
BOUNDS = {"logicalTypeOptions": {"minimum": "2017-01-01", "exclusiveMaximum": "2018-01-01"}}
EVENTS = PortAddress("sales", "events")
WAREHOUSE = {"warehouse": WarehouseResource(database="none")}
READER = PortModel("things", "models/ports/things.sql", ("things",), (), (), (EVENTS,), ())


@pytest.fixture
def offer(company, parquet):
    """The shop, which reads a port that sales partitions by day and has published once."""
    contract = load_contract(company.contract("events", "sales", [DAY | BOUNDS]), company.root)
    candidate = Candidate(contract, company.domain("sales").home, None)
    parquet("SELECT DATE '2017-01-01' AS day", candidate.path)
    candidate.files()
    candidate.publish(Provenance(contract.id, contract.version, contract.file, contract.digest, 1, 1))
    domain = company.domain("shop")
    company.contract("things")
    company.product("things", inputPorts=[{"name": "events", "version": "1.0.0", "contractId": "sales.events.v1"}])
    return load_offer(domain)


@pytest.fixture(params=["a port", "a source of tables"])
def assets(request, offer):
    """What the shop builds from that port: its own port, or tables that are read after it."""
    if request.param == "a port":
        return [port_assets(offer, {"things": READER}, [])]
    source = SimpleNamespace(asset_name="raw", follows=lambda domain: [EVENTS], description=lambda domain: "Tables.")
    return [table_source_asset(offer.domain, source)]


def evaluate_during_a_backfill(assets, days):
    """Evaluates the automation of these assets while two days of sales/events are being filled."""
    backfill = PartitionBackfill.from_asset_partitions(
        asset_graph=dg.Definitions(assets=[dg.AssetSpec(list(EVENTS), partitions_def=days)]).resolve_asset_graph(),
        backfill_id="two-days",
        tags={},
        backfill_timestamp=time.time(),
        asset_selection=[dg.AssetKey(EVENTS)],
        partition_names=["2017-01-02", "2017-01-03"],
        dynamic_partitions_store=None,
        all_partitions=False,
        title=None,
        description=None,
        run_config=None,
    )
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_backfill(backfill)
        return dg.evaluate_automation_conditions(dg.Definitions(assets, resources=WAREHOUSE), instance).total_requested


def test_the_automation_of_a_reader_is_evaluated_while_its_input_is_filled_day_by_day(offer, assets):
    (events,) = partitioned_inputs(offer.domain, assets)
    assert (events.key, events.partitions_def.get_last_partition_key()) == (dg.AssetKey(EVENTS), "2017-12-31")
    evaluate_during_a_backfill([*assets, events], events.partitions_def)
    with pytest.raises(Exception, match="Error while evaluating conditions for shop/"):
        evaluate_during_a_backfill(assets, events.partitions_def)  # what the declaration is for


def test_an_input_without_partitions_and_one_whose_contract_does_not_load_are_left_to_dagster(offer, assets, company):
    company.contract("events", "sales", [DAY | {"partitioned": False}])
    assert partitioned_inputs(offer.domain, assets) == []
    company.write("domains/sales/contracts/events.v1.odcs.yaml", "{")
    assert partitioned_inputs(offer.domain, assets) == []
    company.write("domains/sales/contracts/events.vx.odcs.yaml", "{}")
    assert partitioned_inputs(offer.domain, assets) == []
