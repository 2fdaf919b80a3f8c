"""The commands `mesh check` and `mesh dev`."""

from typing import Annotated

import typer

from mesh_platform.cli import arguments
from mesh_platform.cli.arguments import Json

Wait = Annotated[float, typer.Option(min=0, max=10**9, help="Seconds to wait for a domain that another run is using.")]


def check(
    domains: Annotated[
        list[str] | None,
        typer.Argument(metavar="DOMAIN", help="Default: all.", show_default=False, autocompletion=arguments.matching_targets),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(metavar="REVISION", help="Compare with the common ancestor with this git revision. Default: main."),
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="List the affected domains, and build nothing.")] = False,
    wait: Wait = 10,
    markdown: Annotated[str | None, typer.Option(metavar="FILE", help="Also write a summary for a pull request.")] = None,
    junit: Annotated[str | None, typer.Option(metavar="FILE", help="Also write the results as JUnit XML.")] = None,
    json: Json = False,
) -> None:
    """Check a change as a pull request is checked: contracts, policies, and a trial build of all affected ports."""
    from mesh_capabilities.review.show_check import check_change

    raise typer.Exit(check_change(domains or [], base, wait, plan, markdown, junit, json))


def dev(
    target: Annotated[
        str,
        typer.Argument(
            metavar="DOMAIN|DOMAIN/PORT", help="What you edit.", show_default=False, autocompletion=arguments.matching_targets
        ),
    ],
    once: Annotated[
        bool, typer.Option("--once", help="Build once and stop; exit code 1 if a port could not be published.")
    ] = False,
    wait: Wait = 10,
    json: Json = False,
) -> None:
    """Build and audit what you edit, after every edit, and compare it with the served version; publish nothing."""
    from mesh_capabilities.review.show_dev import develop

    raise typer.Exit(develop(target, once, wait, json))


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command(epilog="Example: mesh check --base main --markdown .mesh/summary.md")(check)
    app.command(epilog="Example: mesh dev marketing/leads --once --json")(dev)
