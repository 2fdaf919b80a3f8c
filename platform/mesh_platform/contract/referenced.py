"""Which port a relationship points at: the key under which its files are handed to the audit."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mesh_platform.names import PortAddress


class Referenced(NamedTuple):
    """One major version of a port."""

    address: PortAddress
    major: int

    @property
    def view(self) -> str:
        """The name under which a rule's SQL reads it."""
        return f"{self} referenced"

    def __str__(self) -> str:
        return f"{self.address} v{self.major}"


References = Mapping[Referenced, Sequence[Path]]
"""The Parquet files of the referenced ports' versions; a port that was never published is not in it."""
