"""The events of one version: validated by the official schemas, and without the facets that are not known."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from jsonschema import ValidationError

from mesh_capabilities.columns.derivation import Derivation, Origin, Relation
from mesh_capabilities.openlineage.facets import Naming
from mesh_capabilities.openlineage.version_events import VersionRecord, events
from mesh_capabilities.run_history import PublishingRun
from mesh_platform.dagster.history import RecordedCheck
from mesh_platform.names import PortAddress
from mesh_platform.port.version import PortVersion, Provenance

NOW = datetime(2026, 11, 25, 9, 0, 0, 123000, tzinfo=UTC)
RUN = "540c55b8-99e9-4342-86f0-8ffbaf04d0d1"
ORDERS = PortAddress("sales", "orders")
PROVENANCE = Provenance(
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
def record(parquet):
    file = parquet("SELECT * FROM (VALUES (1, NULL), (2, 'x')) t(id, note)")
    version = PortVersion(ORDERS, 7, NOW, PROVENANCE, (file,), ("id", "note"), types=("INTEGER", "VARCHAR"))
    sources = Relation("sales", "raw_orders")
    derivation = Derivation(
        {"id": frozenset({Origin(sources, "id")}), "note": frozenset()},
        dict.fromkeys(["id", "note"], frozenset({Origin(sources, "status"), Origin(sources, "id")})),
        frozenset(),
    )
    required = RecordedCheck(tuple(ORDERS), "required", NOW, True, False, {}, "id is never null.")
    checks = {ORDERS: [required, RecordedCheck(tuple(ORDERS), "notes", NOW, False, True, {})]}
    return VersionRecord(
        version,
        file.parent,
        {file: file.stat().st_size},
        PublishingRun(NOW - timedelta(seconds=5), checks),
        "team:sales",
        "One row per order.",
        "To know the orders.",
        {"id": "Identifies the order."},
        {"notes": "note is mostly there."},
        derivation,
        "select 1",
        "select {{ 1 }}",
    )


def events_of(record):
    return list(events(record, Naming("mesh")))


def test_a_version_is_a_run_that_starts_and_completes_and_then_its_audit(record, check_event):
    run_events = events_of(record)
    for event in run_events:
        check_event(event)
    assert [(one["eventType"], one["job"]["name"]) for one in run_events] == [
        ("START", "sales/orders"),
        ("COMPLETE", "sales/orders"),
        ("START", "sales/orders.audit"),
        ("COMPLETE", "sales/orders.audit"),
    ]
    assert [one["eventTime"][:19] for one in run_events[:2]] == ["2026-11-25T08:59:55", "2026-11-25T09:00:00"]
    assert run_events[0]["run"]["runId"] == run_events[1]["run"]["runId"] != run_events[2]["run"]["runId"]


def test_the_output_has_schema_columns_version_owner_and_quality(record):
    (output,) = events_of(record)[1]["outputs"]
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


def test_the_inputs_are_the_pinned_versions_and_the_hashes_of_files(record):
    versions = {one["name"]: one["facets"]["version"]["datasetVersion"] for one in events_of(record)[1]["inputs"]}
    assert versions == {"shop/things": "v1@4", "sales/raw_orders": f"sha256:{'ab' * 32}"}


def test_the_audit_asserts_the_result_of_each_check(record):
    assertions = events_of(record)[3]["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert [(one["assertion"], one["success"], one["severity"], one["description"]) for one in assertions] == [
        ("required", True, "error", "id is never null."),
        ("notes", False, "warn", "note is mostly there."),
    ]


def test_a_version_has_the_same_ids_in_every_export(record):
    again = replace(record, run=PublishingRun(None, {}))
    assert [one["run"]["runId"] for one in events_of(record)] == [one["run"]["runId"] for one in events_of(again)]
    other = replace(record, version=replace(record.version, number=8))
    assert not {one["run"]["runId"] for one in events_of(record)} & {one["run"]["runId"] for one in events_of(other)}


def test_facets_that_are_not_known_are_left_out(record, check_event):
    provenance = replace(PROVENANCE, run=None, engine=None)
    bare = VersionRecord(
        replace(record.version, provenance=provenance, readable=False),
        record.folder,
        record.sizes,
        PublishingRun(None, {}),
        "team:x",
    )
    run_events = events_of(bare)
    for event in run_events:
        check_event(event)
    assert run_events[0]["run"]["facets"] == {}
    assert not {"columnLineage", "documentation"} & run_events[1]["outputs"][0]["facets"].keys()
    assert not {"sql", "sourceCode"} & run_events[1]["job"]["facets"].keys()
    (contract,) = run_events[3]["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert (contract["assertion"], contract["params"]["warnings"]) == ("contract", 1)


def test_a_rollback_reads_the_version_that_it_serves_again_and_has_no_audit(record, check_event):
    back = replace(record, version=replace(record.version, provenance=replace(PROVENANCE, rolled_back_to=3)))
    run_events = events_of(back)
    for event in run_events:
        check_event(event)
    assert [one["eventType"] for one in run_events] == ["START", "COMPLETE"]
    (read,) = run_events[1]["inputs"]
    assert (read["name"], read["facets"]["version"]["datasetVersion"]) == ("sales/orders", "v1@3")


def test_the_schemas_refuse_invalid_events_and_facets(record, check_event):
    event = events_of(record)[1]
    for invalid in (
        {key: value for key, value in event.items() if key != "run"},
        {**event, "run": {"runId": "17", "facets": {}}},
        {**event, "eventTime": "yesterday"},
        {**event, "eventType": "DONE"},
    ):
        with pytest.raises((ValidationError, ValueError)):
            check_event(invalid)
    del event["outputs"][0]["facets"]["version"]["datasetVersion"]
    with pytest.raises(ValidationError):
        check_event(event)
