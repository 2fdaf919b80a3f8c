"""The one door for SQL that one party writes and another runs, with the platform's error for what it refuses."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from mesh_isolation import sql
from mesh_isolation.text import without_values
from mesh_platform.errors import QueryRefused


def _door(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def through(*arguments: Any, **named: Any) -> Any:
        try:
            return function(*arguments, **named)
        except sql.SqlRefused as problem:
            # The message of an engine quotes values, and these are of another party.
            raise QueryRefused(f"{without_values(problem.found.rstrip('.'))}.", problem.way_out) from None

    return through


answer, check_expression = _door(sql.answer), _door(sql.check_expression)
check_scalar, one_select, select_over = _door(sql.check_scalar), _door(sql.one_select), _door(sql.select_over)
