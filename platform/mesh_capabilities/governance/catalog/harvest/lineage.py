"""What the columns of ports are made of: all contact of the catalog with the package that follows SQL."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence

from mesh_capabilities.columns.derivation import Derivation, Relation
from mesh_capabilities.columns.port_columns import DomainColumns
from mesh_capabilities.governance.catalog.facts import Row
from mesh_capabilities.governance.catalog.harvest.harvested import Harvested
from mesh_platform.build.port_graph import CompiledModel, PortModel, load_compiled, load_port_graph
from mesh_platform.errors import ContractError, MeshError
from mesh_platform.ingestion.source import RAW
from mesh_platform.names import PortAddress
from mesh_platform.project import DomainFolder, Project
from mesh_platform.yaml_files import read_mapping


class Lineage:
    """Follows the ports of a mesh, one at a time; a project and a contract are read once each."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._models: dict[str, tuple[dict[str, PortModel], list[CompiledModel]]] = {}
        self._columns: dict[PortAddress, tuple[str, ...]] = {}
        self._contracts: dict[str, list[str]] = {}

    def harvest(self, name: str, digest: str | None) -> Harvested:
        """The rows of the port `sales/orders`.

        Args:
            name: of the port.
            digest: what it was made of when it was harvested last; if that is the same still, so are its rows.
        """
        address = PortAddress(*name.split("/"))
        domain = self._project.domains[address.domain]
        reads = {f"project:{domain.name}"}
        try:
            graph, models = self._project_of(domain)
            model = graph[address.port]
        except (MeshError, KeyError):  # the project's own row says so
            return Harvested(reads=frozenset(reads))
        read = [address, *model.inputs, *(PortAddress(domain.name, port) for port in model.ports)]
        reads |= {f"file:{file}" for port in read for file in self._files(port)}
        promised = {Relation(*port): self._promised(port) for port in read}
        needed = [one for one in models if one.name in model.models]
        found = _digest(needed, promised)
        if found == digest:
            return Harvested(reads=frozenset(reads), digest=found, same=True)
        try:
            derivation = DomainColumns(domain.name, [*needed, *_ports(models, model)], promised).of_port(address.port)
        except MeshError as problem:
            file = f"dbt_projects/{domain.name}/{model.file}"
            said = {"unfollowed": [{"port": name, "file": file, "problem": str(problem)}]}
            return Harvested(said, frozenset(reads), found)
        return Harvested({"column_lineage": _rows(name, derivation)}, frozenset(reads), found)

    def _project_of(self, domain: DomainFolder) -> tuple[dict[str, PortModel], list[CompiledModel]]:
        if domain.name not in self._models:
            self._models[domain.name] = load_port_graph(domain), load_compiled(domain)
        return self._models[domain.name]

    def _files(self, port: PortAddress) -> list[str]:
        """The contracts of a port in all its majors, from the repository's root."""
        folder = f"domains/{port.domain}/contracts"
        if port.domain not in self._contracts:
            there = self._project.root / folder
            self._contracts[port.domain] = sorted(os.listdir(there)) if there.is_dir() else []  # noqa: PTH208
        return [f"{folder}/{file}" for file in self._contracts[port.domain] if file.startswith(f"{port.port}.v")]

    def _promised(self, port: PortAddress) -> tuple[str, ...]:
        """The names of the columns, as the files list them; whether these are valid is another matter."""
        if port not in self._columns:
            names: dict[str, None] = {}
            for file in self._files(port):
                try:
                    said = read_mapping(self._project.root / file, ContractError)
                    tables = [table for table in said.get("schema") or [] if table.get("name") == port.port]
                    names |= {str(entry.get("name")): None for table in tables for entry in table.get("properties") or []}
                except (MeshError, AttributeError, TypeError):
                    continue  # the contract's own row says so
            self._columns[port] = tuple(names)
        return self._columns[port]


def _ports(models: Sequence[CompiledModel], of: PortModel) -> list[CompiledModel]:
    """The ports of its own domain that a model reads: where they begin, it ends."""
    return [one for one in models if one.name in of.ports]


def _digest(models: Sequence[CompiledModel], promised: Mapping[Relation, Sequence[str]]) -> str:
    told = [
        sorted((one.schema, one.name, one.materialized, one.sql) for one in models),
        sorted((*relation, *columns) for relation, columns in promised.items()),
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _rows(port: str, derivation: Derivation) -> list[Row]:
    return [
        {
            "port": port,
            "column": column,
            "from_port": f"{origin.relation.schema}/{origin.relation.name}",
            "from_column": origin.column,
            "kind": kind,
        }
        for kind, part in (("value", derivation.values), ("rows", derivation.rows))
        for column, origins in part.items()
        for origin in sorted(origins)
        if origin.relation.schema not in ("", RAW)
    ]
