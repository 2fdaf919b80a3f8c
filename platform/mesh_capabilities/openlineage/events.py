"""The run events of one version: the run that built and published it, and the audit that it passed.

The standard: https://openlineage.io/docs/spec/object-model. An assertion belongs to what a run reads, so the audit
is a run of its own, which reads the version.
"""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from mesh_capabilities.columns.derivation import Derivation
from mesh_capabilities.openlineage.datasets import Naming, column_facet, measured, schema_facet, source, version_facet
from mesh_capabilities.openlineage.facets import PRODUCER, event_url, facet
from mesh_capabilities.openlineage.runs import CheckResult, PublishingRun
from mesh_platform.names import PortAddress
from mesh_platform.port.version import PortVersion

_IDS = uuid.UUID("6d2c4f5e-5a0e-5d9b-9c1a-7f5b0a6f3e21")
"""The name space of run ids: a version has the same ones whenever it is exported, so sending it twice changes nothing."""


@dataclass(frozen=True)
class Told:
    """Everything that is known of one version."""

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
    """What the contract of that time says of each column."""
    rules: Mapping[str, str] = field(default_factory=dict)
    """What the contract of now says of each check."""
    derivation: Derivation | None = None
    """What its columns are made of; None where the models have changed since, or cannot be followed."""
    sql: str = ""
    """The compiled SQL that made it; empty where the models have changed since."""
    code: str = ""
    """The model's file; empty where the models have changed since."""


def events(told: Told, naming: Naming) -> Iterator[dict[str, Any]]:
    """START and COMPLETE of the build, then START and COMPLETE of the audit; the audit is left out of a roll-back."""
    version = told.version
    begun = told.run.started if told.run.started and told.run.started <= version.committed else version.committed
    job = _job(told, naming)
    run = _run("publish", told, naming)
    yield _event("START", begun, run, job, _inputs(told, naming), [naming.of(version.address)])
    yield _event("COMPLETE", version.committed, run, job, _inputs(told, naming), [_output(told, naming)])
    if version.provenance.rolled_back_to is None:
        yield from _audit(told, naming)


def _audit(told: Told, naming: Naming) -> Iterator[dict[str, Any]]:
    version = told.version
    job = {"namespace": naming.namespace, "name": f"{version.address}.audit", "facets": _job_type("AUDIT")}
    run = _run("audit", told, naming)
    read = {
        **naming.of(version.address),
        "facets": version_facet(version.major, version.number),
        "inputFacets": {
            **measured("DataQualityMetricsInputDatasetFacet", version, told.sizes),
            **facet("DataQualityAssertionsDatasetFacet", assertions=list(_assertions(told))),
        },
    }
    yield _event("START", version.committed, run, job, [naming.of(version.address)], [])
    yield _event("COMPLETE", version.committed, run, job, [read], [])


def _assertions(told: Told) -> Iterator[dict[str, Any]]:
    """Every check of the run; where its history is gone, what the commit says: the contract as a whole was kept."""
    said = told.version.provenance
    checks = told.run.checks.get(told.version.address)
    if checks:
        for check in checks:
            yield _assertion(check, told.rules)
        return
    yield {
        "assertion": "contract",
        "success": True,
        "name": f"{said.contract} {said.contract_version}",
        "severity": "error",
        "params": {"rules": said.rules, "warnings": said.warnings, "rows_set_aside": said.set_aside},
    }


def _assertion(check: CheckResult, rules: Mapping[str, str]) -> dict[str, Any]:
    sentence = check.sentence or rules.get(check.name, "")
    found = {"assertion": check.name, "success": check.passed, "name": check.name, "severity": check.severity}
    return {**found, **({"description": sentence} if sentence else {})}


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


def _run(what: str, told: Told, naming: Naming) -> dict[str, Any]:
    version = told.version
    name = f"{naming.namespace} {version.address} v{version.major} {version.number} {version.committed.isoformat()} {what}"
    facets: dict[str, Any] = {}
    with suppress(ValueError, TypeError):  # a run that is no UUID was not Dagster's
        parent = {"runId": str(uuid.UUID(version.provenance.run))}
        facets |= facet("ParentRunFacet", run=parent, job={"namespace": naming.namespace, "name": version.address.domain})
    if engine := version.provenance.engine:
        engine_name, _, number = engine.partition(" ")
        facets |= facet("ProcessingEngineRunFacet", name=engine_name, version=number)
    return {"runId": str(uuid.uuid5(_IDS, name)), "facets": facets}


def _job_type(kind: str) -> dict[str, Any]:
    return facet("JobTypeJobFacet", processingType="BATCH", integration="MESH", jobType=kind)


def _job(told: Told, naming: Naming) -> dict[str, Any]:
    facets = {**_job_type("PORT"), **facet("OwnershipJobFacet", owners=[{"name": told.owner, "type": "OWNER"}])}
    if told.purpose:
        facets |= facet("DocumentationJobFacet", description=told.purpose)
    if told.sql:
        facets |= facet("SQLJobFacet", query=told.sql, dialect="duckdb")
    if told.code:
        facets |= facet("SourceCodeJobFacet", language="dbt SQL", sourceCode=told.code)
    return {**naming.of(told.version.address), "facets": facets}


def _inputs(told: Told, naming: Naming) -> list[dict[str, Any]]:
    """The versions and files consumed; a roll-back reads the version whose data it serves again."""
    version, said = told.version, told.version.provenance
    if said.rolled_back_to is not None:
        return [{**naming.of(version.address), "facets": version_facet(version.major, said.rolled_back_to)}]
    ports = [
        {**naming.of(PortAddress.parse(name)), "facets": version_facet(said.majors.get(name, 1), number)}
        for name, number in sorted(said.inputs.items())
    ]
    return ports + [source(naming, version.address.domain, table, digest) for table, digest in sorted(said.source.items())]


def _output(told: Told, naming: Naming) -> dict[str, Any]:
    version = told.version
    facets = {
        **schema_facet(version, told.columns),
        **version_facet(version.major, version.number),
        **facet("OwnershipDatasetFacet", owners=[{"name": told.owner, "type": "OWNER"}]),
        **facet("StorageDatasetFacet", storageLayer="delta", fileFormat="parquet"),
        **facet("DatasourceDatasetFacet", name=str(version.address), uri=told.folder.as_uri()),
        **measured("DataQualityMetricsDatasetFacet", version, told.sizes),
    }
    if told.description:
        facets |= facet("DocumentationDatasetFacet", description=told.description)
    if told.derivation:
        facets |= column_facet(naming, told.derivation)
    written = {"rowCount": version.rows, "size": sum(told.sizes.values()), "fileCount": len(told.sizes)}
    output = {**naming.of(version.address), "facets": facets}
    # Of a port that grows, a run writes some days; the version is all of them.
    return output if version.partition else {**output, "outputFacets": facet("OutputStatisticsOutputDatasetFacet", **written)}
