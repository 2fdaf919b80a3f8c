"""The platform of the mesh: what a domain needs to publish data products, and what anybody needs to read them.

Names are loaded on first use, so that importing this package costs nothing that is not used.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "build_domain": "mesh_platform.domain.factory",
    "CsvSource": "mesh_platform.ingestion.source",
    "MetadataSource": "mesh_platform.catalog.source",
    "Reshape": "mesh_platform.ingestion.source",
    "Contract": "mesh_platform.contracts.contract",
    "load_contract": "mesh_platform.contracts.document",
    "DataProduct": "mesh_platform.products.descriptor",
    "load_product": "mesh_platform.products.descriptor",
    "OutputPort": "mesh_platform.ports.output_port",
    "PortAddress": "mesh_platform.naming",
    "PortVersion": "mesh_platform.ports.version",
    "MeshError": "mesh_platform.errors",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"mesh_platform has no {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
