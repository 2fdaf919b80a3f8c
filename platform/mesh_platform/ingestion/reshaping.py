"""Reshaping a sheet with the pandas function of a domain, in a sandbox."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from mesh_platform.errors import MeshError, SourceError
from mesh_platform.sandbox import Sandbox, call


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
    call(f"{__name__}:call_function", arguments, Sandbox([folder], [sheet.parent], environment))
    return table


def call_function(emit: Callable[..., None], module: str, name: str, sheet: str, table: str) -> None:
    """The part of `reshape` that runs in the sandbox."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        frame = connection.read_parquet(sheet).df()
        try:
            result = getattr(import_module(module), name)(frame)
            connection.from_df(result).write_parquet(table)
        except MeshError:
            raise
        except Exception as problem:
            raise SourceError(f"{module}.{name} failed: {type(problem).__name__}: {problem}.", f"Correct {name}.") from problem
