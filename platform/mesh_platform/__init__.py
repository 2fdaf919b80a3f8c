"""The core of the mesh: what a domain needs to publish data products, and what a consumer needs to read them.

Names are imported on first use, so that importing this package stays cheap.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "build_domain": "mesh_platform.ingestion.declaration",
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
        from mesh_platform.capabilities import kinds_of_sources
        from mesh_platform.errors import ProjectError
        from mesh_platform.home import find_root

        try:
            root = find_root()
        except ProjectError:  # outside a mesh
            root = None
        homes = {**_HOMES, **(kinds_of_sources(root, name) if root else {})}
    if name not in homes:
        raise AttributeError(f"mesh_platform has no {name!r}; it has {', '.join(homes)}")
    return getattr(import_module(homes[name]), name)


def __dir__() -> list[str]:
    return __all__
