"""What a harvester hands over: rows, and everything that it looked at."""

from dataclasses import dataclass, field

from mesh_capabilities.governance.catalog.facts import Rows


@dataclass(frozen=True)
class Harvested:
    """What one part of the mesh says."""

    rows: Rows = field(default_factory=dict)
    reads: frozenset[str] = frozenset()
    """What it was read from beside the part itself, as a Survey names it: the part is harvested anew when one changes."""
    digest: str = ""
    """Of what the rows were made of, where that can be told in less time than the rows; empty where it cannot."""
    same: bool = False
    """Whether the digest is the one of last time, so that the rows of last time are still good."""
