"""A pandas function of a team, called in the sandbox with a sheet; no other process imports its module."""

import decimal
import sys
import traceback
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from mesh_isolation.csv_table import Aside
from mesh_isolation.frames import read_frame, write_frame, write_sheet
from mesh_isolation.reshaped_table import replace_by_result
from mesh_isolation.sandbox import Sandbox, SandboxFailed, call
from mesh_isolation.team_files import UnreadableFile
from mesh_isolation.text import without_values

if TYPE_CHECKING:
    import duckdb

PRECISION = 100
"""The digits of decimal arithmetic in the function: Python's 28 would round the sum of two DECIMAL(38,2)."""


class NamedFunction(NamedTuple):
    """A function of a module that only the sandbox imports."""

    module: str
    name: str
    folder: Path
    """The folder that holds the module's package."""


def named(function: Any) -> NamedFunction:
    """The name of a function of this process. Raises UnreadableFile when it is not a function of a module."""
    module, name = (str(getattr(function, key, "")) for key in ("__module__", "__qualname__"))
    if getattr(sys.modules.get(module), name, None) is not function:
        reason = "cannot be called by its name in another process"
        raise UnreadableFile(f"The function {name} of {module}", reason, "Define it at the top level of its module.")
    file = Path(getattr(sys.modules[module], "__file__", None) or "/")
    parents = (file.parent if file.name == "__init__.py" else file).parents
    return NamedFunction(module, name, parents[module.count(".")] if len(parents) else file)


def reshape(
    function: "Callable[..., Any] | NamedFunction",
    table: str,
    sheet_columns: Mapping[str, str],
    columns: Mapping[str, str],
    connection: "duckdb.DuckDBPyConnection",
    owner: str,
    environment: Mapping[str, str],
    passed: type[Exception],
) -> list[Aside]:
    """Replaces a table by what the function makes of it, and returns the rows of the result that have not their types.

    Args:
        function: takes and returns a pandas DataFrame. It can read the files of its package.
        table: the table's name, quoted.
        sheet_columns: its columns with their types.
        columns: the columns of the result with their types.
        connection: one that reads and writes temporary files.
        owner: how a message names the result.
        environment: the environment variables that the function sees.
        passed: exceptions of the function that are raised here as they are.

    Raises UnreadableFile, which names the function, when it is not a function of a module, or when it fails; and one that names
    the owner when its result has not the declared columns.
    """
    module, name, folder = function if isinstance(function, NamedFunction) else named(function)
    way_out = f"Correct {name}."
    with TemporaryDirectory(prefix="mesh-") as scratch:
        sheet, result = Path(scratch, "sheet.parquet"), Path(scratch, "table.parquet")
        write_sheet(table, sheet_columns, sheet, connection)
        arguments = {"module": module, "name": name, "sheet": str(sheet), "table": str(result), "passed": passed.__name__}
        arguments |= {"sheet_columns": dict(sheet_columns), "columns": dict(columns)}
        try:
            sandbox = Sandbox([], [sheet.parent], environment, code=[folder])
            failed = call(call_function, arguments, sandbox, passed)
        except SandboxFailed as problem:
            raise UnreadableFile(f"{module}.{name}", f"did not finish: {without_values(problem)}", way_out) from None
        match failed:
            case [str(found), str(correction)]:
                raise UnreadableFile(owner, found[:1_000], correction[:1_000])
            case _ if failed or not result.is_file():
                raise UnreadableFile(f"{module}.{name}", str(failed or "returned no table")[:1_000], way_out)
        return replace_by_result(result, owner, columns, table, connection)


def call_function(
    emit: Callable[..., None],
    module: str,
    name: str,
    sheet: str,
    table: str,
    passed: str,
    sheet_columns: dict[str, str],
    columns: dict[str, str],
) -> str | tuple[str, str]:
    """The part of `reshape` that runs in the sandbox.

    Returns: why the function failed, empty if it did not; of a result that cannot be written, what was found and the way out.
    """
    import duckdb

    # Products and sums of decimals with 38 digits stay exact. Nothing is trapped: what has more digits, like a third, can be
    # rounded by the function, and is set aside if it is not.
    decimal.DefaultContext.prec = PRECISION
    decimal.setcontext(decimal.Context())
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        frame = read_frame(Path(sheet), sheet_columns, connection)
        try:
            frame = getattr(import_module(module), name)(frame)
        except Exception as problem:
            if passed in (kind.__name__ for kind in type(problem).__mro__):
                raise
            # The message of the error can quote values.
            steps = traceback.extract_tb(problem.__traceback__)
            lines = [step.lineno for step in steps if step.filename == getattr(sys.modules.get(module), "__file__", None)]
            where = f" in line {lines[-1]}" if lines else ""
            return f"failed: {type(problem).__name__}{where}"
        try:
            write_frame(frame, columns, Path(table), connection)
        except UnreadableFile as problem:
            return problem.strerror, problem.way_out
        except Exception as problem:
            return f"returns a table that cannot be written: {type(problem).__name__}", f"Correct {name}."
    return ""
