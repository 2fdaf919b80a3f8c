"""The sources of a domain: files with their columns as their owner means them, and other kinds that capabilities add."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

from mesh_platform.names import PortAddress
from mesh_platform.project import DomainFolder

if TYPE_CHECKING:
    import duckdb
    import pandas


RAW = "raw"
"""The schema of a warehouse that holds what was read, as it was read."""


@dataclass(frozen=True)
class Reshape:
    """A pandas function that turns a sheet made for people into a table, one row a fact.

    Args:
        function: takes the sheet as it was read, gives the table.
        columns: the table's columns with their DuckDB types.
    """

    function: "Callable[[pandas.DataFrame], pandas.DataFrame]"
    columns: Mapping[str, str]


@dataclass(frozen=True)
class CsvSource:
    """A CSV file (RFC 4180, comma, double quote, UTF-8) and the table that it becomes.

    Args:
        table: the table's name in the warehouse's schema `raw`; its asset is called `raw_<table>`.
        file: the file below the source folder, `olist/olist_orders_dataset.csv`.
        columns: every column of the header, in its order, with the DuckDB type its owner means. What looks like
            a number and is a name (an id, a postal code) is VARCHAR here.
        description: what one row is and where the file comes from.
        null: the text that means "not known" beside the empty one.
        byte_order_mark: the file's owner is known to write one. Anywhere else it is a sign of another tool.
        timestamp_format: how times are written, in the words of strptime; read as UTC. Another form, an offset from
            UTC included, is set aside and not guessed at.
        trailing_comma: every line ends with a comma that separates nothing.
        reshape: for sheets that are not tables yet.
    """

    table: str
    file: str
    columns: Mapping[str, str]
    description: str
    null: str = ""
    byte_order_mark: bool = False
    timestamp_format: str = "%Y-%m-%d %H:%M:%S"
    trailing_comma: bool = False
    reshape: Reshape | None = None

    @property
    def asset_name(self) -> str:
        return f"{RAW}_{self.table}"

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables of the warehouse that it becomes."""
        return (self.table,)


class TableRead(NamedTuple):
    """One table as a source was read into it."""

    rows: int
    digest: str
    """SHA-256 of its content, in an order that does not change."""


@runtime_checkable
class TableSource(Protocol):
    """What a kind of source that is no file offers; a capability adds such kinds with the hook `kinds`."""

    @property
    def asset_name(self) -> str:
        """The name of its asset, which begins with `raw_`."""

    @property
    def tables(self) -> Sequence[str]:
        """The tables of the warehouse's schema `raw` that it becomes."""

    def description(self, domain: DomainFolder) -> str:
        """What it is, for the asset's page."""

    def follows(self, domain: DomainFolder) -> Sequence[PortAddress]:
        """The ports of other domains after whose publish it is read again."""

    def read(self, domain: DomainFolder, warehouse: "duckdb.DuckDBPyConnection", instance: Any) -> Mapping[str, TableRead]:
        """Replaces its tables in the warehouse. `instance` is the Dagster instance, whose history it may read."""


Source = CsvSource | TableSource

_DECLARED: dict[str, Sequence[Source]] = {}


def declare(domain: str, sources: Sequence[Source]) -> None:
    """Notes what a code location reads; called while it loads."""
    _DECLARED[domain] = sources


def sources_of(domain: str) -> Sequence[Source]:
    """All sources of a registered domain, those of metadata included; its code location is loaded for it, with whatever
    that raises."""
    if domain not in _DECLARED:
        import_module(f"{domain}.definitions")
    return _DECLARED.get(domain, ())


def declared(domain: str) -> dict[str, CsvSource]:
    """The sources of a registered domain by their tables, where all of them are files."""
    return {source.table: source for source in sources_of(domain)}
