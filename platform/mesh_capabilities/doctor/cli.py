"""The command `mesh doctor`."""

import typer

from mesh_platform.cli.arguments import Json


def doctor(json: Json = False) -> None:
    """Check the machine, the environment, locks, ports and domains, and suggest fixes; exit code 1 on a problem."""
    from mesh_capabilities.doctor.show import see_doctor

    raise typer.Exit(see_doctor(json))


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(epilog="Example: mesh doctor --json")(doctor)
