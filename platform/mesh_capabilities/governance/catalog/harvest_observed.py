"""Harvesters of observations: dbt models, column lineage, served versions and Dagster runs."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from mesh_capabilities.columns.derivation import Derivation, Relation
from mesh_capabilities.columns.port_columns import (
    CHARACTERS,
    DomainColumns,
    Patience,
    column_types,
    earlier_columns,
    lineage_digest,
)
from mesh_capabilities.compiled_models import load_compiled, unfinished
from mesh_capabilities.errors import UnknownOrigin
from mesh_capabilities.governance.catalog.fact_tables import FactRow, Harvested
from mesh_capabilities.governance.catalog.survey import Unit
from mesh_isolation.sql import COMPUTED
from mesh_platform.build.dbt import CompiledModel
from mesh_platform.build.port_graph import PortModel, load_port_graph
from mesh_platform.errors import ContractError, MeshError
from mesh_platform.ingestion.source import RAW
from mesh_platform.names import PortAddress, identifier
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.place import Place, place_of
from mesh_platform.port.version import PortVersion
from mesh_platform.project import DomainFolder, Project
from mesh_platform.yaml_files import read_mapping

if TYPE_CHECKING:
    from mesh_platform.dagster.history import RecordedCheck, RecordedRun, RunHistory

UNFINISHED = "unfinished"
"""The digest of a unit that was not read because that takes too long, or because another process works on it."""

# Models: the port that a model builds, what it reads, and every relation in its compiled SQL.


def harvest_project(project: Project, name: str) -> Harvested:
    """The rows of a domain's dbt project, or its problem when dbt cannot read it."""
    reads = frozenset({f"project:{name}", f"file:domains/{name}/domain.yaml"})
    domain = project.domains.get(name)
    if domain is None:  # the domain's own row has the problem
        return Harvested(reads=reads)
    if not (domain.dbt_project / "dbt_project.yml").is_file():
        problem = f"dbt_projects/{name} is not a dbt project: it has no dbt_project.yml."
        return Harvested({"problems": [_problem(name, problem)]}, reads)
    graph, models, problems, digest = {}, [], [], ""
    try:
        graph = load_port_graph(domain)
        models = load_compiled(domain)
    except MeshError as problem:  # its ports may be built all the same: their lineage is not known
        problems.append(_problem(name, str(problem).replace(f"{project.root}/", "")))
        digest = UNFINISHED if unfinished(problem) else ""
    own = _own_relations(graph.values(), models)
    return Harvested(
        {
            "models": [
                {"domain": name, "port": f"{name}/{port}", "file": _file(name, model.file)} for port, model in graph.items()
            ],
            "inputs_used": [row for port, model in graph.items() for row in _inputs_used(domain, port, model)],
            "relations": [row for model in models for row in _relations(name, model, own)],
            "problems": problems,
        },
        reads,
        digest,
    )


def _problem(name: str, problem: str) -> FactRow:
    return {"domain": name, "file": f"dbt_projects/{name}", "problem": problem}


def _inputs_used(domain: DomainFolder, port: str, model: PortModel) -> Iterator[FactRow]:
    for name in (*map(str, model.inputs), *(f"{domain.name}/{other}" for other in model.ports)):
        yield {
            "port": f"{domain.name}/{port}",
            "input": name,
            "domain": domain.name,
            "input_domain": name.partition("/")[0],
            "file": _file(domain.name, model.file),
        }


def _own_relations(graph: Iterable[PortModel], models: Sequence[CompiledModel]) -> set[str]:
    """The relations that the project itself builds, as SQL writes them."""
    relations = {f"{identifier(model.schema)}.{identifier(model.name)}" for model in models}
    relations |= {f"{identifier(schema)}.{identifier(name)}" for model in models for schema, name in model.seeds}
    return relations | {table for port in graph for table in port.snapshots}


def _relations(domain: str, model: CompiledModel, own: set[str]) -> Iterator[FactRow]:
    for schema, relation in {**_relations_in(model.sql), **_relations_in(model.adds)}:
        yield {
            "domain": domain,
            "model": model.name,
            "file": _file(domain, model.file),
            "schema": schema,
            "relation": relation,
            "own": f"{identifier(schema)}.{identifier(relation)}" in own,
        }


def _relations_in(sql: str) -> Mapping[tuple[str, str], None]:
    """Schema and name of every relation in a query, once each.

    A function that reads files has no schema, and the text of its call as its name. One whose rows are made of its arguments
    alone is no relation.
    """
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    from mesh_capabilities.columns.parsed import parsed

    if len(sql) > CHARACTERS // 10:
        return {}  # the table `unfollowed` has the port
    try:
        tree = parsed(sql)
    except (SqlglotError, RecursionError):
        return {}  # the table `unfollowed` has the port
    steps = {cte.alias for cte in tree.find_all(exp.CTE)}
    relations: dict[tuple[str, str], None] = {}
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.Identifier):
            if table.db or table.name not in steps:
                relations[table.db, table.name] = None
        else:
            call = table.this.sql("duckdb")
            if table.db or call.partition("(")[0].casefold() not in COMPUTED:
                relations["", call[:200]] = None
    return relations


def _file(domain: str, file: str) -> str:
    return f"dbt_projects/{domain}/{file}"


# Column lineage: the only code of the catalog that uses the package for following SQL.


class Lineage:
    """Follows the columns of ports, one port at a time; reads each dbt project and each contract once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._models: dict[str, tuple[dict[str, PortModel], list[CompiledModel]] | MeshError] = {}
        self._patience: dict[str, Patience] = {}
        self._columns: dict[PortAddress, tuple[str, ...]] = {}
        self._contracts: dict[str, list[str]] = {}

    def harvest(self, name: str, digest: str | None) -> Harvested:
        """The rows of the port `sales/orders`.

        Args:
            name: the name of the port.
            digest: the digest of the sources at the last harvest. If it has not changed, the rows have not changed either.
        """
        address = PortAddress(*name.split("/"))
        domain = self._project.domains[address.domain]
        reads = {f"project:{domain.name}"}
        try:
            graph, models = self._project_of(domain)
            model = graph[address.port]
        except (MeshError, KeyError) as problem:  # a build may succeed all the same: Jinja can be of one kind in it only
            row = {"port": name, "file": f"dbt_projects/{domain.name}", "problem": str(problem), "everything": True}
            rows = {"unfollowed": [row]} if isinstance(problem, MeshError) else {}
            return Harvested(rows, frozenset(reads), UNFINISHED if unfinished(problem) else "")
        ports = [address, *model.inputs, *(PortAddress(domain.name, port) for port in model.ports)]
        reads |= {f"file:{file}" for port in ports for file in self._files(port)}
        # What has no contract is no port, whatever a project says that it reads.
        promised = {Relation(*port): self._promised(port) for port in ports if port.domain == domain.name or self._files(port)}
        needed = [compiled for compiled in models if compiled.node in model.models]
        earlier, types = earlier_columns(self._project.root, promised), column_types(self._project.root, promised)
        # The ports of the same domain that a model reads: the lineage of a port ends at the ports that it reads.
        given = [*needed, *(compiled for compiled in models if compiled.node in model.ports)]
        current = lineage_digest(given, promised, earlier, types)
        if current == digest:
            return Harvested(reads=frozenset(reads), digest=current, same=True)
        patience = self._patience.setdefault(domain.name, Patience(domain.name))
        python = any(compiled.file.endswith(".py") for compiled in needed)
        try:
            columns = DomainColumns(domain.name, given, promised, earlier, types, patience)
            derivation = columns.of_port(address.port)
        except MeshError as problem:
            row = {"port": name, "file": _file(domain.name, model.file), "problem": str(problem)}
            row["everything"] = python or isinstance(problem, UnknownOrigin) or any(compiled.doubt for compiled in needed)
            return Harvested({"unfollowed": [row]}, frozenset(reads), UNFINISHED if unfinished(problem) else current)
        file = _file(domain.name, model.file)
        seeds = {Relation(domain.name, seed) for compiled in given for _, seed in compiled.seeds} - promised.keys()
        lost = [
            {"port": name, "column": column, "file": file, "problem": problem, "everything": python}
            for column, problem in derivation.unfollowed.items()
        ]
        return Harvested(
            {"column_lineage": _lineage_rows(name, derivation, seeds), "unfollowed_columns": lost}, frozenset(reads), current
        )

    def _project_of(self, domain: DomainFolder) -> tuple[dict[str, PortModel], list[CompiledModel]]:
        if domain.name not in self._models:
            try:
                models = load_compiled(domain)
                self._models[domain.name] = load_port_graph(domain), models
            except MeshError as problem:
                self._models[domain.name] = problem
        if isinstance(known := self._models[domain.name], MeshError):
            raise known
        return known

    def _files(self, port: PortAddress) -> list[str]:
        """The contracts of all majors of a port, as paths from the repository's root."""
        folder = f"domains/{port.domain}/contracts"
        if port.domain not in self._contracts:
            path = self._project.root / folder
            self._contracts[port.domain] = sorted(os.listdir(path)) if path.is_dir() else []  # noqa: PTH208
        return [f"{folder}/{file}" for file in self._contracts[port.domain] if file.startswith(f"{port.port}.v")]

    def _promised(self, port: PortAddress) -> tuple[str, ...]:
        """The names of the columns in the port's contracts, valid or not."""
        if port not in self._columns:
            names: dict[str, None] = {}
            for file in self._files(port):
                try:
                    contract = read_mapping(self._project.root / file, ContractError)
                    tables = [table for table in contract.get("schema") or [] if table.get("name") == port.port]
                    names |= {str(entry.get("name")): None for table in tables for entry in table.get("properties") or []}
                except (MeshError, AttributeError, TypeError):
                    continue  # the contract's own row has the problem
            self._columns[port] = tuple(names)
        return self._columns[port]


def _lineage_rows(port: str, derivation: Derivation, seeds: Collection[Relation]) -> list[FactRow]:
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
        if origin.relation not in seeds
    ]


# Versions: the commits of a port's folder, and the served version.


def harvest_port(project: Project, name: str) -> Harvested:
    """The rows of one port's folder, written `sales/orders/v1`; none for a folder without a published version."""
    domain, port_name, major = name.split("/")
    port = OutputPort(PortAddress(domain, port_name), project.home.ports / name)
    row = {"port": f"{domain}/{port_name}", "major": int(major[1:])}
    if not port.published:
        return Harvested(reads=frozenset({f"port:{name}"}))
    served, problem = None, None
    try:
        served = port.current()
        problem = served.damage or None
    except MeshError as damage:
        problem = str(damage)
    history = port.history()
    return Harvested(
        {
            "served": [{**row, **_served(served, place_of(port.folder)), "problem": problem}],
            "versions": [{**row, **_version(version, served)} for version in history],
            "version_inputs": [{**row, **read} for version in history for read in _version_inputs(version)],
            "version_sources": [
                {**row, "version": version.number, "source": source, "sha256": digest}
                for version in history
                for source, digest in version.provenance.source.items()
            ],
        },
        frozenset({f"port:{name}"}),
    )


def _served(version: PortVersion | None, place: Place) -> FactRow:
    if version is None:
        return {}
    return {
        "version": version.number,
        "bytes": sum(place.sizes(version.files).values()),
        "files": len(version.files),
        "partitioned_by": version.partition,
    }


def _version(version: PortVersion, served: PortVersion | None) -> FactRow:
    provenance = version.provenance
    return {
        "version": version.number,
        "committed_at": version.committed.isoformat(),
        "rows": provenance.rows,
        "rules": provenance.rules,
        "warnings": provenance.warnings,
        "set_aside": provenance.set_aside,
        "contract": provenance.contract,
        "contract_version": provenance.contract_version,
        "contract_digest": provenance.contract_digest,
        "run": provenance.run,
        "rolled_back_to": provenance.rolled_back_to,
        "current": served is not None and served.number == version.number,
        "readable": version.readable,
    }


def _version_inputs(version: PortVersion) -> Iterator[FactRow]:
    """The input versions of a commit.

    Commits without majors date from before two majors could be served at once; they refer to the first major.
    """
    for name, number in version.provenance.inputs.items():
        major = version.provenance.majors.get(name, 1)
        yield {"version": version.number, "input": name, "input_major": major, "input_version": number}


# Runs: what Dagster recorded.


def harvest_runs(history: "RunHistory", since: float | None, known: Mapping[str, str]) -> dict[Unit, Harvested]:
    """The runs that changed after the time `since`, each as a separate unit.

    Args:
        history: the run history of the Dagster instance that `mesh run` and the UI share.
        since: seconds since 1970; None for all runs.
        known: the digests of the units that are kept, by unit id.
    """
    harvested: dict[Unit, Harvested] = {}
    for run in history.runs(since):
        unit = Unit("run", run.id, run.domain or "")
        digest = f"{run.status} {run.updated_at}"
        if known.get(unit.id) != digest:
            checks = [_check_result(run.id, check) for check in history.checks(run.id) if not _is_source(check.asset)]
            harvested[unit] = Harvested({"runs": [_run(run)], "check_results": checks}, digest=digest)
    return harvested


def _run(run: "RecordedRun") -> FactRow:
    keys = [key for key in run.assets if len(key) == 2]
    return {
        "run": run.id,
        "domain": run.domain or next((domain for domain, _ in sorted(keys)), None),
        "status": run.status,
        "started_at": run.started_at and run.started_at.isoformat(),
        "ended_at": run.ended_at and run.ended_at.isoformat(),
        "ports": sorted("/".join(key) for key in keys if not _is_source(key)),
    }


def _check_result(run: str, check: "RecordedCheck") -> FactRow:
    detail = next((check.metadata[name] for name in ("broken", "failed") if name in check.metadata), None)
    return {
        "port": "/".join(check.asset),
        "check": check.name,
        "run": run,
        "at": check.at.isoformat(),
        "passed": check.passed,
        "severity": "warning" if check.warns else "error",
        "detail": "; ".join(map(str, detail)) if isinstance(detail, list) else None if detail is None else str(detail),
    }


def _is_source(asset: Sequence[str]) -> bool:
    return asset[-1].startswith(f"{RAW}_")
