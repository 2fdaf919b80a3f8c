"""Takes the borders away from every Python process that finds this folder on its path, to measure what they cost.

Only `bench/borders_run.py` uses this: with it, every domain reads and writes everything.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from mesh_isolation import engine, sandbox, worker


def unlocked(connection: Any, *places: object, **options: object) -> None:
    """What else the lock sets."""
    connection.execute("SET python_enable_replacements = false; SET GLOBAL TimeZone = 'UTC'")


def answered_here(function: Callable[[dict[str, Any]], dict[str, Any]], request: Mapping[str, Any]) -> dict[str, Any]:
    """The reply of a function to a request, as JSON holds both."""
    return json.loads(json.dumps(function(json.loads(json.dumps(request)))))


engine.lock = unlocked
worker.ask_worker = answered_here
sandbox.restrict = sandbox.filter_calls = lambda *places: None

from mesh_isolation import dbt_commands  # noqa: E402 - it takes over the lock above

dbt_commands._lock_connections = lambda *places: []
