"""The run events of one version: the run that built and published it, and its audit.

The standard: https://openlineage.io/docs/spec/object-model. Assertions belong to the inputs of a run, so the audit is a
run of its own, which reads the version.
"""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesh_capabilities.columns.derivation import Derivation
from mesh_capabilities.openlineage.facets import (
    PRODUCER,
    Naming,
    column_facet,
    event_url,
    facet,
    metrics_facet,
    schema_facet,
    source_dataset,
    version_facet,
)
from mesh_capabilities.run_history import PublishingRun
from mesh_platform.names import PortAddress
from mesh_platform.port.version import PortVersion

if TYPE_CHECKING:
    from mesh_platform.dagster.history import RecordedCheck

_RUN_IDS = uuid.UUID("6d2c4f5e-5a0e-5d9b-9c1a-7f5b0a6f3e21")
"""The namespace of run ids. A version has the same ids in every export, so sending it twice changes nothing."""


@dataclass(frozen=True)
class VersionRecord:
    """Everything that is known about one version."""

    version: PortVersion
    folder: Path
    sizes: Mapping[Path, int]
    """Its files with their bytes."""
    run: PublishingRun
    owner: str
    """`team:sales`."""
    description: str = ""
    purpose: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    """The description of each column in the contract of that time."""
    rules: Mapping[str, str] = field(default_factory=dict)
    """The sentence of each check in the current contract."""
    derivation: Derivation | None = None
    """The origins of its columns; None if the models have changed since or cannot be parsed."""
    sql: str = ""
    """The compiled SQL that built it; empty if the models have changed since."""
    code: str = ""
    """The model's file; empty if the models have changed since."""


def events(record: VersionRecord, naming: Naming) -> Iterator[dict[str, Any]]:
    """START and COMPLETE of the build, then START and COMPLETE of the audit. A rollback has no audit."""
    version, started = record.version, record.run.started
    begun = started if started and started <= version.committed else version.committed
    job = _job(record, naming)
    run = _run("publish", record, naming)
    yield _event("START", begun, run, job, _inputs(record, naming), [naming.of(version.address)])
    yield _event("COMPLETE", version.committed, run, job, _inputs(record, naming), [_output(record, naming)])
    if version.provenance.rolled_back_to is None:
        yield from _audit(record, naming)


def _audit(record: VersionRecord, naming: Naming) -> Iterator[dict[str, Any]]:
    version = record.version
    job = {"namespace": naming.namespace, "name": f"{version.address}.audit", "facets": _job_type("AUDIT")}
    run = _run("audit", record, naming)
    audited = {
        **naming.of(version.address),
        "facets": version_facet(version.major, version.number),
        "inputFacets": {
            **metrics_facet("DataQualityMetricsInputDatasetFacet", version, record.sizes),
            **facet("DataQualityAssertionsDatasetFacet", assertions=list(_assertions(record))),
        },
    }
    yield _event("START", version.committed, run, job, [naming.of(version.address)], [])
    yield _event("COMPLETE", version.committed, run, job, [audited], [])


def _assertions(record: VersionRecord) -> Iterator[dict[str, Any]]:
    """Every check of the run; without its history, one assertion with what the commit records about the audit."""
    provenance = record.version.provenance
    checks = record.run.checks.get(record.version.address)
    if checks:
        for check in checks:
            yield _assertion(check, record.rules)
        return
    yield {
        "assertion": "contract",
        "success": True,
        "name": f"{provenance.contract} {provenance.contract_version}",
        "severity": "error",
        "params": {"rules": provenance.rules, "warnings": provenance.warnings, "rows_set_aside": provenance.set_aside},
    }


def _assertion(check: "RecordedCheck", rules: Mapping[str, str]) -> dict[str, Any]:
    sentence = check.description or rules.get(check.name, "")
    assertion = {
        "assertion": check.name,
        "success": check.passed,
        "name": check.name,
        "severity": "warn" if check.warns else "error",
    }
    return {**assertion, **({"description": sentence} if sentence else {})}


def _event(kind: str, at: datetime, run: dict, job: dict, inputs: list[dict], outputs: list[dict]) -> dict[str, Any]:
    return {
        "eventType": kind,
        "eventTime": at.isoformat(),
        "producer": PRODUCER,
        "schemaURL": event_url(),
        "run": run,
        "job": job,
        "inputs": inputs,
        "outputs": outputs,
    }


def _run(step: str, record: VersionRecord, naming: Naming) -> dict[str, Any]:
    version = record.version
    name = f"{naming.namespace} {version.address} v{version.major} {version.number} {version.committed.isoformat()} {step}"
    facets: dict[str, Any] = {}
    with suppress(ValueError, TypeError):  # a run id that is not a UUID is not one of Dagster's
        parent = {"runId": str(uuid.UUID(version.provenance.run))}
        facets |= facet("ParentRunFacet", run=parent, job={"namespace": naming.namespace, "name": version.address.domain})
    if engine := version.provenance.engine:
        engine_name, _, number = engine.partition(" ")
        facets |= facet("ProcessingEngineRunFacet", name=engine_name, version=number)
    return {"runId": str(uuid.uuid5(_RUN_IDS, name)), "facets": facets}


def _job_type(kind: str) -> dict[str, Any]:
    return facet("JobTypeJobFacet", processingType="BATCH", integration="MESH", jobType=kind)


def _job(record: VersionRecord, naming: Naming) -> dict[str, Any]:
    facets = {**_job_type("PORT"), **facet("OwnershipJobFacet", owners=[{"name": record.owner, "type": "OWNER"}])}
    if record.purpose:
        facets |= facet("DocumentationJobFacet", description=record.purpose)
    if record.sql:
        facets |= facet("SQLJobFacet", query=record.sql, dialect="duckdb")
    if record.code:
        facets |= facet("SourceCodeJobFacet", language="dbt SQL", sourceCode=record.code)
    return {**naming.of(record.version.address), "facets": facets}


def _inputs(record: VersionRecord, naming: Naming) -> list[dict[str, Any]]:
    """The pinned versions and source files. A rollback reads the version whose data it serves again."""
    version, provenance = record.version, record.version.provenance
    if provenance.rolled_back_to is not None:
        return [{**naming.of(version.address), "facets": version_facet(version.major, provenance.rolled_back_to)}]
    ports = [
        {**naming.of(PortAddress.parse(name)), "facets": version_facet(provenance.majors.get(name, 1), number)}
        for name, number in sorted(provenance.inputs.items())
    ]
    sources = sorted(provenance.source.items())
    return ports + [source_dataset(naming, version.address.domain, table, sha256) for table, sha256 in sources]


def _output(record: VersionRecord, naming: Naming) -> dict[str, Any]:
    version = record.version
    facets = {
        **schema_facet(version, record.columns),
        **version_facet(version.major, version.number),
        **facet("OwnershipDatasetFacet", owners=[{"name": record.owner, "type": "OWNER"}]),
        **facet("StorageDatasetFacet", storageLayer="delta", fileFormat="parquet"),
        **facet("DatasourceDatasetFacet", name=str(version.address), uri=record.folder.as_uri()),
        **metrics_facet("DataQualityMetricsDatasetFacet", version, record.sizes),
    }
    if record.description:
        facets |= facet("DocumentationDatasetFacet", description=record.description)
    if record.derivation:
        facets |= column_facet(naming, record.derivation)
    written = {"rowCount": version.rows, "size": sum(record.sizes.values()), "fileCount": len(record.sizes)}
    output = {**naming.of(version.address), "facets": facets}
    # A run of an incremental port writes some days only, and these numbers are those of the whole version.
    return output if version.partition else {**output, "outputFacets": facet("OutputStatisticsOutputDatasetFacet", **written)}
