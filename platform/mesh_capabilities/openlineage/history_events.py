"""The events of all versions of a mesh, put together from commits, contracts, models and Dagster's history."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import yaml

from mesh_capabilities.columns.mesh_lineage import MeshColumns, load_mesh_columns
from mesh_capabilities.compiled_models import load_compiled
from mesh_capabilities.kept_contracts import kept_contract
from mesh_capabilities.openlineage.facets import Naming
from mesh_capabilities.openlineage.version_events import VersionRecord, events
from mesh_capabilities.run_history import LineageHistory
from mesh_isolation.team_files import UnreadableFile, code_digest, read_team_text
from mesh_platform.build.dbt import CompiledModel
from mesh_platform.build.port_graph import PortModel, load_port_graph
from mesh_platform.contract.contract import Contract
from mesh_platform.errors import MeshError, PortDamaged, UnknownPort
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.shelf import port_folders
from mesh_platform.port.version import PortVersion
from mesh_platform.port.whole_versions import listed_version
from mesh_platform.product.descriptor import DataProduct
from mesh_platform.product.offer import Offer, load_offer
from mesh_platform.project import Project


def history_events(project: Project, ports: Collection[PortAddress], naming: Naming) -> Iterator[dict[str, Any]]:
    """The events of every version that has a commit, in the order of the commits.

    Args:
        project: the mesh.
        ports: only these; empty for all.
        naming: names jobs and datasets.

    Raises UnknownPort if one of `ports` is not published.
    """
    folders = [port for port in port_folders(project.home) if port.published]
    for address in ports:
        if address not in {port.address for port in folders}:
            raise UnknownPort(f"{address} has no published version.", "`mesh status` lists the ports.")
    chosen = [port for port in folders if not ports or port.address in ports]
    versions = sorted(
        ((version, port) for port in chosen for version in port.history()),
        key=lambda pair: (pair[0].committed, pair[0].address, pair[0].number),
    )
    current = _CurrentMesh(project)
    with LineageHistory(project.home) as runs:
        for version, port in versions:
            with suppress(PortDamaged):  # `mesh status` reports it
                yield from events(_record(version, port, current, runs), naming)


class _CurrentMesh:
    """The current state of the domains, each loaded once. Of a domain that does not load, only the commits are known."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.columns: MeshColumns = load_mesh_columns(project)
        self._offers: dict[str, Offer | None] = {}
        self._models: dict[str, Mapping[str, CompiledModel]] = {}
        self._graphs: dict[str, Mapping[str, PortModel]] = {}

    def offer(self, domain: str) -> Offer | None:
        if domain not in self._offers:
            self._offers[domain] = None
            with suppress(MeshError, KeyError):
                self._offers[domain] = load_offer(self.project.domains[domain])
        return self._offers[domain]

    def contract(self, version: PortVersion) -> Contract | None:
        offer = self.offer(version.address.domain)
        return offer.contracts.get(version.address.port) if offer else None

    def product(self, version: PortVersion) -> DataProduct | None:
        offer = self.offer(version.address.domain)
        if offer is None or version.address.port not in offer.contracts:
            return None
        return offer.product_of(version.address.port)

    def model(self, version: PortVersion) -> CompiledModel | None:
        """The model that built the version; None if the models of the port have changed since."""
        domain = version.address.domain
        if domain not in self._models:
            self._models[domain], self._graphs[domain] = {}, {}
            with suppress(MeshError, KeyError):
                self._models[domain] = {model.node: model for model in load_compiled(self.project.domains[domain])}
                self._graphs[domain] = load_port_graph(self.project.domains[domain])
        port, models = self._graphs[domain].get(version.address.port), self._models[domain]
        if port is None or not set(port.models) <= models.keys():
            return None
        digest = code_digest((name, models[name].sql) for name in port.models)
        return models[port.name] if digest == version.provenance.code_digest else None

    def code(self, version: PortVersion, model: CompiledModel | None) -> str:
        """The text of the model's file; empty without a model or a readable file."""
        domain = self.project.domains.get(version.address.domain)
        with suppress(UnreadableFile):
            return read_team_text(domain.dbt_project / model.file, domain.dbt_project) if domain and model else ""
        return ""


def _record(version: PortVersion, port: OutputPort, current: _CurrentMesh, runs: LineageHistory) -> VersionRecord:
    listed, sizes = listed_version(port.log, version.number)
    contract, product, model = current.contract(version), current.product(version), current.model(version)
    domain = current.project.domains.get(version.address.domain)
    table = _contract_table(port, version)
    return VersionRecord(
        version=replace(listed, readable=version.readable),
        folder=port.folder,
        sizes=sizes,
        run=runs.publishing_run(version.provenance.run),
        owner=f"team:{product.owner}" if product else (domain.owner if domain else f"team:{version.address.domain}"),
        description=str(table.get("description") or (contract.description if contract else "")).strip(),
        purpose=product.purpose if product else "",
        columns={
            str(column.get("name")): str(column["description"])
            for column in table.get("properties") or ()
            if isinstance(column, dict) and column.get("description")
        },
        rules={rule.check: rule.sentence for rule in contract.rules} if contract else {},
        derivation=current.columns.derivations.get(version.address) if model else None,
        sql=model.sql if model else "",
        code=current.code(version, model),
    )


def _contract_table(port: OutputPort, version: PortVersion) -> dict[str, Any]:
    """The table of the contract that the version was published under; empty if it was not kept or cannot be read."""
    with suppress(yaml.YAMLError, TypeError, AttributeError, IndexError):
        document = yaml.safe_load(kept_contract(port.folder, version.provenance.contract_digest) or "") or {}
        table = document["schema"][0] if document.get("schema") else {}
        return table if isinstance(table, dict) else {}
    return {}
