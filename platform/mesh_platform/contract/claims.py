"""What a rule says about every row, in a form that can be proven without looking for the rows that break it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class NeverNull:
    """The column holds no NULL."""

    column: str


@dataclass(frozen=True)
class Limit:
    """The column holds no value for which `value breaks limit` is true."""

    column: str
    breaks: str
    """`<`, `<=`, `>` or `>=`."""
    limit: str
    """As SQL."""


@dataclass(frozen=True)
class Key:
    """No combination of values that are all known occurs twice."""

    columns: tuple[str, ...]


@dataclass(frozen=True)
class Largest:
    """Nothing else of the rows is asked for than the largest value of the column."""

    column: str
    measure: str
    """What the rule measures, as SQL, with `{}` in the place of that value."""


Claim = NeverNull | Limit | Key | Largest
