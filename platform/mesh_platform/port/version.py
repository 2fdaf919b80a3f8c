"""One version of a port: its files, and its provenance as its commit records it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mesh_isolation.days import DayRange, day_of, ranges
from mesh_isolation.records import parse_json, shaped
from mesh_platform.contract.contract import Contract
from mesh_platform.errors import PortDamaged, PublishError, UnknownPort
from mesh_platform.names import PortAddress, identifier
from mesh_platform.port.place import Place, port_flaws

_PREFIX = "mesh."


@dataclass(frozen=True)
class Provenance:
    """The metadata of a commit: where its data come from, and the contract that they were audited against."""

    contract: str
    """The id of the contract."""
    contract_version: str
    contract_file: str
    """The contract's file, relative to the repository's root, for messages."""
    contract_digest: str
    rows: int
    rules: int
    """The number of rules that the audit checked."""
    earlier: Mapping[str, str] | None = None
    """By id, the digests of the contracts of earlier majors that are views over it; None before they were recorded."""
    warnings: int = 0
    """The number of these rules that were broken without blocking the publish."""
    set_aside: int = 0
    """The number of the candidate's rows that were moved to the quarantine."""
    run: str | None = None
    """The Dagster run that published the version."""
    inputs: Mapping[str, int] = field(default_factory=dict)
    """The input versions that were read: `{"sales/orders": 3}`."""
    majors: Mapping[str, int] = field(default_factory=dict)
    """The major of each input: `{"sales/orders": 1}`; empty in commits made before several majors could be served."""
    source: Mapping[str, str] = field(default_factory=dict)
    """The source files read: name → SHA-256."""
    delivered: list[str] = field(default_factory=list)
    """The names of those that were no samples; empty in commits made before it was recorded."""
    source_rows: Mapping[str, int] = field(default_factory=dict)
    """The number of rows of each source table, of those that the next version is compared with."""
    accepted: Mapping[str, str] = field(default_factory=dict)
    """The changes of volume beyond a limit that an operator has accepted: source table or port → what changed."""
    rolled_back_to: int | None = None
    days: list[str] | None = None
    """The days that the commit replaced, as ranges `2017-01-01..2017-01-31`; None for a port without partitions."""
    days_read: Mapping[str, list[str]] = field(default_factory=dict)
    """For each partitioned input, the days that were read, as ranges."""
    code_digest: str | None = None
    """One SHA-256 of the compiled SQL of all its models; None in commits made before it was recorded."""
    engine: str | None = None
    """The engine that executed the SQL: `duckdb 1.5.5`; None in commits made before it was recorded."""

    def as_metadata(self) -> dict[str, str]:
        """The metadata of a Delta commit: keys with the prefix `mesh.`, values as JSON text."""
        return {_PREFIX + key: json.dumps(value, sort_keys=True) for key, value in vars(self).items()}

    @classmethod
    def from_metadata(cls, commit: Mapping[str, Any]) -> "Provenance":
        """The provenance in the `commitInfo` of a Delta commit. Raises ValueError or TypeError if it is none."""
        texts = {key: commit[_PREFIX + key] for key in cls.__dataclass_fields__ if _PREFIX + key in commit}
        provenance = shaped({key: parse_json(text) for key, text in texts.items()}, cls)
        shaped([*provenance.inputs, *provenance.majors, *provenance.days_read], list[PortAddress])
        for part in (*(provenance.days or ()), *(day for days in provenance.days_read.values() for day in days)):
            DayRange.parse(part)
        return provenance


@dataclass(frozen=True)
class PortVersion:
    """A version of a port, as a reader sees it."""

    address: PortAddress
    number: int
    """Delta's version number; the first is 0."""
    committed: datetime
    provenance: Provenance
    files: tuple[Path, ...] = ()
    """The Parquet files of this version; empty in a listing of the history. Call `fetched` to open them."""
    columns: tuple[str, ...] = ()
    """The contract's columns at that time; empty in a listing of the history."""
    selects: tuple[str, ...] = ()
    """For a version seen as an earlier major, the SQL of each column; empty if the files hold the columns themselves."""
    major: int = 1
    damage: str = ""
    """Why a newer version is not served, and what to do next; empty if this is the newest."""
    types: tuple[str, ...] = ()
    """The DuckDB types of these columns, in the same order."""
    partition: str | None = None
    """The column that holds the day; None for a port without partitions."""
    readable: bool = True
    """Whether its files still exist; `mesh ports vacuum` removes the files of versions past their retention."""

    listed_rows: int | None = None
    """The rows of all its files, as the commits that added them state; None if one of them does not, and in a listing."""
    place: Place | None = None
    """The storage of the files; None in a listing of the history."""

    def fetched(self) -> tuple[Path, ...]:
        """The files, ready to be opened; those of a port in a bucket are copied first.

        Raises PortDamaged when a file no longer exists, or no longer has the content that was committed.
        """
        try:
            if self.place:
                self.place.fetch(self.files)
        except FileNotFoundError as problem:
            raise PortDamaged(
                f"{self.address}: a file of version {self.number} has been removed meanwhile.",
                "Run it again: a newer version is served now.",
            ) from problem
        for reason in port_flaws(self.place.folder, self.files).values() if self.place else ():
            raise damaged_version(self.address, self.number, reason)
        return self.files

    @property
    def days(self) -> list[str] | None:
        """The days of its files, as ranges; None for a port without partitions."""
        return None if self.partition is None else [str(part) for part in ranges(filter(None, map(day_of, self.files)))]

    @property
    def rows(self) -> int:
        return self.provenance.rows


def damaged_version(address: PortAddress, number: int, reason: str) -> PortDamaged:
    """The error for a version with a damaged file."""
    return PortDamaged(
        f"{address}: version {number} is damaged, {reason}.",
        f"`mesh run {address}` publishes a new version; `mesh rollback {address}` serves an earlier one.",
    )


def not_yet(address: PortAddress, major: str = "v1") -> UnknownPort:
    """The error for a port, or a later major of it, without a version."""
    return UnknownPort(
        f"{address}{'' if major == 'v1' else f' {major}'} is not published yet.", f"`mesh run {address}` publishes it."
    )


def not_published(address: PortAddress, reason: str, way_out: str = "") -> PublishError:
    """The error for a candidate that was not committed; by default, its way out is to build the candidate again."""
    again = f"The earlier version is still served; `mesh run {address}` rebuilds the candidate."
    return PublishError(f"{address} was not published: {reason}.", way_out or again)


def committed_at(commit: Mapping[str, Any]) -> datetime:
    """The time of a commit; Delta stores milliseconds since 1970-01-01 UTC."""
    return datetime.fromtimestamp(commit["timestamp"] / 1000, tz=UTC)


def expressions(contract: Contract) -> tuple[str, ...]:
    """For each column of the contract, in order, the SQL that computes it from the columns of the newest major."""
    return tuple(
        f"({contract.served_as[name]}\n) AS {identifier(name)}" if name in contract.served_as else identifier(name)
        for name in contract.column_names
    )


def seen_as(contract: Contract, newest: PortVersion) -> PortVersion:
    """A version of the newest major as the readers of an earlier major see it. Its number does not change."""
    types = {name: kind for name, kind in zip(newest.columns, newest.types) if name not in contract.served_as}
    return replace(
        newest,
        columns=tuple(contract.column_names),
        types=tuple(column.type for column in contract.fitted(types).columns),
        selects=expressions(contract),
        major=contract.major,
        provenance=replace(newest.provenance, contract_file=contract.file),
    )
