"""A pandas function of a team, called in the sandbox with a sheet; no other process imports its module."""

import sys
import traceback
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from mesh_isolation.frames import read_frame, write_frame
from mesh_isolation.sandbox import Sandbox, SandboxFailed, call
from mesh_isolation.team_files import UnreadableFile
from mesh_isolation.text import without_values


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
    function: "Callable[..., Any] | NamedFunction", sheet: Path, environment: Mapping[str, str], passed: type[Exception]
) -> Path:
    """Calls the function with a sheet, and returns the Parquet file of its result, beside the sheet.

    Args:
        function: takes and returns a pandas DataFrame. It can read the files of its package and of the sheet's folder.
        sheet: a Parquet file in a folder of its own.
        environment: the environment variables that the function sees.
        passed: exceptions of the function that are raised here as they are.

    Raises UnreadableFile, which names the function, when it is not a function of a module, or when it fails.
    """
    module, name, folder = function if isinstance(function, NamedFunction) else named(function)
    table, owner, way_out = sheet.with_name("table.parquet"), f"{module}.{name}", f"Correct {name}."
    arguments = {"module": module, "name": name, "sheet": str(sheet), "table": str(table), "passed": passed.__name__}
    try:
        reason = call(call_function, arguments, Sandbox([], [sheet.parent], environment, code=[folder]), passed)
    except SandboxFailed as problem:
        raise UnreadableFile(owner, f"did not finish: {without_values(problem)}", way_out) from None
    if reason or not table.is_file():
        raise UnreadableFile(owner, str(reason or "returned no table")[:1_000], way_out)
    return table


def call_function(emit: Callable[..., None], module: str, name: str, sheet: str, table: str, passed: str) -> str:
    """The part of `reshape` that runs in the sandbox; the result says why it failed, and is empty if it did not."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        frame = read_frame(Path(sheet), connection)
        try:
            write_frame(getattr(import_module(module), name)(frame), Path(table), connection)
        except Exception as problem:
            if passed in (kind.__name__ for kind in type(problem).__mro__):
                raise
            # The message of the error can quote values.
            steps = traceback.extract_tb(problem.__traceback__)
            lines = [step.lineno for step in steps if step.filename == getattr(sys.modules.get(module), "__file__", None)]
            where = f" in line {lines[-1]}" if lines else ""
            return f"failed: {type(problem).__name__}{where}"
    return ""
