"""What each port of a domain is made of, read from dbt's manifest: models, tests, own tables, other domains' ports."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from mesh_platform.build import dbt
from mesh_platform.build.dbt import CompiledModel
from mesh_platform.errors import ProjectError
from mesh_platform.ingestion.source import RAW
from mesh_platform.names import PortAddress, identifier
from mesh_platform.project import DomainFolder

_PARSED = (".sql", ".yml", ".yaml", ".py", ".csv")
_MACROS = Path(__file__).parents[1] / "ports" / "macros"


@dataclass(frozen=True)
class PortModel:
    """The model that makes a port, with everything between it and the sources or ports it is made of."""

    name: str
    file: str
    """The model's SQL, from the dbt project's folder."""
    models: tuple[str, ...]
    """The private models and snapshots it needs, itself included."""
    tests: tuple[str, ...]
    """dbt's ids of the tests on any of those models."""
    raw: tuple[str, ...]
    """The tables of its own domain's ingestion that it reads."""
    inputs: tuple[PortAddress, ...]
    """The ports of other domains that it reads."""
    ports: tuple[str, ...]
    """The ports of its own domain that it reads."""
    snapshots: tuple[str, ...] = ()
    """Those of its models that dbt keeps from run to run, as SQL writes their tables."""


def load_port_graph(domain: DomainFolder) -> dict[str, PortModel]:
    """The port models of a domain by name, each after the ones it reads.

    dbt is asked only when a file of the project has changed since it was asked last: its answer is kept in the
    mesh's home. Raises TransformationError when dbt cannot parse the project.
    """
    kept = domain.home.dbt(domain.name) / "ports.json"
    digest = project_digest(domain)
    try:
        said = json.loads(kept.read_text(encoding="utf-8"))
        if said["digest"] == digest:
            return {name: _from_json(model) for name, model in said["ports"].items()}
    except (OSError, ValueError, KeyError, TypeError):
        pass  # never asked, or what was kept is damaged: ask
    graph = read_manifest(dbt.parse(domain), domain)
    kept.parent.mkdir(parents=True, exist_ok=True)
    ports = {name: asdict(model) for name, model in graph.items()}
    beside = kept.with_suffix(".new")
    beside.write_text(json.dumps({"digest": digest, "ports": ports}, indent=1), encoding="utf-8")
    beside.replace(kept)
    return graph


def read_manifest(manifest: Mapping[str, Any], domain: DomainFolder) -> dict[str, PortModel]:
    """The port models that a dbt manifest describes (format: https://schemas.getdbt.com/dbt/manifest/v12.json)."""
    nodes, sources = manifest["nodes"], manifest["sources"]
    port_ids = [key for key, node in nodes.items() if node["config"].get("materialized") == "port"]
    ports = {nodes[key]["name"]: _port_model(key, nodes, sources, domain) for key in port_ids}
    order = TopologicalSorter({name: ports[name].ports for name in sorted(ports)}).static_order()
    return {name: ports[name] for name in order}


def _port_model(port_id: str, nodes: Mapping[str, Any], sources: Mapping[str, Any], domain: DomainFolder) -> PortModel:
    models, raw, inputs, ports = [], set(), set(), set()
    ahead = [port_id]
    while ahead:
        node_id = ahead.pop()
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
            ahead += nodes[node_id]["depends_on"].get("nodes", [])  # a seed is made of nothing
    tests = [key for key, node in nodes.items() if node["resource_type"] == "test" and _tested(node) in models]
    return PortModel(
        name=nodes[port_id]["name"],
        file=nodes[port_id]["original_file_path"],
        models=tuple(sorted(nodes[key]["name"] for key in models)),
        tests=tuple(sorted(tests)),
        snapshots=tuple(sorted(_table(nodes[key]) for key in models if nodes[key]["resource_type"] == "snapshot")),
        raw=tuple(sorted(raw)),
        inputs=tuple(sorted(inputs)),
        ports=tuple(sorted(ports)),
    )


def _table(node: Mapping[str, Any]) -> str:
    return f"{identifier(node['schema'])}.{identifier(node['alias'])}"


def _tested(test: Mapping[str, Any]) -> str | None:
    """The model that a test judges: the one it is written at, else the first it reads."""
    reads = (key for key in test["depends_on"]["nodes"] if key.startswith(("model.", "snapshot.")))
    return test.get("attached_node") or next(reads, None)


def _input_address(source: Mapping[str, Any], domain: DomainFolder) -> PortAddress:
    """dbt source `sales.orders` is the port sales/orders, and says so to Dagster too."""
    address = PortAddress(source["source_name"], source["name"])
    meta = source["config"].get("meta") or source.get("meta") or {}
    if (meta.get("dagster") or {}).get("asset_key") != list(address):
        raise ProjectError(
            f"The source {address} in {domain.relative(domain.dbt_project / source['original_file_path'])} "
            "does not say which asset it is.",
            f"Add config: {{meta: {{dagster: {{asset_key: [{address.domain}, {address.port}]}}}}}}.",
        )
    return address


def project_digest(domain: DomainFolder) -> str:
    """Changes whenever a file that dbt parses does."""
    digest = hashlib.sha256()
    for folder in (domain.dbt_project, _MACROS):
        for path in sorted(folder.rglob("*")):
            if path.suffix in _PARSED and not {"logs", "target"} & set(path.parts):
                digest.update(f"{path.relative_to(folder)}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def _from_json(model: dict[str, Any]) -> PortModel:
    lists = {key: tuple(value) for key, value in model.items() if isinstance(value, list)}
    return PortModel(**{**model, **lists, "inputs": tuple(PortAddress(*pair) for pair in model["inputs"])})


_FORMAT = 2
"""Of what is kept; what another release of the platform has kept is compiled anew."""


def load_compiled(domain: DomainFolder) -> list[CompiledModel]:
    """The models of a domain's project. Raises TransformationError when dbt cannot compile it."""
    kept = domain.home.dbt(domain.name) / "compiled.json"
    digest = project_digest(domain)
    try:
        said = json.loads(kept.read_text(encoding="utf-8"))
        if (said["format"], said["digest"]) == (_FORMAT, digest):
            return [CompiledModel(**model) for model in said["models"]]
    except (OSError, ValueError, KeyError, TypeError):
        pass  # never compiled, or what was kept is damaged: compile
    models = dbt.compiled(domain)
    kept.parent.mkdir(parents=True, exist_ok=True)
    beside = kept.with_suffix(".new")
    beside.write_text(
        json.dumps({"format": _FORMAT, "digest": digest, "models": list(map(asdict, models))}, indent=1), encoding="utf-8"
    )
    beside.replace(kept)
    return models


def code_digest(parts: Iterable[tuple[str, str]]) -> str:
    """One SHA-256 for some models, given as name and code; the order they come in does not matter."""
    digest = hashlib.sha256()
    for name, code in sorted(parts):
        digest.update(f"{len(name)} {name} {len(code)} {code}".encode())
    return digest.hexdigest()
