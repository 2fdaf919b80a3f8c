"""The declared sources of a domain: CSV files with their columns and types, and other kinds that capabilities add."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

from mesh_isolation.csv_declaration import WrongDeclaration, check_declaration
from mesh_isolation.limits import AllowedChange, SetAside, change_of, set_aside_of
from mesh_isolation.text import brief
from mesh_platform.errors import SourceError
from mesh_platform.names import PortAddress
from mesh_platform.project import DomainFolder

if TYPE_CHECKING:
    import duckdb
    import pandas


WAREHOUSE = "warehouse"
"""The catalog of a domain's warehouse in the connections that the platform opens."""

RAW = "raw"
"""The schema of a warehouse that holds the source tables."""


@dataclass(frozen=True)
class Reshape:
    """A pandas function that turns a sheet made for people into a table with one row per fact.

    Args:
        function: takes the sheet as it was read and returns the table. No value that it gets is rounded: integers and truths
            have pandas' nullable types (`Int64`); DECIMAL columns have `decimal.Decimal` objects, which count with 100 digits;
            HUGEINT has `int` objects, a list or struct those of its parts, and what Python does not hold is text.
        columns: the table's columns with their DuckDB types. A row with a value that is not the same as one of its type is set
            aside: one that would be rounded, a float of 2**53 and more for an integer or DECIMAL, a time for a DATE.
    """

    function: "Callable[[pandas.DataFrame], pandas.DataFrame]"  # the platform has its `NamedFunction`
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
        timestamp_format: the format of times, as for strptime; times are read as UTC, except for a format that ends with
            `%z`, an offset: a TIMESTAMP then holds the time in UTC. A row with another format, such as an undeclared
            offset, is set aside.
        trailing_comma: whether every line ends with a comma that separates nothing.
        reshape: for a sheet that is not a table.
        set_aside: how many rows may be set aside because they cannot be read: `0.5 %` of the file, or a number. If there are
            more, nothing is published from the source. A source with `reshape` states a number.
        volume: how far the number of rows may differ from the version before: `±50 %`, `-20 %, +100 %` or `-20 %, any`; None
            for any. If it differs more, nothing is published from the source. By default it is ±50 % for ports that are
            replaced as a whole, and any for ports by day. Samples are not compared.
        reason: why the limits are what they are; it must be stated with `volume=None`.

    Raises SourceError for a declaration that no file can be read with; it names the field, its value and the way out.
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
    set_aside: str | int = 0
    volume: str | None = ""
    reason: str = ""

    def __post_init__(self) -> None:
        try:
            check_declaration(vars(self))
        except WrongDeclaration as wrong:
            raise SourceError(f"`{wrong.field}` of the source {brief(self.table)} {wrong.found}.", wrong.way_out) from None

    @property
    def aside(self) -> SetAside:
        """How many rows may be set aside."""
        return set_aside_of(self.set_aside)

    @property
    def change(self) -> AllowedChange | None:
        """How far its number of rows may change; None for any."""
        return change_of(self.volume)

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
    """SHA-256 of its content, in a fixed order, or of its file."""
    compared: str = "whole"
    """The ports whose versions state its rows to be compared: `all`, `whole` (those that need every row); empty for samples."""
    refusal: str = ""
    """Why nothing may be published from it; empty if it may."""
    whole: str = ""
    """Why no port that needs every row of it may be published; empty if it may."""
    accepted: str = ""
    """The change of its volume that the operator has accepted beyond its limit; empty if there is none."""


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
