"""The texts of the contracts that a port was published under, which the core keeps in the port's folder."""

from pathlib import Path

from mesh_platform.port.output_port import contract_path
from mesh_platform.port.place import place_of


def kept_contract(port: Path, digest: str) -> str | None:
    """The text of the contract with that digest; None if it was not kept, as for versions of earlier releases."""
    try:
        place_of(port).fetch([contract_path(port, digest)])
        return contract_path(port, digest).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
