"""The verbs of `mesh ports`, each with its help; what they do stands in the module of the same name."""

from typing import Annotated

import typer

from mesh_platform.cli import arguments

ports = typer.Typer(help="The files of output ports: what is kept, and what nobody needs.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output and nothing else.")]


@ports.command(epilog="Example: mesh ports sweep --dry-run")
def sweep(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be removed.")] = False,
    json: Json = False,
) -> None:
    """Remove what killed runs have left behind; every published version stays."""
    from mesh_capabilities.maintenance.show_sweep import sweep_ports

    raise typer.Exit(sweep_ports(dry_run, json))


@ports.command(epilog="Example: mesh ports vacuum sales/order_events --dry-run")
def vacuum(
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            help="Domains or ports (sales, sales/orders); none for all.", show_default=False, autocompletion=arguments.targets
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed, and remove nothing.")] = False,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for a domain that somebody is running.")] = 0,
    json: Json = False,
) -> None:
    """Remove the files of versions that their contracts need not keep, never of one that is served or consumed."""
    from mesh_capabilities.maintenance.show_vacuum import vacuum_ports

    vacuum_ports(targets or [], dry_run, wait, json)
