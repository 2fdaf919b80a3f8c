"""What each port of a domain is built from, read from dbt's manifest: models, tests, source tables and input ports."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from graphlib import TopologicalSorter
from typing import Any

from mesh_isolation.files import write_whole
from mesh_isolation.records import read_cache
from mesh_isolation.relations import name_clash, source_clash, table_of
from mesh_isolation.team_files import UnreadableFile, digest_below
from mesh_platform.build import dbt
from mesh_platform.errors import ProjectError
from mesh_platform.ingestion.source import RAW
from mesh_platform.names import PortAddress
from mesh_platform.project import DomainFolder

_PARSED = (".sql", ".yml", ".yaml", ".py", ".csv")


@dataclass(frozen=True)
class PortModel:
    """The model of a port, with everything upstream of it up to sources and other ports."""

    name: str
    file: str
    """The model's SQL file, relative to the dbt project."""
    models: tuple[str, ...]
    """The private models and snapshots that it needs, including itself."""
    tests: tuple[str, ...]
    """dbt's ids of the tests of these models."""
    raw: tuple[str, ...]
    """The source tables of its own domain that it reads."""
    inputs: tuple[PortAddress, ...]
    """The ports of other domains that it reads."""
    ports: tuple[str, ...]
    """The ports of its own domain that it reads."""
    snapshots: tuple[str, ...] = ()
    """The quoted table names of those of its models that dbt keeps from run to run."""
    asks_incremental: bool = False
    """Whether its own SQL calls is_incremental()."""


@dataclass(frozen=True)
class _PortGraph:
    """What is kept of a dbt project with that digest."""

    digest: str
    ports: dict[str, PortModel]


def load_port_graph(domain: DomainFolder) -> dict[str, PortModel]:
    """The port models of a domain by name, upstream ports first.

    The graph is cached in the mesh's home; dbt parses the project only when a file of it has changed. Raises
    TransformationError when dbt cannot parse the project.
    """
    cache = domain.home.dbt(domain.name) / "ports.json"
    digest = project_digest(domain)
    kept = read_cache(cache, _PortGraph)
    if kept is None or kept.digest != digest:
        with dbt.reading_answer():
            kept = _PortGraph(digest, read_manifest(dbt.parse(domain), domain))
        write_whole({cache: json.dumps(asdict(kept), indent=1)})
    return kept.ports


def read_manifest(manifest: Mapping[str, Any], domain: DomainFolder) -> dict[str, PortModel]:
    """The port models that a dbt manifest describes (format: https://schemas.getdbt.com/dbt/manifest/v12.json).

    Raises ProjectError for a model that takes the place of a source table, an input, a port or another model, and for a source
    that stands for another table than its name says.
    """
    nodes, sources = manifest["nodes"] | manifest.get("unit_tests", {}), manifest["sources"]
    clash = name_clash(manifest["nodes"], (RAW, *domain.others))
    if clash := clash or source_clash(manifest, domain.home.warehouse(domain.name).stem):
        file, found, way_out = clash
        raise ProjectError(f"{domain.relative(domain.dbt_project / file)} {found}.", way_out)
    port_ids = [key for key, node in nodes.items() if node["config"].get("materialized") == "port"]
    ports = {nodes[key]["name"]: _port_model(key, nodes, sources, domain) for key in port_ids}
    order = TopologicalSorter({name: ports[name].ports for name in sorted(ports)}).static_order()
    return {name: ports[name] for name in order}


def _port_model(port_id: str, nodes: Mapping[str, Any], sources: Mapping[str, Any], domain: DomainFolder) -> PortModel:
    models, raw, inputs, ports = [], set(), set(), set()
    pending = [port_id]
    while pending:
        node_id = pending.pop()
        if node_id in sources:
            source = sources[node_id]
            if source["source_name"] == RAW:
                raw.add(source["name"])
            else:
                inputs.add(_input_address(source, domain))
        elif node_id != port_id and nodes[node_id]["config"].get("materialized") == "port":
            ports.add(nodes[node_id]["name"])
        elif node_id not in models:
            models.append(node_id)
            pending += nodes[node_id]["depends_on"].get("nodes", [])  # a seed depends on nothing
    tests = [key for key, node in nodes.items() if node["resource_type"] in ("test", "unit_test") and _tested(node) in models]
    return PortModel(
        name=nodes[port_id]["name"],
        file=nodes[port_id]["original_file_path"],
        models=tuple(sorted(nodes[key]["name"] for key in models)),
        tests=tuple(sorted(tests)),
        snapshots=tuple(sorted(table_of(nodes[key]) for key in models if nodes[key]["resource_type"] == "snapshot")),
        raw=tuple(sorted(raw)),
        inputs=tuple(sorted(inputs)),
        ports=tuple(sorted(ports)),
        asks_incremental="macro.dbt.is_incremental" in nodes[port_id]["depends_on"].get("macros", []),
    )


def _tested(test: Mapping[str, Any]) -> str | None:
    """The model that a test belongs to: the one it is attached to, else the first that it reads."""
    reads = (key for key in test["depends_on"]["nodes"] if key.startswith(("model.", "snapshot.")))
    return test.get("attached_node") or next(reads, None)


def _input_address(source: Mapping[str, Any], domain: DomainFolder) -> PortAddress:
    """The port of a dbt source, `sales.orders`. Raises ProjectError unless the source has the port's Dagster asset key."""
    address = PortAddress(source["source_name"], source["name"])
    meta = source["config"].get("meta") or source.get("meta") or {}
    if (meta.get("dagster") or {}).get("asset_key") != list(address):
        raise ProjectError(
            f"The source {address} in {domain.relative(domain.dbt_project / source['original_file_path'])} "
            "does not have the port's asset key.",
            f"Add config: {{meta: {{dagster: {{asset_key: [{address.domain}, {address.port}]}}}}}}.",
        )
    return address


def project_digest(domain: DomainFolder) -> str:
    """A SHA-256 that changes whenever a file that dbt parses changes. Raises ProjectError if dbt could not open one."""
    try:
        return digest_below((domain.dbt_project, dbt.MACROS), _PARSED, ("logs", "target"))
    except UnreadableFile as problem:
        raise ProjectError(problem.found, problem.way_out) from problem
