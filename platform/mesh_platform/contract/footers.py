"""What the footers of Parquet files prove about their rows, without a single row being read.

Statistics of a column chunk: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mesh_platform.contract.candidate import CANDIDATE
from mesh_platform.contract.claims import Claim, Key, Largest, Limit, NeverNull
from mesh_platform.contract.column import Column
from mesh_platform.names import identifier, literal

if TYPE_CHECKING:
    import duckdb

# The smallest and the largest value of these are exact in a footer. Texts are cut there, and a float may be no number.
_ORDERED = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "DATE", "TIMESTAMP", "DECIMAL")
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")
_DENSE = 8
"""A bitmap over the range of a key pays while the range holds at most so many times the number of rows."""


@dataclass(frozen=True)
class Facts:
    """What all the footers together say of one column; None where one of them is silent."""

    nulls: int | None
    smallest: str | None
    largest: str | None


@dataclass(frozen=True)
class Footers:
    """The footers of a candidate's files."""

    rows: int
    facts: Mapping[str, Facts]
    columns: Mapping[str, Column]

    def proof(self, claim: Claim) -> str | None:
        """A SQL aggregate that is 0 only if the claim holds, cheaper than counting the exceptions; None if there is none.

        Exact in that direction: 0 proves. Anything else may be chance and asks for a count.
        """
        match claim:
            case NeverNull(column):
                return "0" if self._known(column).nulls == 0 else None
            case Limit():
                return self._within(claim)
            case Key(columns):
                return self._bitmap(columns[0]) if len(columns) == 1 and self._dense(columns[0]) else _hashes(columns)
            case Largest():
                return None

    def answer(self, claim: Claim) -> str | None:
        """What the rule measures, as SQL that reads no row; None where the footers do not say it."""
        if not isinstance(claim, Largest) or (largest := self._known(claim.column).largest) is None:
            return None
        return claim.measure.format(f"{literal(largest)}::{self.columns[claim.column].type}")

    def _known(self, column: str) -> Facts:
        return self.facts.get(column, Facts(None, None, None))

    def _within(self, claim: Limit) -> str | None:
        facts, kind = self._known(claim.column), self.columns[claim.column].type
        extreme = facts.smallest if claim.breaks.startswith("<") else facts.largest
        if extreme is None or not kind.startswith(_ORDERED):
            return None
        return f"({literal(extreme)}::{kind} {claim.breaks} {claim.limit})::INTEGER"

    def _dense(self, column: str) -> bool:
        facts = self._known(column)
        if facts.smallest is None or facts.largest is None or self.columns[column].type not in _WHOLE:
            return False
        return int(facts.largest) - int(facts.smallest) < _DENSE * self.rows

    def _bitmap(self, column: str) -> str:
        """One bit for each value there could be: as many bits set as there are values, or one occurs twice."""
        facts, name, kind = self._known(column), identifier(column), self.columns[column].type
        bits = f"bitstring_agg({name}, {literal(facts.smallest)}::{kind}, {literal(facts.largest)}::{kind})"
        return f"count({name}) - coalesce(bit_count({bits}), 0)"


def _hashes(columns: Sequence[str]) -> str:
    """As many different hashes as keys: then the keys are different too.

    Sorted and compared with the neighbour, which takes half of what counting distinct ones takes, and can leave memory.
    """
    key = ", ".join(map(identifier, columns))
    present = " AND ".join(f"{identifier(column)} IS NOT NULL" for column in columns)
    hashes = f"SELECT hash({key}) AS hash FROM {CANDIDATE} WHERE {present}"
    beside = f"SELECT hash, lag(hash) OVER (ORDER BY hash) AS before FROM ({hashes})"
    return f"(SELECT count(*) FROM ({beside}) WHERE hash = before)"


def read_footers(files: Sequence[Path], columns: Sequence[Column], connection: "duckdb.DuckDBPyConnection") -> Footers:
    """Reads the footers of `files`, whose columns have been found to be `columns`."""
    listed = ", ".join(literal(file) for file in files)
    by_name = {column.name: column for column in columns}
    chunks = connection.execute(
        "SELECT path_in_schema, num_values, stats_null_count, stats_min_value, stats_max_value "
        f"FROM parquet_metadata([{listed}]) WHERE num_values > 0"
    ).fetchall()
    (rows,) = connection.execute(f"SELECT coalesce(sum(num_rows), 0)::BIGINT FROM parquet_file_metadata([{listed}])").fetchone()
    grouped: dict[str, list[tuple]] = {}
    parted = any(column.type.endswith(("]", ")")) and not column.type.startswith("DECIMAL(") for column in columns)
    for name, *said in chunks:
        # The path of a part is written with commas, and so may be the name of another column: no proof from either.
        if not (parted and ", " in name):
            grouped.setdefault(name, []).append(tuple(said))
    nulls = {name: _nulls(said) for name, said in grouped.items()}
    extremes = _extremes({name: said for name, said in grouped.items() if name in by_name}, by_name, connection)
    return Footers(rows, {name: Facts(nulls[name], *extremes.get(name, (None, None))) for name in grouped}, by_name)


def _nulls(chunks: Sequence[tuple]) -> int | None:
    counted = [nulls for _, nulls, *_ in chunks]
    return None if None in counted else sum(counted)


def _extremes(
    chunks: Mapping[str, Sequence[tuple]], columns: Mapping[str, Column], connection: "duckdb.DuckDBPyConnection"
) -> dict[str, tuple[str, str]]:
    """The smallest and the largest value of every column whose footers know them, compared in the column's type."""
    asked: dict[str, str] = {}
    for name, said in chunks.items():
        kind = columns[name].type
        # A chunk of nothing but NULLs has no extremes and needs none.
        filled = [(low, high) for values, nulls, low, high in said if nulls != values]
        if not kind.startswith(_ORDERED) or not filled or any(None in pair for pair in filled):
            continue
        lows, highs = (", ".join(f"{literal(value)}::{kind}" for value in side) for side in zip(*filled))
        asked[name] = f"least({lows})::VARCHAR, greatest({highs})::VARCHAR"
    if not asked:
        return {}
    found = connection.execute(f"SELECT {', '.join(asked.values())}").fetchone()
    return dict(zip(asked, zip(found[::2], found[1::2])))
