"""The derivations of a domain's ports, kept in the mesh's home until a model, or a column that it may read, changes."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mesh_capabilities.columns.derivation import Derivation, Origin, Relation
from mesh_capabilities.columns.port_columns import DomainColumns
from mesh_platform.build.dbt import CompiledModel
from mesh_platform.errors import LineageError, MeshError
from mesh_platform.project import DomainFolder

_FORMAT = 1
_PAIR = re.compile(r'(?=\b(\w+)"?\s*\.\s*"?(\w+))')
"""Two names with a dot between them: relations, and much that is none."""


def derived_ports(
    domain: DomainFolder,
    models: Sequence[CompiledModel],
    promised: Mapping[Relation, Sequence[str]],
    keep_in: str = "columns.json",
) -> dict[str, Derivation | MeshError]:
    """What each port of a domain is made of, or why nobody can say.

    Args:
        domain: whose ports.
        models: of its dbt project, or those that its chosen ports need.
        promised: the columns of the ports that they may read.
        keep_in: the file below dbt's folder in which the answer is kept.
    """
    kept = domain.home.dbt(domain.name) / keep_in
    digest = _digest(domain.name, models, promised)
    if (said := _read(kept, digest)) is not None:
        return said
    columns = DomainColumns(domain.name, models, promised)
    found: dict[str, Derivation | MeshError] = {}
    for port in columns.ports:
        try:
            found[port] = columns.of_port(port)
        except MeshError as problem:
            found[port] = problem
    _write(kept, digest, found)
    return found


def _digest(domain: str, models: Sequence[CompiledModel], promised: Mapping[Relation, Sequence[str]]) -> str:
    """Changes with a model, with what is promised of a relation that one may read, and with the parser."""
    told = [_FORMAT, version("sqlglot"), domain, [vars(model) for model in models]]
    pairs = {Relation(*pair) for model in models for pair in _PAIR.findall(model.sql)}
    own = {Relation(domain, model.name) for model in models}
    told.append(sorted((*relation, *promised[relation]) for relation in (pairs | own) & promised.keys()))
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _read(kept: Path, digest: str) -> dict[str, Derivation | MeshError] | None:
    try:
        said = json.loads(kept.read_text(encoding="utf-8"))
        if said["digest"] != digest:
            return None
        origins = [Origin(Relation(schema, name), column) for schema, name, column in said["origins"]]
        found: dict[str, Derivation | MeshError] = {
            port: Derivation(
                {column: _chosen(places, origins) for column, places in parts["values"].items()},
                {column: _chosen(places, origins) for column, places in parts["rows"].items()},
                _chosen(parts["named"], origins),
            )
            for port, parts in said["ports"].items()
        }
        return found | {port: LineageError(*problem) for port, problem in said["problems"].items()}
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None  # never derived, or what was kept is damaged: derive


def _chosen(places: Iterable[int], origins: Sequence[Origin]) -> frozenset[Origin]:
    return frozenset(origins[place] for place in places)


def _write(kept: Path, digest: str, found: Mapping[str, Derivation | MeshError]) -> None:
    derivations = {port: one for port, one in found.items() if isinstance(one, Derivation)}
    origins = sorted(set().union(*(one.origins for one in derivations.values())))
    place = {origin: number for number, origin in enumerate(origins)}

    def places(chosen: Iterable[Origin]) -> list[int]:
        return sorted(place[origin] for origin in chosen)

    document: dict[str, Any] = {
        "digest": digest,
        "origins": [(*origin.relation, origin.column) for origin in origins],
        "ports": {
            port: {
                "values": {column: places(chosen) for column, chosen in one.values.items()},
                "rows": {column: places(chosen) for column, chosen in one.rows.items()},
                "named": places(one.named),
            }
            for port, one in derivations.items()
        },
        "problems": {port: [one.found, one.way_out] for port, one in found.items() if isinstance(one, MeshError)},
    }
    kept.parent.mkdir(parents=True, exist_ok=True)
    beside = kept.with_suffix(".new")
    beside.write_text(json.dumps(document), encoding="utf-8")
    beside.replace(kept)
