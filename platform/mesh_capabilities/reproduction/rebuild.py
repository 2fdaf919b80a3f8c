"""Rebuilds a version from its pinned inputs in a scratch home, and compares it with the published rows."""

import os
import shutil
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from mesh_capabilities.errors import NotReproducible
from mesh_capabilities.kept_contracts import hiding_as_kept
from mesh_capabilities.reproduction.compare_rows import Example, RowComparison, compare_rows
from mesh_capabilities.reproduction.source_files import SourceFile
from mesh_capabilities.reproduction.trace import Traced
from mesh_platform.build.dbt import NodeResult
from mesh_platform.build.port_graph import PortModel, load_port_graph
from mesh_platform.build.warehouse import WarehouseFile
from mesh_platform.contract.contract import Contract
from mesh_platform.contract.document import load_contract
from mesh_platform.errors import MeshError, SourceError
from mesh_platform.home import MeshHome
from mesh_platform.ingestion.declaration import sources_of
from mesh_platform.ingestion.reading import ingest_all, reading_paths
from mesh_platform.ingestion.source import CsvSource
from mesh_platform.names import PortAddress, identifier, literal
from mesh_platform.port.partitioned_port import latest
from mesh_platform.port.shelf import view_statements
from mesh_platform.port.version import PortVersion, seen_as
from mesh_platform.product.offer import Offer, load_offer
from mesh_platform.project import Project
from mesh_platform.publish.attempt import Purpose, Work
from mesh_platform.publish.publishing import keep, publish

_THEN, _NOW = "then", "now"
_LEFT_BEHIND = 86_400
"""Age in seconds after which a scratch folder counts as left by a killed process."""


@dataclass(frozen=True)
class Reproduction:
    """The result of a rebuild."""

    traced: Traced
    comparison: RowComparison
    remarks: Sequence[str]
    """Changes since the publish, and failures during the rebuild, that did not prevent it."""


def rebuild_version(project: Project, traced: Traced, examples: int = 5) -> Reproduction:
    """Rebuilds a version and compares it. The mesh's ports, warehouses and candidates are not touched.

    Of an incremental port, only the days that the version's commit replaced are compared.

    Args:
        project: the mesh.
        traced: the version with its provenance.
        examples: how many differing rows of each kind to return.

    Raises NotReproducible, with the reason, if it cannot be rebuilt or there is nothing to compare it with.
    """
    _refuse_impossible(traced)
    domain, real = project.domains[traced.address.domain], project.home
    offer, graph = load_offer(domain), load_port_graph(domain)
    sources = {source.table: source for source in sources_of(domain)} if traced.sources else {}
    try:
        served = traced.port.at(traced.number)
        recipe = _recipe(traced, offer, graph[traced.address.port], sources)
    except NotReproducible:
        raise
    except (MeshError, KeyError) as problem:
        reason = problem.found if isinstance(problem, MeshError) else f"{domain.name} has no source for the table {problem}."
        raise NotReproducible(f"{traced} cannot be rebuilt: {reason}") from problem
    with scratch_home(real) as scratch:
        _copy_compiled(real, scratch, domain.name)
        candidate, remarks = _build(recipe, real, scratch)
        comparison = _compared(served, candidate, recipe.contract, traced, examples)
    return Reproduction(traced, comparison, [*(doubt.sentence for doubt in traced.doubts), *remarks])


@contextmanager
def scratch_home(home: MeshHome) -> Iterator[MeshHome]:
    """Sets MESH_HOME to an empty folder below `home` for the duration of the `with` statement, then removes the folder."""
    folder = home.root / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.iterdir():  # left by a killed process
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _LEFT_BEHIND:
                shutil.rmtree(left)
    before = os.environ.get("MESH_HOME")
    try:
        with TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as scratch:
            os.environ["MESH_HOME"] = scratch
            yield MeshHome(Path(scratch))
    finally:
        os.environ.pop("MESH_HOME", None)
        if before is not None:
            os.environ["MESH_HOME"] = before
        with suppress(OSError):
            folder.rmdir()


def _refuse_impossible(traced: Traced) -> None:
    version = traced.version
    if version is None or not traced.readable:
        raise NotReproducible(
            f"{traced} can no longer be read, so there is nothing to compare with.",
            f"`mesh history {traced.address}` shows the versions that can be read.",
        )
    if forbidding := [reason.sentence for reason in traced.reasons if reason.forbids]:
        way_out = (
            f"See `mesh trace {traced}`, and reproduce an earlier version."
            if traced.not_built
            else f"See `mesh trace {traced}`."
        )
        raise NotReproducible(f"{traced} cannot be rebuilt: {'; '.join(forbidding)}.", way_out)


@dataclass(frozen=True)
class _Recipe:
    """Everything that a version is rebuilt from."""

    offer: Offer
    model: PortModel
    contract: Contract
    """The current contract. If it has changed, the rebuild is audited by the current one."""
    inputs: tuple[PortVersion, ...]
    """The pinned versions of all inputs, as the models see them."""
    sources: tuple[tuple[CsvSource, SourceFile], ...]


def _recipe(traced: Traced, offer: Offer, model: PortModel, sources: Mapping[str, CsvSource]) -> _Recipe:
    """The recipe of a version, which no doubt forbids."""
    provenance = traced.version.provenance
    port, root = traced.address.port, offer.domain.root
    read = {*map(str, model.inputs), *(str(PortAddress(offer.domain.name, other)) for other in model.ports)}
    references = {str(reference.address): reference for reference in offer.product_of(port).inputs}
    inputs = []
    for traced_input in traced.inputs:
        name = str(traced_input.address)
        if name not in read:
            continue
        version = traced_input.port.at(traced_input.number)
        major = provenance.majors.get(name, 1)
        if major != version.major:
            contracts = root / "domains" / traced_input.address.domain / "contracts"
            version = seen_as(load_contract(contracts / f"{traced_input.address.port}.v{major}.odcs.yaml", root), version)
        days = references[name].latest_days if name in references else None
        if days is not None:
            version = latest(version, days)
        inputs.append(version)
    files = tuple(
        (sources[table], file) for file in traced.sources if (table := file.table.port.partition("_")[2]) in model.raw
    )
    return _Recipe(offer, model, offer.contracts[port], tuple(inputs), files)


def _copy_compiled(real: MeshHome, scratch: MeshHome, domain: str) -> None:
    """Copies the parsed dbt project of the mesh's home, so that dbt need not parse it again."""
    for name in ("ports.json", "compiled.json"):
        file = real.dbt(domain) / name
        if file.is_file():
            scratch.dbt(domain).mkdir(parents=True, exist_ok=True)
            (scratch.dbt(domain) / name).write_bytes(file.read_bytes())


def _build(recipe: _Recipe, real: MeshHome, scratch: MeshHome) -> tuple[Path, list[str]]:
    """Builds the candidate in `scratch`. Bad rows are quarantined as in a publish.

    Args:
        recipe: what to build it from.
        real: the mesh's home, for the ports that the contract's relationships refer to.
        scratch: the empty home that MESH_HOME names.

    Returns: the candidate and the remarks. Raises NotReproducible if it cannot be built.
    """
    import duckdb

    domain, port = recipe.offer.domain, recipe.contract.address.port
    warehouse = WarehouseFile(domain.home.warehouse(domain.name))
    _ingest(recipe, scratch, warehouse)
    graph = {port: recipe.model}
    work = Work(recipe.offer, graph, warehouse, purpose=Purpose.REBUILD, inputs=recipe.inputs, referenced=real)
    attempts = work.attempts([port])
    try:
        for _ in publish(attempts, work, keep):
            pass
        error: object = attempts[port].error
    except (MeshError, duckdb.Error) as problem:
        error = problem
    remarks = _failed_tests(recipe.contract.address, attempts[port].nodes, recipe.model)
    if error:
        remarks.append(f"it would not be published now: {str(error).splitlines()[0].rstrip(':')}")
    return attempts[port].candidate.path, remarks


def _ingest(recipe: _Recipe, scratch: MeshHome, warehouse: WarehouseFile) -> None:
    domain = recipe.offer.domain.name
    for source, file in recipe.sources:
        link = scratch.sources / source.file
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(file.path)
    wanted = {source.table: file for source, file in recipe.sources}
    sources = [source for source, _ in recipe.sources]
    with warehouse.get_connection(*reading_paths(sources, scratch.sources)) as connection:
        ingested = ingest_all(sources, scratch.sources, scratch.aside(domain), connection)
        for source, result in ingested if wanted else ():
            if isinstance(result, SourceError):
                raise NotReproducible(f"{recipe.contract.address} cannot be rebuilt: {result.found}", result.way_out)
            if result.sha256 != wanted[source.table].sha256:
                raise NotReproducible(f"{wanted[source.table].path} changed while it was read.", "Try again.")


def _failed_tests(address: PortAddress, nodes: Collection[NodeResult], model: PortModel) -> list[str]:
    """Remarks about failed tests, which prevent a publish but not a rebuild. Raises NotReproducible for a failed model."""
    bad = [node for node in nodes if not node.good and (node.name in model.models or node.id in model.tests)]
    for node in sorted(bad, key=lambda node: node.status == "skipped"):
        if node.kind != "test" and not (node.status == "skipped" and any(other.kind == "test" for other in bad)):
            raise NotReproducible(
                f"{address} cannot be rebuilt: the {node.kind} {node.name} ended with {node.status}: {node.message}.",
                f"See {node.file} of its dbt project.",
            )
        if node.kind != "test":
            raise NotReproducible(
                f"{address} cannot be rebuilt: {node.name} was skipped, because a test of a model it reads fails now.",
                "`mesh run` shows which test fails.",
            )
    return [f"the test {node.name} ends with {node.status} now" for node in bad]


def _compared(served: PortVersion, candidate: Path, contract: Contract, traced: Traced, examples: int) -> RowComparison:
    import duckdb

    port = identifier(served.address.port)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for statement in view_statements(served, schema=_THEN):
            connection.execute(statement)
        connection.execute(f"CREATE SCHEMA {_NOW}")
        connection.execute(f"CREATE VIEW {_NOW}.{port} AS FROM read_parquet({literal(candidate)})")
        days = traced.version.provenance.days
        for schema in (_THEN, _NOW):
            chosen = _in_days(served.partition, days) if days is not None and served.partition else "TRUE"
            connection.execute(
                f"CREATE VIEW {identifier(schema)}.chosen_rows AS FROM {identifier(schema)}.{port} WHERE {chosen}"
            )
        rows = compare_rows(
            connection, f"{identifier(_THEN)}.chosen_rows", f"{_NOW}.chosen_rows", contract.primary_key, examples
        )
    hiding = hiding_as_kept(contract, served)
    shown = (Example(row.kind, hiding.shown(row.key), hiding.shown(row.cells)) for row in rows.examples)
    return replace(rows, examples=tuple(shown))


def _in_days(column: str, days: Sequence[str]) -> str:
    """The predicate that selects the rows of these days, each a day or a range like `2017-01-01..2017-01-31`."""
    ends = [(part.partition("..")[0], part.partition("..")[2] or part) for part in days]
    return " OR ".join(f"{identifier(column)} BETWEEN DATE {literal(first)} AND DATE {literal(last)}" for first, last in ends)
