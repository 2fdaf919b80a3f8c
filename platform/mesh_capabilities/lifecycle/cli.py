"""The commands of `mesh product`: the lifecycle of one data product."""

from typing import Annotated

import typer

from mesh_capabilities.targets import group, matching_products
from mesh_platform.cli.arguments import Json

Product = Annotated[
    str,
    typer.Argument(metavar="DOMAIN/PRODUCT", help="A product.", show_default=False, autocompletion=matching_products),
]
By = Annotated[str | None, typer.Option(help="The team that takes the step, team:NAME. Default: the domain's owner.")]
Why = Annotated[str, typer.Option(help="The reason, written for consumers.", show_default=False)]


def status(name: Product, json: Json = False) -> None:
    """Show the stage of a product, its past steps, the preconditions of the next ones, and its consumers."""
    from mesh_capabilities.lifecycle.show import show_stage

    show_stage(name, json)


def promote(name: Product, by: By = None, why: Why = "", json: Json = False) -> None:
    """Promote a product to the next stage: proposed, in development, active; or withdraw its deprecation."""
    from mesh_capabilities.lifecycle.show import take_step

    raise typer.Exit(take_step("promote", name, by, why, None, None, json))


def deprecate(
    name: Product,
    successor: Annotated[
        str | None, typer.Option(metavar="DOMAIN/PRODUCT", help="The product that replaces it.", show_default=False)
    ] = None,
    ends: Annotated[
        str | None, typer.Option(metavar="DAY", help="The last day it is served, 2027-06-30.", show_default=False)
    ] = None,
    by: By = None,
    why: Why = "",
    json: Json = False,
) -> None:
    """Deprecate a product: its consumers see a warning at their own assets."""
    from mesh_capabilities.lifecycle.show import take_step

    raise typer.Exit(take_step("deprecate", name, by, why, successor, ends, json))


def retire(name: Product, by: By = None, why: Why = "", json: Json = False) -> None:
    """Retire a deprecated product after its last day, when it has no consumers left; its record stays."""
    from mesh_capabilities.lifecycle.show import take_step

    raise typer.Exit(take_step("retire", name, by, why, None, None, json))


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    product = group(app, "product", "The lifecycle of a data product: its stage, and the next step.")
    product.command(epilog="Example: mesh product status sales/orders")(status)
    product.command(epilog='Example: mesh product promote marketing/leads --why "Finance builds on it."')(promote)
    product.command(
        epilog="Example: mesh product deprecate marketing/leads --successor marketing/channel_performance --ends 2027-06-30"
    )(deprecate)
    product.command(epilog="Example: mesh product retire marketing/leads")(retire)
