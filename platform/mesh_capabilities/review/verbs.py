"""`mesh check` with its help; what it does stands in the module of the same name."""

from typing import Annotated

import typer

from mesh_platform.cli import arguments

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output and nothing else.")]


def register(app: typer.Typer) -> None:
    """Adds the verb."""

    @app.command(epilog="Example: mesh check --base main --markdown summary.md")
    def check(
        domains: Annotated[
            list[str] | None,
            typer.Argument(help="Domains to look at; none for all.", show_default=False, autocompletion=arguments.targets),
        ] = None,
        base: Annotated[
            str | None, typer.Option(help="Compare with where the work left this git revision. Default: main.")
        ] = None,
        plan: Annotated[bool, typer.Option("--plan", help="Only say which domains are reached, and build nothing.")] = False,
        wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for a domain when somebody is running it.")] = 10,
        markdown: Annotated[str | None, typer.Option(help="Also write a summary for a pull request to this file.")] = None,
        junit: Annotated[str | None, typer.Option(help="Also write the results as JUnit XML to this file.")] = None,
        json: Json = False,
    ) -> None:
        """Judge a change as a pull request would be: contracts, policies, and a throw-away build of what it reaches."""
        from mesh_capabilities.review.show_check import check_change

        raise typer.Exit(check_change(domains or [], base, wait, plan, markdown, junit, json))
