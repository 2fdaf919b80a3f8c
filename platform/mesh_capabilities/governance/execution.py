"""Executing the query of a policy: read-only, and not for longer than it may take."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

import duckdb

from mesh_platform.errors import PolicyError

SECONDS = 10.0
"""How long one policy may take; all of them together take less on a mesh of 5,000 products."""


@contextmanager
def no_longer_than(seconds: float, connection: duckdb.DuckDBPyConnection, where: str) -> Iterator[None]:
    """Within it, whatever the connection executes is interrupted when the time is up. Raises PolicyError then.

    Any other complaint of DuckDB's becomes a PolicyError, too; `where` is the policy's file, to be named in it.
    """
    timer = Timer(seconds, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    except duckdb.InterruptException:
        raise PolicyError(
            f"{where} was interrupted: it took longer than {seconds:g} s.", "Join by keys, and select what is wrong only."
        ) from None
    except duckdb.Error as problem:
        said = " ".join(str(problem).split()).rstrip(".")
        raise PolicyError(f"{where} cannot be executed: {said}.", "Correct its SQL.") from None
    finally:
        timer.cancel()
