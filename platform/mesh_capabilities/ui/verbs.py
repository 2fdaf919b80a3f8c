"""The command `mesh ui`."""

from typing import Annotated

import typer


def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 3000,
    seconds: Annotated[float | None, typer.Option(min=0, help="Stop after this many seconds.")] = None,
) -> None:
    """Serve the Dagster UI with all code locations and their automation until Ctrl-C."""
    from mesh_capabilities.ui.serving import serve

    serve(port, seconds)


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(epilog="Example: mesh ui --port 3001")(ui)
