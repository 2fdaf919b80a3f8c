"""The events of one version, held against the official schemas, and what they leave out when it is not known."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from jsonschema import ValidationError

from mesh_capabilities.columns.derivation import Derivation, Origin, Relation
from mesh_capabilities.openlineage.datasets import Naming
from mesh_capabilities.openlineage.events import Told, events
from mesh_capabilities.openlineage.runs import CheckResult, PublishingRun
from mesh_platform.names import PortAddress
from mesh_platform.port.version import PortVersion, Provenance

NOW = datetime(2026, 11, 25, 9, 0, 0, 123000, tzinfo=UTC)
RUN = "540c55b8-99e9-4342-86f0-8ffbaf04d0d1"
ORDERS = PortAddress("sales", "orders")
SAID = Provenance(
    "sales.orders.v1",
    "1.0.0",
    "orders.yaml",
    "d" * 64,
    2,
    3,
    warnings=1,
    run=RUN,
    inputs={"shop/things": 4},
    source={"orders": "ab" * 32},
    engine="duckdb 1.5.5",
)


@pytest.fixture
def told(parquet):
    file = parquet("SELECT * FROM (VALUES (1, NULL), (2, 'x')) t(id, note)")
    version = PortVersion(ORDERS, 7, NOW, SAID, (file,), ("id", "note"), types=("INTEGER", "VARCHAR"))
    sources = Relation("sales", "raw_orders")
    derivation = Derivation(
        {"id": frozenset({Origin(sources, "id")}), "note": frozenset()},
        dict.fromkeys(["id", "note"], frozenset({Origin(sources, "status"), Origin(sources, "id")})),
        frozenset(),
    )
    checks = {ORDERS: [CheckResult("required", True, "error", "id is never empty."), CheckResult("notes", False, "warn")]}
    return Told(
        version,
        file.parent,
        {file: file.stat().st_size},
        PublishingRun(NOW - timedelta(seconds=5), checks),
        "team:sales",
        "One row an order.",
        "To know the orders.",
        {"id": "Identifies the order."},
        {"notes": "note is mostly there."},
        derivation,
        "select 1",
        "select {{ 1 }}",
    )


def made(told):
    return list(events(told, Naming("mesh")))


def test_a_version_is_a_run_that_starts_and_completes_and_then_its_audit(told, check_event):
    found = made(told)
    for event in found:
        check_event(event)
    assert [(one["eventType"], one["job"]["name"]) for one in found] == [
        ("START", "sales/orders"),
        ("COMPLETE", "sales/orders"),
        ("START", "sales/orders.audit"),
        ("COMPLETE", "sales/orders.audit"),
    ]
    assert [one["eventTime"][:19] for one in found[:2]] == ["2026-11-25T08:59:55", "2026-11-25T09:00:00"]
    assert found[0]["run"]["runId"] == found[1]["run"]["runId"] != found[2]["run"]["runId"]


def test_the_output_says_schema_columns_version_owner_quality_and_words(told):
    (output,) = made(told)[1]["outputs"]
    facets = output["facets"]
    assert facets["version"]["datasetVersion"] == "v1@7"
    assert facets["schema"]["fields"] == [
        {"name": "id", "type": "INTEGER", "ordinal_position": 1, "description": "Identifies the order."},
        {"name": "note", "type": "VARCHAR", "ordinal_position": 2},
    ]
    assert facets["ownership"]["owners"] == [{"name": "team:sales", "type": "OWNER"}]
    assert facets["dataQualityMetrics"]["columnMetrics"] == {"id": {"nullCount": 0}, "note": {"nullCount": 1}}
    kinds = {field["field"]: field["transformations"] for field in facets["columnLineage"]["fields"]["id"]["inputFields"]}
    assert kinds == {"id": [{"type": "DIRECT"}], "status": [{"type": "INDIRECT"}]}
    assert output["outputFacets"]["outputStatistics"]["rowCount"] == 2


def test_the_inputs_are_the_pinned_versions_and_the_hashes_of_files(told):
    versions = {one["name"]: one["facets"]["version"]["datasetVersion"] for one in made(told)[1]["inputs"]}
    assert versions == {"shop/things": "v1@4", "sales/raw_orders": f"sha256:{'ab' * 32}"}


def test_the_audit_asserts_what_each_check_found(told):
    found = made(told)[3]["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert [(one["assertion"], one["success"], one["severity"], one["description"]) for one in found] == [
        ("required", True, "error", "id is never empty."),
        ("notes", False, "warn", "note is mostly there."),
    ]


def test_a_version_has_the_same_ids_whenever_it_is_told(told):
    again = replace(told, run=PublishingRun(None, {}))
    assert [one["run"]["runId"] for one in made(told)] == [one["run"]["runId"] for one in made(again)]
    other = replace(told, version=replace(told.version, number=8))
    assert not {one["run"]["runId"] for one in made(told)} & {one["run"]["runId"] for one in made(other)}


def test_what_is_not_known_is_left_out_and_not_made_up(told, check_event):
    said = replace(SAID, run=None, engine=None)
    bare = Told(
        replace(told.version, provenance=said, readable=False), told.folder, told.sizes, PublishingRun(None, {}), "team:x"
    )
    found = made(bare)
    for event in found:
        check_event(event)
    assert found[0]["run"]["facets"] == {}
    assert not {"columnLineage", "documentation"} & found[1]["outputs"][0]["facets"].keys()
    assert not {"sql", "sourceCode"} & found[1]["job"]["facets"].keys()
    (contract,) = found[3]["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert (contract["assertion"], contract["params"]["warnings"]) == ("contract", 1)


def test_a_roll_back_reads_the_version_that_it_serves_again_and_audits_nothing(told, check_event):
    back = replace(told, version=replace(told.version, provenance=replace(SAID, rolled_back_to=3)))
    found = made(back)
    for event in found:
        check_event(event)
    assert [one["eventType"] for one in found] == ["START", "COMPLETE"]
    (read,) = found[1]["inputs"]
    assert (read["name"], read["facets"]["version"]["datasetVersion"]) == ("sales/orders", "v1@3")


def test_the_schemas_refuse_what_is_no_run_event_and_a_facet_without_its_fields(told, check_event):
    event = made(told)[1]
    for spoilt in (
        {key: value for key, value in event.items() if key != "run"},
        {**event, "run": {"runId": "17", "facets": {}}},
        {**event, "eventTime": "yesterday"},
        {**event, "eventType": "DONE"},
    ):
        with pytest.raises((ValidationError, ValueError)):
            check_event(spoilt)
    del event["outputs"][0]["facets"]["version"]["datasetVersion"]
    with pytest.raises(ValidationError):
        check_event(event)
