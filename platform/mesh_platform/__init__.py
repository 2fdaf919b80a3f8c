"""The core of the mesh: what a domain needs to publish data products, and what a consumer needs to read them.

Names are imported on first use, so that importing this package stays cheap.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "build_domain": "mesh_platform.dagster.factory",
    "CsvSource": "mesh_platform.ingestion.source",
    "Reshape": "mesh_platform.ingestion.source",
    "Contract": "mesh_platform.contract.contract",
    "load_contract": "mesh_platform.contract.document",
    "DataProduct": "mesh_platform.product.descriptor",
    "load_product": "mesh_platform.product.descriptor",
    "OutputPort": "mesh_platform.port.output_port",
    "PortAddress": "mesh_platform.names",
    "PortVersion": "mesh_platform.port.version",
    "MeshError": "mesh_platform.errors",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    homes = _HOMES
    if name not in homes and name[:1].isupper():  # a small letter begins the name of a module: Python asks here first
        homes = {**_HOMES, **_kinds_of_sources()}
    if name not in homes:
        _refuse_unlisted(name)
        raise AttributeError(f"mesh_platform has no {name!r}; it has {', '.join(homes)}")
    return getattr(import_module(homes[name]), name)


def _kinds_of_sources() -> dict[str, str]:
    """The kinds of sources that the capabilities of this mesh add: name → module; empty outside a mesh."""
    from mesh_platform.capabilities import ask, capabilities_here
    from mesh_platform.errors import ProjectError
    from mesh_platform.home import find_root

    try:
        find_root()
    except ProjectError:
        return {}
    return {name: module for kinds in ask(capabilities_here().kinds) for name, module in kinds.sources.items()}


def _refuse_unlisted(name: str) -> None:
    """Raises ProjectError, which an import shows, for a kind of source whose capability this mesh does not list."""
    from mesh_platform.capabilities import SETTINGS, listed_or_removed, unlisted_source
    from mesh_platform.errors import ProjectError
    from mesh_platform.home import find_root

    if name[:1].isupper() and (capability := unlisted_source(name)):
        raise ProjectError(
            f"{name} is a kind of source of the capability '{capability}', which {SETTINGS} does not list.",
            listed_or_removed(find_root(), [capability]),
        )


def __dir__() -> list[str]:
    return __all__
