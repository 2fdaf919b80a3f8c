"""One version of a port: its files and its provenance, as its commit says them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mesh_platform.contract.contract import Contract
from mesh_platform.days import day_of, ranges
from mesh_platform.errors import PortDamaged
from mesh_platform.names import PortAddress, identifier
from mesh_platform.port.place import Place

_PREFIX = "mesh."


@dataclass(frozen=True)
class Provenance:
    """What a commit carries beside the data."""

    contract: str
    """Id of the contract the data was held against."""
    contract_version: str
    contract_file: str
    """From the repository's root, so that a refusal can name the file to change."""
    contract_digest: str
    rows: int
    rules: int
    """How many rules of the contract the data passed."""
    warnings: int = 0
    set_aside: int = 0
    """How many rows of the candidate broke a rule that lets them, and are in the quarantine instead."""
    run: str | None = None
    """The Dagster run that published."""
    inputs: Mapping[str, int] = field(default_factory=dict)
    """The versions consumed: `{"sales/orders": 3}`."""
    majors: Mapping[str, int] = field(default_factory=dict)
    """The major of each of them: `{"sales/orders": 1}`; empty in commits from before two could be served at once."""
    source: Mapping[str, str] = field(default_factory=dict)
    """The source files read: name → SHA-256."""
    rolled_back_to: int | None = None
    days: list[str] | None = None
    """The days that this commit replaced, as ranges `2017-01-01..2017-01-31`; None for a port without partitions."""
    days_read: Mapping[str, list[str]] = field(default_factory=dict)
    """Of the inputs that are partitioned: which days were read, as ranges."""
    code_digest: str | None = None
    """One SHA-256 of the compiled SQL of all its models; None in commits from before it was recorded."""
    engine: str | None = None
    """What executed that SQL: `duckdb 1.5.5`; None in commits from before it was recorded."""

    def as_metadata(self) -> dict[str, str]:
        """As Delta keeps it: `mesh.…` keys in the commit's info, texts only."""
        return {_PREFIX + key: json.dumps(value, sort_keys=True) for key, value in vars(self).items()}

    @classmethod
    def from_metadata(cls, commit: Mapping[str, Any]) -> "Provenance":
        said = {key: commit[_PREFIX + key] for key in cls.__dataclass_fields__ if _PREFIX + key in commit}
        return cls(**{key: json.loads(value) for key, value in said.items()})


@dataclass(frozen=True)
class PortVersion:
    """A version as readers meet it."""

    address: PortAddress
    number: int
    """Delta's version number; the first is 0."""
    committed: datetime
    provenance: Provenance
    files: tuple[Path, ...] = ()
    """The Parquet files that make up this version; empty in a listing of the history. Who opens them asks `fetched`."""
    columns: tuple[str, ...] = ()
    """The columns promised at that time; empty in a listing of the history."""
    selects: tuple[str, ...] = ()
    """SQL for each column where it is computed from the files; empty where the files hold the columns themselves."""
    major: int = 1
    damage: str = ""
    """Why this version is served and no newer one, with the way out; empty when it is the newest."""
    types: tuple[str, ...] = ()
    """DuckDB's types of these columns, in the same order."""
    partition: str | None = None
    """The column that holds the day; None for a port without partitions."""
    readable: bool = True
    """Whether its files are still there; `mesh ports vacuum` removes those of versions that need not be kept."""

    place: Place | None = None
    """Where the files are kept; None in a listing of the history."""

    def fetched(self) -> tuple[Path, ...]:
        """The files, to be opened: those of a port in a bucket are copied first. Raises PortDamaged for one that is gone."""
        try:
            if self.place:
                self.place.fetch(self.files)
        except FileNotFoundError as problem:
            raise PortDamaged(
                f"{self.address}: a file of version {self.number} has been removed meanwhile.",
                "Run it again: another version is served now.",
            ) from problem
        return self.files

    @property
    def days(self) -> list[str] | None:
        """The days that its files hold, as ranges; None for a port without partitions."""
        return None if self.partition is None else [str(part) for part in ranges(filter(None, map(day_of, self.files)))]

    @property
    def rows(self) -> int:
        return self.provenance.rows


def committed_at(commit: Mapping[str, Any]) -> datetime:
    """The time of a commit; Delta keeps milliseconds since 1970, UTC."""
    return datetime.fromtimestamp(commit["timestamp"] / 1000, tz=UTC)


def expressions(contract: Contract) -> tuple[str, ...]:
    """For each promised column, in order, the SQL that makes it of the newest major's columns, under its name."""
    return tuple(
        f"({contract.served_as[name]}\n) AS {identifier(name)}" if name in contract.served_as else identifier(name)
        for name in contract.column_names
    )


def seen_as(contract: Contract, newest: PortVersion) -> PortVersion:
    """A version of the newest major as the readers of the earlier one see it. The number stays that of the newest."""
    return replace(
        newest,
        columns=tuple(contract.column_names),
        types=tuple(column.type for column in contract.columns),
        selects=expressions(contract),
        major=contract.major,
    )
