"""The commands `mesh ports sweep`, `vacuum` and `verify`, and `mesh quarantine list`, `show` and `drop`."""

from typing import Annotated

import typer

from mesh_capabilities.targets import group
from mesh_platform.cli.arguments import Json, Targets

EntryId = Annotated[str, typer.Argument(metavar="ENTRY", help="An id from `mesh quarantine list`.", show_default=False)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="List what would be removed, and remove nothing.")]


def sweep(dry_run: DryRun = False, json: Json = False) -> None:
    """Remove the files that killed runs left behind; published versions stay."""
    from mesh_capabilities.maintenance.show import sweep_ports

    raise typer.Exit(sweep_ports(dry_run, json))


def vacuum(
    targets: Targets = None,
    dry_run: DryRun = False,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for a domain that another run is using.")] = 0,
    json: Json = False,
) -> None:
    """Remove the files of versions beyond their contract's retention; served and consumed versions stay."""
    from mesh_capabilities.maintenance.show import vacuum_ports

    vacuum_ports(targets or [], dry_run, wait, json)


def verify(
    targets: Targets = None,
    deep: Annotated[bool, typer.Option("--deep", help="Read every file, and compare its SHA-256.")] = False,
    json: Json = False,
) -> None:
    """Check the files of every retained version against their commits; exit code 1 if one is missing or damaged."""
    from mesh_capabilities.maintenance.show import verify_ports

    raise typer.Exit(verify_ports(targets or [], deep, json))


def list_quarantine(
    port: Annotated[str | None, typer.Argument(metavar="DOMAIN/PORT", help="Default: all.", show_default=False)] = None,
    json: Json = False,
) -> None:
    """List the entries with port, age, number of rows, and whether the other rows were published."""
    from mesh_capabilities.maintenance.kept_rows import list_entries

    list_entries(port, json)


def show_quarantine(
    entry: EntryId,
    rows: Annotated[int, typer.Option(min=0, help="Number of rows to show per rule.")] = 5,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show personal values, not their hashes.")] = False,
    json: Json = False,
) -> None:
    """Show the rows of an entry with rule and reason, and the inputs of their candidate."""
    from mesh_capabilities.maintenance.kept_rows import show_entry

    show_entry(entry, rows, reveal, json)


def drop_quarantine(
    entries: Annotated[list[str], typer.Argument(metavar="ENTRY", help="Ids from `mesh quarantine list`.", show_default=False)],
    json: Json = False,
) -> None:
    """Remove entries and their rows permanently."""
    from mesh_capabilities.maintenance.kept_rows import drop_entries

    drop_entries(entries, json)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    ports = group(app, "ports", "The files of output ports: verify them, and remove those that are no longer needed.")
    ports.command(epilog="Example: mesh ports sweep --dry-run")(sweep)
    ports.command(epilog="Example: mesh ports vacuum sales/order_events --dry-run")(vacuum)
    ports.command(epilog="Example: mesh ports verify sales/orders --deep")(verify)
    quarantine = group(app, "quarantine", "Inspect rows that broke a contract and were not published.")
    quarantine.command("list", epilog="Example: mesh quarantine list sales/orders")(list_quarantine)
    quarantine.command("show", epilog="Example: mesh quarantine show 20261123-101500-3fa2 --rows 20")(show_quarantine)
    quarantine.command("drop", epilog="Example: mesh quarantine drop 20261123-101500-3fa2")(drop_quarantine)
