"""Arguments of commands: completion in the shell, and resolution to ports, contracts and files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from mesh_platform.errors import ProjectError
from mesh_platform.home import find_root


def matching_ports(incomplete: str) -> list[str]:
    """The ports that begin with this text, such as `sales/orders`."""
    return _matching(_ports(), incomplete)


def matching_products(incomplete: str) -> list[str]:
    """The products that begin with this text, such as `sales/orders`."""
    return _matching(_below("products", ".odps.yaml"), incomplete)


def matching_targets(incomplete: str) -> list[str]:
    """The domains that begin with this text; its ports once it has a slash."""
    if "/" in incomplete:
        return matching_ports(incomplete)
    return _matching((path.parent.name for path in _domains()), incomplete)


def _ports() -> Iterator[str]:
    return (name.rpartition(".v")[0] for name in _below("contracts", ".odcs.yaml"))


def _below(folder: str, suffix: str) -> Iterator[str]:
    for domain in _domains():
        for path in (domain.parent / folder).glob(f"*{suffix}"):
            yield f"{domain.parent.name}/{path.name.removesuffix(suffix)}"


def _domains() -> list[Path]:
    try:
        return sorted(find_root().glob("domains/*/domain.yaml"))
    except ProjectError:
        return []


def _matching(names: Iterator[str], incomplete: str) -> list[str]:
    return sorted({name for name in names if name.startswith(incomplete)})


Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output and nothing else.")]
Port = Annotated[str, typer.Argument(metavar="DOMAIN/PORT", help="A port.", show_default=False, autocompletion=matching_ports)]
Targets = Annotated[
    list[str] | None,
    typer.Argument(metavar="DOMAIN|DOMAIN/PORT", help="Default: all.", show_default=False, autocompletion=matching_targets),
]
