"""Arguments of commands: completion in the shell, and resolution to ports, contracts and files."""

from collections.abc import Iterator
from pathlib import Path

_REGISTRY = "workspace.yaml"


def ports(incomplete: str) -> list[str]:
    """The ports that begin with this text, such as `sales/orders`."""
    return _matching(_ports(), incomplete)


def products(incomplete: str) -> list[str]:
    """The products that begin with this text, such as `sales/orders`."""
    return _matching(_below("products", ".odps.yaml"), incomplete)


def targets(incomplete: str) -> list[str]:
    """The domains that begin with this text; its ports once it has a slash."""
    if "/" in incomplete:
        return ports(incomplete)
    return _matching((path.parent.name for path in _domains()), incomplete)


def _ports() -> Iterator[str]:
    return (name.rpartition(".v")[0] for name in _below("contracts", ".odcs.yaml"))


def _below(folder: str, suffix: str) -> Iterator[str]:
    for domain in _domains():
        for path in (domain.parent / folder).glob(f"*{suffix}"):
            yield f"{domain.parent.name}/{path.name.removesuffix(suffix)}"


def _domains() -> list[Path]:
    here = Path.cwd()
    root = next((folder for folder in (here, *here.parents) if (folder / _REGISTRY).is_file()), None)
    return sorted(root.glob("domains/*/domain.yaml")) if root else []


def _matching(names: Iterator[str], incomplete: str) -> list[str]:
    return sorted({name for name in names if name.startswith(incomplete)})
