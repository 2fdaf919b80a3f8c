"""The commands `mesh lineage` and `mesh impact` with their help texts; `show` does their work."""

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from mesh_platform.cli.arguments import Json

_SHOW = "show"


class ShowsByDefault(TyperGroup):
    """A group in which `show` can be omitted: `mesh lineage sales/orders`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [_SHOW, *args]
        return super().parse_args(ctx, args)


lineage = typer.Typer(
    cls=ShowsByDefault,
    help="Show where columns come from and where they go; `mesh lineage sales/orders` is short for `mesh lineage show …`.",
    no_args_is_help=True,
)

PortOrColumn = Annotated[
    str, typer.Argument(metavar="DOMAIN/PORT[.COLUMN]", help="A port, or a column of one.", show_default=False)
]


@lineage.command(_SHOW, epilog="Example: mesh lineage show sales/orders.customer_unique_id --down")
def show(
    start: PortOrColumn,
    up: Annotated[bool, typer.Option("--up", help="Show what it derives from.")] = False,
    down: Annotated[bool, typer.Option("--down", help="Show what derives from it.")] = False,
    json: Json = False,
) -> None:
    """Show the columns upstream and downstream of a port or a column, across all domains; `show` can be omitted."""
    from mesh_capabilities.columns.show import show_lineage

    show_lineage(start, up, down, json)


@lineage.command(epilog="Example: mesh lineage coverage")
def coverage(json: Json = False) -> None:
    """Count the columns of each port: followed, made of none, not followed."""
    from mesh_capabilities.columns.coverage import show_coverage

    show_coverage(json)


def impact(start: PortOrColumn, json: Json = False) -> None:
    """List the ports affected by a change of a port or a column: products, owners, columns, last runs."""
    from mesh_capabilities.columns.show import show_impact

    show_impact(start, json)


def register(app: typer.Typer) -> None:
    """Adds these commands to the command line."""
    app.add_typer(lineage, name="lineage")
    app.command(epilog="Example: mesh impact sales/orders")(impact)
