"""The platform of the mesh: what a domain needs to publish data products, and what anybody needs to read them.

Names are loaded on first use, so that importing this package costs nothing that is not used.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "build_domain": "mesh_platform.dagster.factory",
    "CsvSource": "mesh_platform.ingestion.source",
    "MetadataSource": "mesh_capabilities.governance.catalog.source",
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
    if name not in _HOMES:
        raise AttributeError(f"mesh_platform has no {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
