"""The verbs of `mesh product`, each with its help; what they do stands beside it."""

from typing import Annotated

import typer

from mesh_platform.cli import arguments

product = typer.Typer(help="The life of one data product: its stage, and the next step.", no_args_is_help=True)

Product = Annotated[
    str, typer.Argument(help="A product, written domain/product.", show_default=False, autocompletion=arguments.products)
]
By = Annotated[str | None, typer.Option(help="The team that takes the step, team:NAME. Default: the domain's owner.")]
Why = Annotated[str, typer.Option(help="The reason, as consumers shall read it.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output and nothing else.")]


@product.command(epilog="Example: mesh product status sales/orders")
def status(name: Product, json: Json = False) -> None:
    """Say at which stage a product is, how it came there, what the next steps ask for, and who reads it."""
    from mesh_capabilities.lifecycle.show_status import show_stage

    show_stage(name, json)


@product.command(epilog='Example: mesh product promote sales/orders --why "Marketing builds on it."')
def promote(name: Product, by: By = None, why: Why = "", json: Json = False) -> None:
    """Take a product one stage on: proposed, in development, active; or take its deprecation back."""
    from mesh_capabilities.lifecycle.show_step import take_step

    raise typer.Exit(take_step("promote", name, by, why, None, None, json))


@product.command(epilog="Example: mesh product deprecate sales/orders --successor sales/purchases --ends 2027-06-30")
def deprecate(
    name: Product,
    successor: Annotated[
        str | None, typer.Option(help="The product to go on with, written domain/product.", show_default=False)
    ] = None,
    ends: Annotated[str | None, typer.Option(help="The last day of the promise, 2027-06-30.", show_default=False)] = None,
    by: By = None,
    why: Why = "",
    json: Json = False,
) -> None:
    """Announce the end of a product: its consumers are warned at their own assets."""
    from mesh_capabilities.lifecycle.show_step import take_step

    raise typer.Exit(take_step("deprecate", name, by, why, successor, ends, json))


@product.command(epilog="Example: mesh product retire sales/orders")
def retire(name: Product, by: By = None, why: Why = "", json: Json = False) -> None:
    """End a deprecated product whose last day is over and that nobody reads; it stays known as retired."""
    from mesh_capabilities.lifecycle.show_step import take_step

    raise typer.Exit(take_step("retire", name, by, why, None, None, json))
