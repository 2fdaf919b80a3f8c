"""`mesh query`: run SQL over published ports, and print a table or JSON."""

from collections.abc import Sequence

from mesh_platform.cli.output import add_row, console, print_json, table, warn
from mesh_platform.port.query import query
from mesh_platform.project import load_project


def run_query(sql: str, limit: int, as_json: bool) -> None:
    """Prints the result; a table shows up to `limit` rows and the number of rows not shown."""
    answer = query(load_project().home, sql)
    for remark in answer.remarks:
        warn(remark)
    if as_json:
        names = _distinct(answer.columns)
        print_json([dict(zip(names, row)) for row in answer.rows])
        return
    listing = table(*answer.columns)
    for row in answer.rows[:limit]:
        add_row(listing, *("" if cell is None else cell for cell in row))
    console().print(listing)
    more = len(answer.rows) - limit
    console().print(
        f"[dim]{len(answer.rows):,} row{'' if len(answer.rows) == 1 else 's'}"
        f"{f', {more:,} of them not shown; --limit shows more' if more > 0 else ''}[/]"
    )


def _distinct(columns: Sequence[str]) -> list[str]:
    """The columns' names; a repeated name gets its position as a suffix, because a JSON object has each name once."""
    return [name if name not in columns[:place] else f"{name}_{place + 1}" for place, name in enumerate(columns)]
