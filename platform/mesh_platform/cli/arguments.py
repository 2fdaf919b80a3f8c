"""Arguments of commands: completion in the shell, and resolution to ports, contracts and files."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from mesh_platform.errors import ProjectError, UnknownPort
from mesh_platform.names import PortAddress, nearest


def matching_ports(incomplete: str) -> list[str]:
    """The ports that begin with this text, such as `sales/orders`."""
    return _matching(_ports(_domains()), incomplete)


def matching_targets(incomplete: str) -> list[str]:
    """The domains that begin with this text; its ports once it has a slash."""
    if "/" in incomplete:
        return matching_ports(incomplete)
    return _matching((folder.name for folder in _domains()), incomplete)


def known_port(text: str) -> PortAddress:
    """The port that `text` names. Raises UnknownPort when it has no contract, no published version and no quarantine."""
    from mesh_platform.port.shelf import published_ports
    from mesh_platform.project import load_project

    address, project = PortAddress.parse(text), load_project(with_broken=True)
    known = _matching(_ports(project.root / "domains" / name for name in project.names), "")
    loads = text in known and address.domain in project.domains
    if not loads and not project.home.quarantine(address).is_dir() and address not in published_ports(project.home):
        project.check_loads(address.domain)
        raise UnknownPort(f"There is no port {address}.", nearest(text, known))
    return address


def _ports(domains: Iterable[Path]) -> Iterator[str]:
    files = (path for folder in domains for path in (folder / "contracts").glob("*.odcs.yaml"))
    return (f"{path.parents[1].name}/{path.name.rpartition('.v')[0]}" for path in files)


def _domains() -> list[Path]:
    from mesh_platform.project import load_project

    try:
        project = load_project(with_broken=True)
    except ProjectError:
        return []
    return [project.root / "domains" / name for name in project.names]


def _matching(names: Iterator[str], incomplete: str) -> list[str]:
    return sorted({name for name in names if name.startswith(incomplete)})


Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output and nothing else.")]
Port = Annotated[str, typer.Argument(metavar="DOMAIN/PORT", help="A port.", show_default=False, autocompletion=matching_ports)]
Targets = Annotated[
    list[str] | None,
    typer.Argument(metavar="DOMAIN|DOMAIN/PORT", help="Default: all.", show_default=False, autocompletion=matching_targets),
]
