"""The declared sources of a domain: CSV files with their columns and types, and other kinds that capabilities add."""

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
"""The schema of a warehouse that holds the source tables."""


@dataclass(frozen=True)
class Reshape:
    """A pandas function that turns a sheet made for people into a table with one row per fact.

    Args:
        function: takes the sheet as it was read and returns the table.
        columns: the table's columns with their DuckDB types.
    """

    function: "Callable[[pandas.DataFrame], pandas.DataFrame]"
    columns: Mapping[str, str]


@dataclass(frozen=True)
class CsvSource:
    """A CSV file (RFC 4180, comma, double quote, UTF-8) and the table that it is read into.

    Args:
        table: the table's name in the warehouse's schema `raw`; its asset is named `raw_<table>`.
        file: the file's path in the source folder, `olist/olist_orders_dataset.csv`.
        columns: every column of the header, in order, with its DuckDB type. A column of identifiers that look like
            numbers (an id, a postal code) is VARCHAR.
        description: what one row is and where the file comes from.
        null: a text that means "unknown", in addition to the empty text.
        byte_order_mark: whether the file may begin with a byte-order mark. Otherwise one is an error, because it shows
            that another tool wrote the file.
        timestamp_format: the format of times, as for strptime; times are read as UTC. A row with another format, such as
            an offset from UTC, is set aside.
        trailing_comma: whether every line ends with a comma that separates nothing.
        reshape: for a sheet that is not a table.
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
        """The names of its tables in the warehouse's schema `raw`."""
        return (self.table,)


class TableRead(NamedTuple):
    """The result of reading one table of a source."""

    rows: int
    digest: str
    """SHA-256 of its content, in a fixed order."""


@runtime_checkable
class TableSource(Protocol):
    """A source that is not a file; capabilities add such kinds with the hook `kinds`."""

    @property
    def asset_name(self) -> str:
        """The name of its asset; it begins with `raw_`."""

    @property
    def tables(self) -> Sequence[str]:
        """The names of its tables in the warehouse's schema `raw`."""

    def description(self, domain: DomainFolder) -> str:
        """The description for the asset's page."""

    def follows(self, domain: DomainFolder) -> Sequence[PortAddress]:
        """The ports of other domains; the source is read again after they are published."""

    def read(self, domain: DomainFolder, warehouse: "duckdb.DuckDBPyConnection", instance: Any) -> Mapping[str, TableRead]:
        """Replaces its tables in the warehouse, and returns them by name. It may read the history of `instance`, Dagster's."""


Source = CsvSource | TableSource

_DECLARED: dict[str, Sequence[Source]] = {}


def declare(domain: str, sources: Sequence[Source]) -> None:
    """Registers the sources of a domain; called while its code location loads."""
    _DECLARED[domain] = sources


def sources_of(domain: str) -> Sequence[Source]:
    """All sources of a registered domain, of any kind. Imports its code location if necessary, and raises what that raises."""
    if domain not in _DECLARED:
        import_module(f"{domain}.definitions")
    return _DECLARED.get(domain, ())


def declared(domain: str) -> dict[str, CsvSource]:
    """The sources of a registered domain by table, if all of them are files."""
    return {source.table: source for source in sources_of(domain)}
