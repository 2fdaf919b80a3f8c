"""The commands `mesh products`, `show`, `query`, `history`, `rollback` and `quarantine`."""

from typing import Annotated

import typer

from mesh_capabilities.targets import group
from mesh_platform.cli import arguments

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output and nothing else.")]
Entry = Annotated[str, typer.Argument(help="The id of an entry, from `mesh quarantine list`.", show_default=False)]
Port = Annotated[str, typer.Argument(help="A port, written domain/port.", show_default=False, autocompletion=arguments.ports)]


def products(json: Json = False) -> None:
    """List the data products with owner, output ports, input ports and reads."""
    from mesh_capabilities.reading.show import show_products

    show_products(json)


def show(
    port: Port,
    rows: Annotated[int, typer.Option(min=0, help="Number of rows to show.")] = 5,
    version: Annotated[int | None, typer.Option(min=0, help="A version of the port. Default: the served version.")] = None,
    json: Json = False,
) -> None:
    """Show a port's contract, its served version and some of its rows."""
    from mesh_capabilities.reading.show import show_port

    show_port(port, rows, version, json)


def query(
    sql: Annotated[str, typer.Argument(help="One SELECT over published ports, written domain.port.", show_default=False)],
    limit: Annotated[int, typer.Option(min=1, help="Number of rows to print as a table. --json prints all.")] = 100,
    json: Json = False,
) -> None:
    """Query published ports with SQL."""
    from mesh_capabilities.reading.show import run_query

    run_query(sql, limit, json)


def history(port: Port, json: Json = False) -> None:
    """List the versions of a port with commit time, number of rows, contract and inputs."""
    from mesh_capabilities.reading.history import show_history

    show_history(port, json)


def rollback(
    port: Port,
    to: Annotated[int, typer.Option(min=0, help="The version whose data to serve again.", show_default=False)],
    json: Json = False,
) -> None:
    """Serve the data of an earlier version again, as a new version that consumers then read."""
    from mesh_capabilities.reading.history import roll_back

    roll_back(port, to, json)


def list_quarantine(
    port: Annotated[str | None, typer.Argument(help="A port, written domain/port. Default: all.", show_default=False)] = None,
    json: Json = False,
) -> None:
    """List the entries with port, age, number of rows, and whether the other rows were published."""
    from mesh_capabilities.reading.quarantined import list_entries

    list_entries(port, json)


def show_quarantine(
    entry: Entry,
    rows: Annotated[int, typer.Option(min=0, help="Number of rows to show per rule.")] = 5,
    json: Json = False,
) -> None:
    """Show the rows of an entry with rule and reason, and the inputs of their candidate."""
    from mesh_capabilities.reading.quarantined import show_entry

    show_entry(entry, rows, json)


def drop_quarantine(
    entries: Annotated[list[str], typer.Argument(help="The ids of entries, from `mesh quarantine list`.", show_default=False)],
    json: Json = False,
) -> None:
    """Remove entries and their rows permanently."""
    from mesh_capabilities.reading.quarantined import drop_entries

    drop_entries(entries, json)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command(epilog="Example: mesh products")(products)
    app.command(epilog="Example: mesh show sales/orders --rows 5")(show)
    app.command(epilog='Example: mesh query "select status, count(*) from sales.orders group by all"')(query)
    app.command(epilog="Example: mesh history sales/orders")(history)
    app.command(epilog="Example: mesh rollback sales/orders --to 3")(rollback)
    quarantine = group(app, "quarantine", "Inspect rows that broke a contract and were not published.")
    quarantine.command("list", epilog="Example: mesh quarantine list sales/orders")(list_quarantine)
    quarantine.command("show", epilog="Example: mesh quarantine show 20261123-101500-3fa2 --rows 20")(show_quarantine)
    quarantine.command("drop", epilog="Example: mesh quarantine drop 20261123-101500-3fa2")(drop_quarantine)
