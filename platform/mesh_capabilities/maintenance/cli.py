"""The commands `mesh clean`, `mesh ports sweep`, `vacuum`, `verify` and `withdraw`."""

from typing import Annotated

import typer

from mesh_capabilities.targets import group
from mesh_platform.cli.arguments import Json, Port, Targets

DryRun = Annotated[bool, typer.Option("--dry-run", help="List what would be removed, and remove nothing.")]


def sweep(dry_run: DryRun = False, json: Json = False) -> None:
    """Remove the files that killed runs left behind; published versions stay."""
    from mesh_capabilities.maintenance.show import sweep_ports

    raise typer.Exit(sweep_ports(dry_run, json))


def vacuum(
    targets: Targets = None,
    dry_run: DryRun = False,
    wait: Annotated[float, typer.Option(min=0, max=10**9, help="Seconds to wait for a domain that another run is using.")] = 0,
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


def withdraw(
    port: Port,
    major: Annotated[
        int, typer.Option(min=0, max=10**9, help="The major to withdraw. `mesh history` lists them.", show_default=False)
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say whether it can be withdrawn.")] = False,
    wait: Annotated[float, typer.Option(min=0, max=10**9, help="Seconds to wait for a domain that another run is using.")] = 0,
    json: Json = False,
) -> None:
    """Take back a published major that no contract declares and no product reads; readers then get the newest other one."""
    from mesh_capabilities.maintenance.show import withdraw_port

    withdraw_port(port, major, dry_run, wait, json)


def clean(
    keep: Annotated[
        int | None, typer.Option(min=1, max=10**9, help="Runs of each domain to keep. Default: MESH_KEEP_RUNS, else 50.")
    ] = None,
    older_than: Annotated[
        float | None, typer.Option(min=0, max=36_500, help="Remove the runs that ended more days ago than this.")
    ] = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Remove old runs from the history; published versions, candidates and the quarantine stay."""
    from mesh_capabilities.maintenance.show import clean_history

    clean_history(keep, older_than, dry_run, json)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command(epilog="Example: mesh clean --older-than 30 --dry-run")(clean)
    ports = group(
        app, "ports", "The files of output ports: verify them, and remove or withdraw those that are no longer needed."
    )
    ports.command(epilog="Example: mesh ports sweep --dry-run")(sweep)
    ports.command(epilog="Example: mesh ports vacuum sales/order_events --dry-run")(vacuum)
    ports.command(epilog="Example: mesh ports verify sales/orders --deep")(verify)
    ports.command(epilog="Example: mesh ports withdraw sales/orders --major 2")(withdraw)
