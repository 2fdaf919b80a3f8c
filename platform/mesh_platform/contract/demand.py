"""What a contract demands of a single value, wherever the value stands: in a column, in a list, in a struct."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Demand:
    """One demand."""

    words: str
    """What the value does when it is good: `is at least 5`."""
    breaks: Callable[[str], str] | None = None
    """From the SQL of a value to the SQL that is true when it is bad, NULL or false when it is NULL; None: it cannot be."""
    limit: tuple[str, str] | None = None
    """The comparison that a bad value makes true, where the demand is one: `("<", "5")`, the limit as SQL."""
