"""Reproducing a version: built again from its pinned inputs beside the mesh, then compared with it row by row."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mesh_capabilities.reproduction.compare_rows import Comparison, compare
from mesh_capabilities.reproduction.rebuild import build, recipe
from mesh_capabilities.reproduction.scratch import scratch_home
from mesh_capabilities.reproduction.trace import Traced
from mesh_platform.build.port_graph import load_port_graph
from mesh_platform.contract.contract import Contract
from mesh_platform.errors import MeshError, NotReproducible
from mesh_platform.home import MeshHome
from mesh_platform.ingestion.source import declared
from mesh_platform.names import identifier, literal
from mesh_platform.port.shelf import view_statements
from mesh_platform.port.version import PortVersion
from mesh_platform.product.offer import load_offer
from mesh_platform.project import Project

_THEN, _NOW = "then", "now"


@dataclass(frozen=True)
class Reproduction:
    """What a rebuild gave."""

    traced: Traced
    comparison: Comparison
    remarks: Sequence[str]
    """What has changed since, or failed on the way, and did not keep it from being built."""


def reproduce(project: Project, traced: Traced, examples: int = 5) -> Reproduction:
    """Builds a version again and compares; the mesh's ports, warehouses and candidates stay as they are.

    Of a port that grows, the days that its commit replaced are compared: the others are of earlier commits.

    Args:
        project: the mesh.
        traced: the version with its provenance.
        examples: how many differing rows of each kind to bring along.

    Raises NotReproducible, with the reason, when it cannot be built again or there is nothing to compare with.
    """
    _refuse(traced)
    domain, real = project.domains[traced.address.domain], project.home
    offer, graph = load_offer(domain), load_port_graph(domain)
    sources = declared(domain.name) if traced.sources else {}
    try:
        served = traced.port.at(traced.number)
        needed = recipe(traced, offer, graph[traced.address.port], sources)
    except NotReproducible:
        raise
    except (MeshError, KeyError) as problem:
        found = problem.found if isinstance(problem, MeshError) else f"no source of {domain.name} is read into {problem}."
        raise NotReproducible(f"{traced} cannot be built again: {found}") from problem
    with scratch_home(real) as scratch:
        _lend_parsed(real, scratch, domain.name)
        candidate, remarks = build(needed, real, scratch)
        comparison = _compared(served, candidate, needed.contract, traced, examples)
    return Reproduction(traced, comparison, [*(doubt.sentence for doubt in traced.doubts), *remarks])


def _refuse(traced: Traced) -> None:
    version = traced.version
    if version is None or not traced.readable:
        raise NotReproducible(
            f"{traced} can be read no more, so there is nothing to compare with.",
            f"`mesh history {traced.address}` says which versions can be.",
        )
    if (earlier := version.provenance.rolled_back_to) is not None:
        raise NotReproducible(
            f"{traced} was not built: it serves the data of version {earlier} again.", f"Reproduce {traced.address}@{earlier}."
        )
    if forbidding := [doubt.sentence for doubt in traced.doubts if doubt.forbids]:
        raise NotReproducible(f"{traced} cannot be built again: {'; '.join(forbidding)}.", f"See `mesh trace {traced}`.")
    if version.provenance.days == []:
        raise NotReproducible(
            f"{traced} replaced no day: all its days are of earlier commits.", "Reproduce the version that a day came with."
        )


def _lend_parsed(real: MeshHome, scratch: MeshHome, domain: str) -> None:
    """Spares the scratch home to ask dbt again what the mesh's own knows."""
    for name in ("ports.json", "compiled.json"):
        kept = real.dbt(domain) / name
        if kept.is_file():
            scratch.dbt(domain).mkdir(parents=True, exist_ok=True)
            (scratch.dbt(domain) / name).write_bytes(kept.read_bytes())


def _compared(served: PortVersion, candidate: Path, contract: Contract, traced: Traced, examples: int) -> Comparison:
    import duckdb

    port = identifier(served.address.port)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for statement in view_statements([served], schema=_THEN):
            connection.execute(statement)
        connection.execute(f"CREATE SCHEMA {_NOW}")
        connection.execute(f"CREATE VIEW {_NOW}.{port} AS FROM read_parquet({literal(candidate)})")
        days = traced.version.provenance.days
        for schema in (_THEN, _NOW):
            chosen = _days(served.partition, days) if days is not None and served.partition else "TRUE"
            connection.execute(
                f"CREATE VIEW {identifier(schema)}.chosen_rows AS FROM {identifier(schema)}.{port} WHERE {chosen}"
            )
        return compare(connection, f"{identifier(_THEN)}.chosen_rows", f"{_NOW}.chosen_rows", contract.primary_key, examples)


def _days(column: str, days: Sequence[str]) -> str:
    """The predicate that a row is of one of these days, given as ranges."""
    ends = [(part.partition("..")[0], part.partition("..")[2] or part) for part in days]
    return " OR ".join(f"{identifier(column)} BETWEEN DATE {literal(first)} AND DATE {literal(last)}" for first, last in ends)
