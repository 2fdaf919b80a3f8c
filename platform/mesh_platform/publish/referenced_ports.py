"""The files of the ports that a contract's relationships lead to, in the version that goes with what is audited."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from mesh_platform.contract.contract import Contract
from mesh_platform.contract.rule import Referenced
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.version import PortVersion


def referenced_files(
    contract: Contract,
    home: MeshHome,
    pinned: Mapping[PortAddress, PortVersion] | None = None,
    candidates: Mapping[PortAddress, Sequence[Path]] | None = None,
) -> dict[Referenced, Sequence[Path]]:
    """The files of each referenced port; a port that was never published is left out.

    Args:
        contract: whose relationships are asked for.
        home: the mesh.
        pinned: versions that a run reads or has published, which come first.
        candidates: what the run is about to publish with it, which comes next. The served version comes last.
    """
    found: dict[Referenced, Sequence[Path]] = {}
    for referenced in contract.references:
        version = (pinned or {}).get(referenced.address)
        served = OutputPort(referenced.address, home.port(*referenced))
        if version and _major(version) == referenced.major:
            # Of a port that grows, a product may read the latest days only; a relationship leads to all of them.
            whole = version if version.partition is None else served.at(version.number)
            found[referenced] = whole.fetched()
        elif candidates and referenced.address in candidates:
            found[referenced] = candidates[referenced.address]
        elif served.published:
            found[referenced] = served.current().fetched()
    return found


def _major(version: PortVersion) -> int:
    return int(version.provenance.contract_version.split(".")[0])


def by_references(groups: Collection[list[str]], leads_to: Mapping[str, Collection[str]]) -> list[list[str]]:
    """Groups of ports, each after those it leads to as far as that can be; else in the order they come in.

    Args:
        groups: names of ports, each group after those it is made of.
        leads_to: by port, the ports it is made of and those its relationships lead to.
    """
    remaining, ordered = list(groups), []
    while remaining:
        free = (group for group in remaining if not _blocked(group, remaining, leads_to))
        ordered.append(next(free, remaining[0]))
        remaining.remove(ordered[-1])
    return ordered


def _blocked(group: list[str], remaining: list[list[str]], leads_to: Mapping[str, Collection[str]]) -> bool:
    others = {port for other in remaining if other is not group for port in other}
    return any(others & set(leads_to[port]) for port in group)
