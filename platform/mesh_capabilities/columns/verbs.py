"""The verbs that follow data, each with its help; what they do stands in the module of the same name."""

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

_SHOW = "show"


class ShowsByDefault(TyperGroup):
    """A group in which `show` may be left out: `mesh lineage sales/orders`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [_SHOW, *args]
        return super().parse_args(ctx, args)


lineage = typer.Typer(
    cls=ShowsByDefault,
    help="Where columns come from and where they go, across domains; `mesh lineage sales/orders` is short for `… show …`.",
    no_args_is_help=True,
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output and nothing else.")]
PortOrColumn = Annotated[
    str, typer.Argument(metavar="DOMAIN/PORT[.COLUMN]", help="A port, or a column of one.", show_default=False)
]
Version = Annotated[
    str,
    typer.Argument(
        metavar="DOMAIN/PORT[@VERSION]", help="A version of a port; without a number, the served one.", show_default=False
    ),
]


@lineage.command(_SHOW, epilog="Example: mesh lineage show sales/orders.customer_unique_id --down")
def show(
    start: PortOrColumn,
    up: Annotated[bool, typer.Option("--up", help="What it is made of.")] = False,
    down: Annotated[bool, typer.Option("--down", help="What is made of it.")] = False,
    json: Json = False,
) -> None:
    """Show what a port or a column is made of and what is made of it, through every domain; `show` may be left out."""
    from mesh_capabilities.columns.show_lineage import show_lineage

    show_lineage(start, up, down, json)


@lineage.command(epilog="Example: mesh lineage export --to lineage.ndjson")
def export(
    to: Annotated[str | None, typer.Option("--to", metavar="FILE", help="File to write to, one event a line.")] = None,
    url: Annotated[
        str | None, typer.Option(help="Where to send each event: http://127.0.0.1:5000/api/v1/lineage.", show_default=False)
    ] = None,
    port: Annotated[
        list[str] | None, typer.Option("--port", metavar="DOMAIN/PORT", help="Only this port; may be repeated.")
    ] = None,
    namespace: Annotated[str, typer.Option(help="The namespace of jobs and datasets.")] = "mesh",
    wait: Annotated[float, typer.Option(min=0.1, help="Seconds to wait for an answer to one event.")] = 10,
    json: Json = False,
) -> None:
    """Write the history of all versions as OpenLineage run events, to a file or to an HTTP address."""
    from mesh_capabilities.openlineage.show_export import export_events

    export_events(to, url, port or [], namespace, wait, json)


def impact(start: PortOrColumn, json: Json = False) -> None:
    """Say who is hurt if a port or a column changes: products, owners, columns, and when they last ran."""
    from mesh_capabilities.columns.show_impact import show_impact

    show_impact(start, json)


def trace(version: Version, json: Json = False) -> None:
    """Walk a version's inputs back to the source files, and say whether a rebuild would give the same data."""
    from mesh_capabilities.reproduction.show_trace import show_trace

    show_trace(version, json)


def reproduce(
    version: Version,
    examples: Annotated[int, typer.Option(min=0, help="How many differing rows to show.")] = 5,
    json: Json = False,
) -> None:
    """Build a version again from its pinned inputs, beside the mesh, and compare it row by row; exit code 1 if it differs."""
    from mesh_capabilities.reproduction.show_reproduction import reproduce_version

    raise typer.Exit(reproduce_version(version, examples, json))


def register(app: typer.Typer) -> None:
    """Adds these verbs to the command line."""
    app.add_typer(lineage, name="lineage")
    app.command(epilog="Example: mesh impact sales/orders")(impact)
    app.command(epilog="Example: mesh trace finance/daily_revenue@17")(trace)
    app.command(epilog="Example: mesh reproduce finance/daily_revenue@17")(reproduce)
