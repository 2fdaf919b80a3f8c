"""The column lineage of one domain's ports, followed through its private models and cached until the SQL changes."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mesh_capabilities.columns.derivation import Derivation, Origin, Relation
from mesh_capabilities.errors import LineageError
from mesh_isolation.files import write_whole
from mesh_platform.build.dbt import CompiledModel
from mesh_platform.errors import MeshError
from mesh_platform.ingestion.source import RAW
from mesh_platform.names import identifier
from mesh_platform.project import DomainFolder

_WAREHOUSE_SCHEMA = "main"
"""The schema of a warehouse that dbt writes to. The names of further schemas of dbt begin with it."""
_CACHE_FORMAT = 1
_QUALIFIED_NAME = re.compile(r'(?=\b(\w+)"?\s*\.\s*"?(\w+))')
"""Two names with a dot between them: every relation of a query, and other pairs that match no relation."""


def derived_ports(
    domain: DomainFolder,
    models: Sequence[CompiledModel],
    promised: Mapping[Relation, Sequence[str]],
    keep_in: str = "columns.json",
) -> dict[str, Derivation | MeshError]:
    """The derivation of each port of a domain, or the error that prevents it.

    Args:
        domain: the owner of the ports.
        models: all models of its dbt project, or those that the chosen ports need.
        promised: the columns of the ports that the models may read, as their contracts list them.
        keep_in: the cache file, below the domain's dbt folder in the mesh's home.
    """
    cache = domain.home.dbt(domain.name) / keep_in
    digest = _digest(domain.name, models, promised)
    if (cached := _read_cache(cache, digest)) is not None:
        return cached
    columns = DomainColumns(domain.name, models, promised)
    results: dict[str, Derivation | MeshError] = {}
    for port in columns.ports:
        try:
            results[port] = columns.of_port(port)
        except MeshError as problem:
            results[port] = problem
    _write_cache(cache, digest, results)
    return results


class DomainColumns:
    """The derivations of one domain's ports. Ports that a port reads are origins; private models are followed.

    Args:
        domain: its name.
        models: all models of its dbt project.
        promised: the columns of every port of the mesh, by `Relation(domain, port)`.
    """

    def __init__(self, domain: str, models: Iterable[CompiledModel], promised: Mapping[Relation, Sequence[str]]) -> None:
        self._domain = domain
        relations = {Relation(model.schema, model.name): model for model in models}
        self._ports = {relation: model for relation, model in relations.items() if model.materialized == "port"}
        self._private = {name: _query(model) for name, model in relations.items() if name not in self._ports}
        self._columns = dict(promised)
        # The domain's own ports are in its warehouse, also those whose models are not among `models`.
        self._columns |= {
            Relation(_WAREHOUSE_SCHEMA, name): columns for (schema, name), columns in promised.items() if schema == domain
        }
        for relation in self._ports:
            self._columns[relation] = promised.get(Relation(domain, relation.name), ())

    @property
    def ports(self) -> list[str]:
        return [relation.name for relation in self._ports]

    def of_port(self, port: str) -> Derivation:
        """The derivation of a port. Raises LineageError if the SQL of the port or of a model it reads cannot be parsed."""
        from mesh_capabilities.columns.sql_derivation import derive  # sqlglot takes long to import

        model = next(model for relation, model in self._ports.items() if relation.name == port)
        try:
            derivation = derive(model.sql, self._columns, self._private)
        except LineageError as problem:
            file = f"dbt_projects/{self._domain}/{model.file}"
            raise LineageError(f"{file}, or a model it reads: {problem.found}") from problem
        return Derivation(
            {name: self._addressed(origins) for name, origins in derivation.values.items()},
            {name: self._addressed(origins) for name, origins in derivation.rows.items()},
            self._addressed(derivation.named),
        )

    def _addressed(self, origins: Iterable[Origin]) -> frozenset[Origin]:
        """Origins with the mesh's names of their relations, which are the asset keys."""
        return frozenset(Origin(self._address(origin.relation), origin.column) for origin in origins)

    def _address(self, relation: Relation) -> Relation:
        if relation in self._ports or relation.schema.partition("_")[0] == _WAREHOUSE_SCHEMA:
            return Relation(self._domain, relation.name)
        return Relation(self._domain, f"{RAW}_{relation.name}") if relation.schema == RAW else relation


def _query(model: CompiledModel) -> str:
    """A model as a query. A snapshot gets the columns that dbt adds, each derived from the columns that start a new row."""
    if not model.remembers:
        return model.sql
    added = ", ".join(
        f"concat({', '.join(map(identifier, columns))}) AS {identifier(name)}" for name, columns in model.remembers.items()
    )
    return f"SELECT remembered.*, {added} FROM ({model.sql}) AS remembered"


def _digest(domain: str, models: Sequence[CompiledModel], promised: Mapping[Relation, Sequence[str]]) -> str:
    """Changes with a model, with the promised columns of a relation that a model may read, and with sqlglot's version."""
    pairs = {Relation(*pair) for model in models for pair in _QUALIFIED_NAME.findall(model.sql)}
    own = {Relation(domain, model.name) for model in models}
    relevant = sorted((*relation, *promised[relation]) for relation in (pairs | own) & promised.keys())
    parts = [_CACHE_FORMAT, version("sqlglot"), domain, [vars(model) for model in models], relevant]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _read_cache(cache: Path, digest: str) -> dict[str, Derivation | MeshError] | None:
    """The cached results; None if there is no cache, or it is outdated or damaged."""
    try:
        document = json.loads(cache.read_text(encoding="utf-8"))
        if document["digest"] != digest:
            return None
        origins = [Origin(Relation(schema, name), column) for schema, name, column in document["origins"]]
        derivations: dict[str, Derivation | MeshError] = {
            port: Derivation(
                {column: _chosen(indexes, origins) for column, indexes in parts["values"].items()},
                {column: _chosen(indexes, origins) for column, indexes in parts["rows"].items()},
                _chosen(parts["named"], origins),
            )
            for port, parts in document["ports"].items()
        }
        return derivations | {port: LineageError(*problem) for port, problem in document["problems"].items()}
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None


def _chosen(indexes: Iterable[int], origins: Sequence[Origin]) -> frozenset[Origin]:
    return frozenset(origins[index] for index in indexes)


def _write_cache(cache: Path, digest: str, results: Mapping[str, Derivation | MeshError]) -> None:
    """Writes the results. Each origin is listed once, and the columns refer to it by its index."""
    derivations = {port: result for port, result in results.items() if isinstance(result, Derivation)}
    origins = sorted(set().union(*(derivation.origins for derivation in derivations.values())))
    index_of = {origin: index for index, origin in enumerate(origins)}

    def indexes(chosen: Iterable[Origin]) -> list[int]:
        return sorted(index_of[origin] for origin in chosen)

    document: dict[str, Any] = {
        "digest": digest,
        "origins": [(*origin.relation, origin.column) for origin in origins],
        "ports": {
            port: {
                "values": {column: indexes(chosen) for column, chosen in derivation.values.items()},
                "rows": {column: indexes(chosen) for column, chosen in derivation.rows.items()},
                "named": indexes(derivation.named),
            }
            for port, derivation in derivations.items()
        },
        "problems": {
            port: [problem.found, problem.way_out] for port, problem in results.items() if isinstance(problem, MeshError)
        },
    }
    write_whole({cache: json.dumps(document)})
