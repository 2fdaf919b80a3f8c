"""The commands `mesh trace` and `mesh reproduce` with their help texts; `show` does their work."""

from typing import Annotated

import typer

from mesh_platform.cli.arguments import Json

Version = Annotated[
    str,
    typer.Argument(
        metavar="DOMAIN/PORT[@VERSION]", help="A version of a port; without a number, the served one.", show_default=False
    ),
]


def trace(version: Version, json: Json = False) -> None:
    """Trace a version back to its source files, and say whether a rebuild would give the same data."""
    from mesh_capabilities.reproduction.show import show_trace

    show_trace(version, json)


def reproduce(
    version: Version,
    examples: Annotated[int, typer.Option(min=0, max=10**9, help="How many differing rows of each kind to show.")] = 5,
    json: Json = False,
) -> None:
    """Rebuild a version from its pinned inputs, publish nothing, and compare it row by row; exit code 1 if it differs."""
    from mesh_capabilities.reproduction.show import reproduce_version

    raise typer.Exit(reproduce_version(version, examples, json))


def register(app: typer.Typer) -> None:
    """Adds these commands to the command line."""
    app.command(epilog="Example: mesh trace finance/daily_revenue@0")(trace)
    app.command(epilog="Example: mesh reproduce finance/daily_revenue@0")(reproduce)
