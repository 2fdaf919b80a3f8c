"""The commands of scaffolding: `mesh new …`, `mesh undo`, `mesh update` and `mesh adopt`."""

from typing import Annotated, Literal

import typer

from mesh_platform.cli.arguments import Json

new = typer.Typer(help="Write the files of a new domain, product, port or subscription.", no_args_is_help=True)

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the files and write none.")]
Pattern = Annotated[
    Literal["source-aligned", "aggregate", "consumer-aligned"], typer.Option(help="What it is written for.", show_default=False)
]
From = Annotated[str | None, typer.Option("--from", metavar="DOMAIN/PORT", help="The port that it reads.", show_default=False)]


@new.command(epilog="Example: mesh new domain logistics")
def domain(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="Lowercase letters, digits and underscores, a letter first.", show_default=False),
    ],
    title: Annotated[str, typer.Option(help="The name for people. Default: NAME.")] = "",
    owner: Annotated[str, typer.Option(help="The owning team. Default: team:NAME.")] = "",
    channel: Annotated[str, typer.Option(help="The channel of that team. Default: #data-NAME.")] = "",
    address: Annotated[str, typer.Option(help="The mail address of that team.")] = "",
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Write a domain: its package, its dbt project and its entry in the registry."""
    from mesh_capabilities.scaffolding.new_domain import new_domain
    from mesh_capabilities.scaffolding.show import grow

    grow(lambda project: new_domain(project, name, title, owner, channel, address), dry_run, json)


@new.command(epilog="Example: mesh new product finance/daily_payments --pattern aggregate --from finance/payments")
def product(
    address: Annotated[str, typer.Argument(metavar="DOMAIN/PRODUCT", help="The new product.", show_default=False)],
    pattern: Pattern,
    reads: From = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Write a product with its port: descriptor, contract, model and test."""
    from mesh_capabilities.scaffolding.new_port import new_product
    from mesh_capabilities.scaffolding.show import grow

    grow(lambda project: new_product(project, address, pattern, reads), dry_run, json)


@new.command(epilog="Example: mesh new port finance/payments/daily_payments")
def port(
    address: Annotated[str, typer.Argument(metavar="DOMAIN/PRODUCT/PORT", help="The new port.", show_default=False)],
    pattern: Pattern = "aggregate",
    reads: From = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Write one more port of a product; it reads the product's first port or the one that --from names."""
    from mesh_capabilities.scaffolding.new_port import new_port
    from mesh_capabilities.scaffolding.show import grow

    grow(lambda project: new_port(project, address, pattern, reads), dry_run, json)


@new.command(epilog='Example: mesh new subscription finance "<-" sales/sellers')
def subscription(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar='CONSUMER "<-" DOMAIN/PORT', help="The domain and what it reads; or CONSUMER --from.", show_default=False
        ),
    ],
    reads: From = None,
    product: Annotated[
        str | None, typer.Option(help="The product that gets the port. Default: a new one.", show_default=False)
    ] = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Let a domain read a port of another: dbt source, declared input, and a port that reads it."""
    from mesh_capabilities.scaffolding.new_port import new_subscription
    from mesh_capabilities.scaffolding.show import grow

    if len(words) == 3 and words[1] == "<-" and reads is None:
        consumer, _, port = words
    elif len(words) == 1 and reads:
        consumer, port = words[0], reads
    else:
        raise typer.BadParameter('Write it as CONSUMER "<-" DOMAIN/PORT, or as CONSUMER --from DOMAIN/PORT.')
    grow(lambda project: new_subscription(project, consumer, port, product), dry_run, json)


def undo(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be undone, and change no file.")] = False,
    json: Json = False,
) -> None:
    """Undo the last `mesh new`, as long as nothing depends on it."""
    from mesh_capabilities.scaffolding.show import undo_last

    undo_last(dry_run, json)


def update(
    domains: Annotated[
        list[str] | None,
        typer.Argument(metavar="DOMAIN", help="Default: all domains from templates.", show_default=False),
    ] = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Apply newer templates to files that older ones wrote; manual changes stay."""
    from mesh_capabilities.scaffolding.show import update_domains

    raise typer.Exit(update_domains(domains or [], dry_run, json))


def adopt(
    name: Annotated[str, typer.Option(help="The company that owns the mesh.", show_default=False)],
    drop_samples: Annotated[bool, typer.Option("--drop-samples", help="Remove the sample company.")] = False,
    first: Annotated[str, typer.Option(metavar="DOMAIN/PRODUCT", help="The first product.")] = "operations/orders",
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Make the repository your own: rename it, remove the sample company, begin with one domain."""
    from mesh_capabilities.scaffolding.show import adopt_repository

    adopt_repository(name, drop_samples, first, dry_run, json)


def register(app: typer.Typer) -> None:
    """Adds the commands to the command line."""
    app.add_typer(new, name="new")
    app.command(epilog="Example: mesh undo --dry-run")(undo)
    app.command(epilog="Example: mesh update --dry-run")(update)
    app.command(epilog='Example: mesh adopt --name "Acme" --drop-samples --dry-run')(adopt)
