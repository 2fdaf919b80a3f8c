"""The declared sources of a domain: CSV files with their columns and types, and other kinds that capabilities add."""

import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

from mesh_isolation.csv_declaration import WrongDeclaration, check_declaration
from mesh_isolation.files import write_whole
from mesh_isolation.frames import read_frame, write_frame
from mesh_isolation.limits import AllowedChange, SetAside, change_of, set_aside_of
from mesh_isolation.records import read_cache
from mesh_isolation.sandbox import Sandbox, SandboxFailed, call
from mesh_isolation.team_files import digest_below
from mesh_isolation.text import brief, without_values
from mesh_platform.capabilities import SETTINGS, listed
from mesh_platform.errors import MeshError, ProjectError, SourceError, failure_of, trace_error
from mesh_platform.home import REGISTRY
from mesh_platform.names import PortAddress
from mesh_platform.project import DomainFolder, load_domain

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
        function: takes the sheet as it was read and returns the table. DECIMAL columns have `decimal.Decimal` objects.
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
        timestamp_format: the format of times, as for strptime; times are read as UTC, except for a format that ends with
            `%z`, an offset. A row with another format, such as an undeclared offset, is set aside.
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
        except WrongDeclaration as problem:
            raise SourceError(f"{problem.field} of the source {brief(self.table)} {problem.found}.", problem.way_out) from None

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

_DECLARED: dict[str, Sequence[Source]] = {}


def declare(domain: str, sources: Sequence[Source]) -> None:
    """Registers the sources of a domain; called while its code location loads."""
    _DECLARED[domain] = sources


def sources_of(domain: str) -> Sequence[Source]:
    """All sources of a registered domain, of any kind. Imports its code location if necessary, and raises what that raises."""
    if domain not in _DECLARED:
        import_definitions(domain)
    return _DECLARED.get(domain, ())


def import_definitions(domain: str) -> ModuleType:
    """Imports the `definitions.py` of a domain, which declares its sources. Raises MeshError when it does not load."""
    try:
        return import_module(f"{domain}.definitions")
    except BaseException as problem:
        reason = failure_of(problem)
        if isinstance(problem, MeshError):
            raise
        trace_error(problem)
        own = f"/domains/{domain}/{domain}/"
        steps = [(step.filename, step.lineno) for step in traceback.extract_tb(problem.__traceback__)]
        steps += [(problem.filename or "", problem.lineno)] if isinstance(problem, SyntaxError) else []
        places = [f" domains{file.partition('/domains')[2]}, line {line}," for file, line in steps if own in file]
        where = places[-1] if places else ""
        found = f"The code location {domain} does not load:{where} {reason}."
        raise ProjectError(found, "Correct it; --debug shows the traceback.") from problem


@dataclass(frozen=True)
class _Code:
    """What is kept of a domain's Python with that digest, which loads."""

    digest: str
    following: list[str]


def check_code(domain: DomainFolder) -> set[str]:
    """Imports a domain's `definitions.py` in a sandbox, without Dagster; again only when a file beside it has changed.

    Returns: the tables of its sources that follow ports of other domains. Raises MeshError when it does not load.
    """
    cache = domain.home.root / "code" / f"{domain.name}.json"
    read = (domain.folder / domain.name, Path(__file__).parent)
    digest = f"{digest_below(read, ('.py', '.yaml', '.yml', '.json', '.toml'), ())} {listed(domain.root)}"
    kept = read_cache(cache, _Code)
    if kept is None or kept.digest != digest:
        sees = [domain.root / name for name in (REGISTRY, SETTINGS, "domains")]
        try:
            arguments = {"root": str(domain.root), "domain": domain.name}
            sandbox = Sandbox(sees, environment={"MESH_HOME": str(domain.home.root)}, seconds=60, code=[domain.folder])
            kept = _Code(digest, call(load_code, arguments, sandbox, MeshError))
        except SandboxFailed as problem:
            found = f"The code location {domain.name} does not load: {problem}."
            raise ProjectError(found, f"Correct domains/{domain.name}/{domain.name}.") from None
        write_whole({cache: json.dumps(vars(kept))})
    return set(kept.following)


def load_code(emit: Callable[..., None], root: str, domain: str) -> list[str]:
    """The part of `check_code` that runs in the sandbox."""
    import mesh_platform

    os.chdir(root)  # from here, the capabilities of the mesh are found
    mesh_platform.build_domain = lambda name, definitions_file, sources=(): declare(name, sources)
    try:
        import_definitions(domain)
    except ProjectError as problem:
        if not isinstance(problem.__cause__, PermissionError):  # of the sandbox: a run may open the file
            raise
    folder, others = load_domain(Path(root), domain), [s for s in _DECLARED.get(domain, ()) if not isinstance(s, CsvSource)]
    return [table for source in others if source.follows(folder) for table in source.tables]


def reshape(function: Callable[..., Any], sheet: Path, environment: Mapping[str, str]) -> Path:
    """Calls the function with a sheet, and returns the Parquet file of its result, beside the sheet.

    Args:
        function: a function of a module, which takes and returns a pandas DataFrame. It can read the files of its package
            and of the sheet's folder.
        sheet: a Parquet file in a folder of its own.
        environment: the environment variables that the function sees.

    Raises SourceError when it is not a function of a module, or when it fails.
    """
    module, name = function.__module__, function.__qualname__
    if getattr(sys.modules.get(module), name, None) is not function:
        raise SourceError(
            f"The function {name} of {module} cannot be called by its name in another process.",
            "Define it at the top level of its module.",
        )
    file = Path(sys.modules[module].__file__)
    folder = (file.parent if file.name == "__init__.py" else file).parents[module.count(".")]
    table = sheet.with_name("table.parquet")
    arguments = {"module": module, "name": name, "sheet": str(sheet), "table": str(table)}
    try:
        call(call_function, arguments, Sandbox([], [sheet.parent], environment, code=[folder]), MeshError)
    except SandboxFailed as problem:
        reason = without_values(problem)
        raise SourceError(f"{module}.{name} did not finish: {reason}.", f"Correct {name}.") from None
    if not table.is_file():
        raise SourceError(f"{module}.{name} returned no table.", f"Correct {name}.")
    return table


def call_function(emit: Callable[..., None], module: str, name: str, sheet: str, table: str) -> None:
    """The part of `reshape` that runs in the sandbox."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        frame = read_frame(Path(sheet), connection)
        try:
            write_frame(getattr(import_module(module), name)(frame), Path(table), connection)
        except MeshError:
            raise
        except Exception as problem:
            # The message of the error can quote values.
            steps = traceback.extract_tb(problem.__traceback__)
            lines = [step.lineno for step in steps if step.filename == sys.modules[module].__file__]
            where = f" in line {lines[-1]}" if lines else ""
            raise SourceError(f"{module}.{name} failed: {type(problem).__name__}{where}.", f"Correct {name}.") from problem
