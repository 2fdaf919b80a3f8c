"""What a port's folder says: its versions, what they were made of, and which one is served."""

from collections.abc import Iterator

from mesh_capabilities.governance.catalog.facts import Row
from mesh_capabilities.governance.catalog.harvest.harvested import Harvested
from mesh_platform.errors import MeshError
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.place import Place, place_of
from mesh_platform.port.version import PortVersion
from mesh_platform.project import Project


def harvest_port(project: Project, name: str) -> Harvested:
    """The rows of one port's folder, written `sales/orders/v1`; nothing of one in which nothing was ever published."""
    domain, called, major = name.split("/")
    port = OutputPort(PortAddress(domain, called), project.home.ports / name)
    row = {"port": f"{domain}/{called}", "major": int(major[1:])}
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
            "version_inputs": [{**row, **read} for version in history for read in _inputs(version)],
            "version_sources": [
                {**row, "version": version.number, "source": source, "sha256": digest}
                for version in history
                for source, digest in version.provenance.source.items()
            ],
        },
        frozenset({f"port:{name}"}),
    )


def _served(version: PortVersion | None, place: Place) -> Row:
    if version is None:
        return {}
    return {
        "version": version.number,
        "bytes": sum(place.sizes(version.files).values()),
        "files": len(version.files),
        "partitioned_by": version.partition,
    }


def _version(version: PortVersion, served: PortVersion | None) -> Row:
    said = version.provenance
    return {
        "version": version.number,
        "committed_at": version.committed.isoformat(),
        "rows": said.rows,
        "rules": said.rules,
        "warnings": said.warnings,
        "set_aside": said.set_aside,
        "contract": said.contract,
        "contract_version": said.contract_version,
        "contract_digest": said.contract_digest,
        "run": said.run,
        "rolled_back_to": said.rolled_back_to,
        "current": served is not None and served.number == version.number,
        "readable": version.readable,
    }


def _inputs(version: PortVersion) -> Iterator[Row]:
    """Commits that say no major are from before two could be served at once; they count for the first."""
    for name, number in version.provenance.inputs.items():
        major = version.provenance.majors.get(name, 1)
        yield {"version": version.number, "input": name, "input_major": major, "input_version": number}
