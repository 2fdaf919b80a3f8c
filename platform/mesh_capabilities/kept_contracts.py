"""The texts of the contracts that a port was published under, which the core keeps in the port's folder."""

from pathlib import Path

from mesh_isolation.records import read_own_text
from mesh_platform.port.output_port import contract_path
from mesh_platform.port.place import place_of


def kept_contract(port: Path, digest: str) -> str | None:
    """The text of the contract with that digest; None if it was not kept, as for versions of earlier releases."""
    try:
        place_of(port).fetch([contract_path(port, digest)])
        return read_own_text(contract_path(port, digest))
    except OSError:
        return None
