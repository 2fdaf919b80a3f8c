"""The verbs of `mesh sources`, each with its help; what they do stands in the module of the same name."""

from typing import Annotated

import typer

sources = typer.Typer(help="Source files of the sample company.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output and nothing else.")]


@sources.command(epilog="Example: mesh sources generate --orders 100000 --seed 7")
def generate(
    orders: Annotated[int, typer.Option(min=1, help="How many orders the sample company has.")] = 10_000,
    seed: Annotated[int, typer.Option(help="Another seed gives another company; the same gives the same bytes.")] = 42,
    to: Annotated[str | None, typer.Option(help="Folder to write to. Default: the mesh's own.")] = None,
    json: Json = False,
) -> None:
    """Write the sample company's source files, with their known amounts of dirt."""
    from mesh_platform.cli.sources.generate import generate_sources

    generate_sources(orders, seed, to, json)
