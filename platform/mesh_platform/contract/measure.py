"""What a quality rule measures, before it is compared with anything."""

from dataclasses import dataclass

from mesh_platform.contract.claims import Claim


@dataclass(frozen=True)
class Measure:
    """A number, as SQL and in words."""

    expression: str
    """SQL over the whole candidate, aggregates only."""
    sentence: str
    columns: tuple[str, ...] = ()
    failing: str | None = None
    """A SQL predicate that is true for the rows that are counted."""
    claim: Claim | None = None
    """What is proven when nothing is counted."""
    percent: bool = False
    """Whether it is a share of the rows and not their number."""
