"""A generated mesh of any size: descriptors, contracts, published versions, and compiled SQL.

Running dbt a hundred times would measure dbt. So this module generates the manifest and the compiled models, and the
platform's own code keeps them as after a run of dbt. Everything else is real: the files are ordinary files, and the ports are
Delta tables that share one Parquet file, since no step reads its rows.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb

from mesh_capabilities import compiled_models
from mesh_platform.build import dbt
from mesh_platform.build.dbt import CompiledModel
from mesh_platform.build.port_graph import load_port_graph
from mesh_platform.contract.document import load_contract
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.version import Provenance
from mesh_platform.project import DomainFolder, Project, load_project

_TYPES = (("integer", "BIGINT"), ("string", "VARCHAR"), ("timestamp", "TIMESTAMPTZ"), ("number", "DECIMAL(12,2)"))
_CLASSES = ("internal", "public", "confidential", "internal", "personal")


@dataclass(frozen=True)
class Size:
    """The size of a mesh: each product has one port, and all ports have the same number of columns."""

    domains: int
    products: int
    columns: int

    def __str__(self) -> str:
        return f"{self.domains} × {self.products} × {self.columns}"

    @property
    def names(self) -> list[str]:
        return [f"d{number:03d}" for number in range(self.domains)]

    @property
    def ports(self) -> list[str]:
        return [f"p{number:03d}" for number in range(self.products)]

    @property
    def column_names(self) -> list[str]:
        return ["id", *(f"value_{number:02d}" for number in range(1, self.columns))]


def make(folder: Path, size: Size) -> Project:
    """Writes the mesh into an empty folder, with its home in the subfolder `.mesh`."""
    entries = "".join(f"  - python_module: {{module_name: {n}.definitions, location_name: {n}}}\n" for n in size.names)
    _write(folder / "workspace.yaml", f"load_from:\n{entries}")
    for number, domain in enumerate(size.names):
        before = size.names[number - 1] if number else None
        _write(
            folder / "domains" / domain / "domain.yaml",
            f"name: {domain}\ntitle: Domain {number}\ndescription: One of many.\nowner: team:{domain}\nchannel: '#{domain}'\n",
        )
        _write(folder / "dbt_projects" / domain / "dbt_project.yml", f"name: {domain}\n")
        for port in size.ports:
            _write(folder / "domains" / domain / "products" / f"{port}.odps.yaml", _product(domain, port, before))
            _write(folder / "domains" / domain / "contracts" / f"{port}.v1.odcs.yaml", _contract(domain, port, size))
            for place, sql in _models(domain, port, before, size):
                _write(folder / "dbt_projects" / domain / place, sql)
    project = load_project(folder)
    for number, domain in enumerate(project.domains.values()):
        keep_dbt(domain, size, size.names[number - 1] if number else None)
    _publish(project, size)
    return project


def keep_dbt(domain: DomainFolder, size: Size, before: str | None) -> None:
    """Lets the platform keep the manifest and the compiled SQL of the domain's current files."""
    models = [
        CompiledModel(
            name=Path(place).stem,
            schema="main" if "ports" in place else "main_staging",
            file=place,
            materialized="port" if "ports" in place else "view",
            sql=(domain.dbt_project / place).read_text(encoding="utf-8"),
            node=Path(place).stem,
        )
        for port in size.ports
        for place, _ in _models(domain.name, port, before, size)
    ]
    manifest = _manifest(domain.name, size, before)
    with mock.patch.object(dbt, "parse", lambda _: manifest), mock.patch.object(compiled_models, "compiled", lambda _: models):
        load_port_graph(domain)
        compiled_models.load_compiled(domain)


def publish_once_more(project: Project, address: PortAddress, size: Size) -> None:
    """Adds a version to one port, with the same commit as before."""
    log = project.home.port(address, 1) / "_delta_log"
    lines = [json.loads(line) for line in (log / f"{0:020d}.json").read_text(encoding="utf-8").splitlines()]
    kept = [line for line in lines if not {"protocol", "metaData"} & line.keys()]
    number = len(list(log.glob("*.json")))
    _write(log / f"{number:020d}.json", "".join(f"{json.dumps(line)}\n" for line in kept))


def _product(domain: str, port: str, before: str | None) -> str:
    inputs = f"inputPorts:\n  - {{name: {before}/{port}, version: 1.0.0, contractId: {before}.{port}.v1}}\n" if before else ""
    return (
        f"apiVersion: v1.0.0\nkind: DataProduct\nid: {domain}.{port}\nname: {port}\nversion: 1.0.0\nstatus: active\n"
        f"domain: {domain}\ntags: [aggregate]\ndescription:\n  purpose: To be one of many.\n{inputs}"
        f"outputPorts:\n  - {{name: {port}, type: delta, version: 1.0.0, contractId: {domain}.{port}.v1}}\n"
        f"team:\n  name: {domain}\nsupport:\n  - {{channel: '#{domain}', url: 'mailto:{domain}@example.com'}}\n"
        "customProperties:\n  - {property: tier, value: silver}\n"
    )


def _contract(domain: str, port: str, size: Size) -> str:
    properties = []
    for place, name in enumerate(size.column_names):
        logical, physical = _TYPES[place % len(_TYPES)]
        key = "        primaryKey: true\n        required: true\n" if not place else ""
        properties.append(
            f"      - name: {name}\n        description: Column {place} of {port}.\n        logicalType: {logical}\n"
            f"        physicalType: {physical}\n{key}        classification: {_CLASSES[place % len(_CLASSES)]}\n"
        )
    return (
        f"apiVersion: v3.1.0\nkind: DataContract\nid: {domain}.{port}.v1\nname: {port}\nversion: 1.0.0\nstatus: active\n"
        f"domain: {domain}\ndataProduct: {port}\ndescription:\n  purpose: To be one of many.\n"
        f"schema:\n  - name: {port}\n    physicalType: table\n    description: Rows of {port}.\n"
        f"    dataGranularityDescription: One row a thing.\n    properties:\n{''.join(properties)}"
        "    quality:\n      - {name: has_rows, metric: rowCount, mustBeGreaterThan: 0, description: There is a row.}\n"
        "slaProperties:\n  - {property: frequency, value: 1, unit: d}\n  - {property: retention, value: 1, unit: y}\n"
        "customProperties:\n  - {property: processingPurpose, value: to measure}\n  - {property: legalBasis, value: contract}\n"
        f"team:\n  name: {domain}\nsupport:\n  - {{channel: '#{domain}'}}\n"
    )


def _models(domain: str, port: str, before: str | None, size: Size) -> Iterator[tuple[str, str]]:
    """A view over the source, and the port: its own rows, completed by those of the previous domain's port."""
    listing = ",\n    ".join(size.column_names)
    yield f"models/staging/stg_{port}.sql", f"select\n    {listing}\nfrom raw.{port}\nwhere id is not null\n"
    own = f"with own as (\n    select * from main_staging.stg_{port}\n)"
    if before is None:
        yield f"models/ports/{port}.sql", f"{own}\nselect\n    {listing}\nfrom own\n"
        return
    completed = ",\n    ".join(
        f"own.{name}" if place % 2 == 0 else f"coalesce(own.{name}, other.{name}) as {name}"
        for place, name in enumerate(size.column_names)
    )
    yield (
        f"models/ports/{port}.sql",
        f"{own},\nother as (\n    select * from {before}.{port}\n)\nselect\n    {completed}\nfrom own\n"
        "left join other on own.id = other.id\n",
    )


def _manifest(domain: str, size: Size, before: str | None) -> Mapping[str, Any]:
    """The part of dbt's manifest that the platform reads."""
    nodes, sources = {}, {}
    for port in size.ports:
        raw, other = f"source.{domain}.raw.{port}", f"source.{domain}.{before}.{port}"
        staging, model = f"model.{domain}.stg_{port}", f"model.{domain}.{port}"
        sources[raw] = _source(domain, "raw", port, {})
        nodes[staging] = _node(f"stg_{port}", f"models/staging/stg_{port}.sql", "view", [raw])
        nodes[model] = _node(port, f"models/ports/{port}.sql", "port", [staging, *([other] if before else [])])
        if before:
            sources[other] = _source(domain, before, port, {"meta": {"dagster": {"asset_key": [before, port]}}})
    return {"nodes": nodes, "sources": sources}


def _source(database: str, schema: str, table: str, config: Mapping[str, Any]) -> Mapping[str, Any]:
    read = {"database": database, "schema": schema, "identifier": table, "relation_name": f'"{database}"."{schema}"."{table}"'}
    return {"source_name": schema, "name": table, "config": config, "original_file_path": "models/sources.yml", **read}


def _node(name: str, file: str, materialized: str, reads: list[str]) -> Mapping[str, Any]:
    kind = {"resource_type": "model", "config": {"materialized": materialized}, "depends_on": {"nodes": reads}}
    return {"name": name, "alias": name, "schema": "main", "original_file_path": file, **kind}


def _publish(project: Project, size: Size) -> None:
    """Publishes one version of every port: the first by the platform, the others as copies of its folder under other names."""
    first = PortAddress(size.names[0], size.ports[0])
    contract = load_contract(project.root / f"domains/{first.domain}/contracts/{first.port}.v1.odcs.yaml", project.root)
    candidate = project.home.candidates(first.domain) / "candidate.parquet"
    candidate.parent.mkdir(parents=True)
    columns = ", ".join(f"NULL::{column.type} AS {column.name}" for column in contract.columns)
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT {columns}) TO '{candidate}' (FORMAT parquet)")
    provenance = Provenance(contract.id, contract.version, contract.file, contract.digest, rows=1, rules=3)
    version = OutputPort(first, project.home.port(first, 1)).publish(candidate, contract, provenance)
    template = project.home.port(first, 1)
    lines = [json.loads(line) for line in (template / "_delta_log" / f"{0:020d}.json").read_text().splitlines()]
    for number, domain in enumerate(size.names):
        for port in size.ports:
            address = PortAddress(domain, port)
            if address == first:
                continue
            folder = project.home.port(address, 1)
            inputs = {f"{size.names[number - 1]}/{port}": 0} if number else {}
            file = f"domains/{domain}/contracts/{port}.v1.odcs.yaml"
            own = replace(provenance, contract=f"{domain}.{port}.v1", contract_file=file, inputs=inputs)
            info = own.as_metadata()
            changed = [{"commitInfo": line["commitInfo"] | info} if "commitInfo" in line else line for line in lines]
            _write(folder / "_delta_log" / f"{0:020d}.json", "".join(f"{json.dumps(line)}\n" for line in changed))
            for part in version.files:
                os.link(part, folder / part.name)
    shutil.rmtree(candidate.parent)


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def size_of(text: str) -> Size:
    """The size that `100x50x20` names."""
    return Size(*map(int, text.split("x")))


def described(size: Size) -> dict[str, int]:
    """The size as the results file stores it."""
    return asdict(size)
