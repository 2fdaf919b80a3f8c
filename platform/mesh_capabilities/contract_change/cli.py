"""The commands `mesh contract diff` and `gate`."""

from typing import Annotated

import typer

from mesh_capabilities.targets import group
from mesh_platform.cli.arguments import Json


def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="A contract file; or a port, with --base.", show_default=False)],
    new: Annotated[str | None, typer.Argument(metavar="NEW", help="A contract file.", show_default=False)] = None,
    base: Annotated[
        str | None, typer.Option(metavar="REVISION", help="Compare the port's contract with the one at this git revision.")
    ] = None,
    json: Json = False,
) -> None:
    """List the changes of a contract, affected consumers and the required version; exit code 1 if the version is too low."""
    from mesh_capabilities.contract_change.show import diff_contracts

    raise typer.Exit(diff_contracts(old, new, base, json))


def gate(
    base: Annotated[
        str | None,
        typer.Option(
            metavar="REVISION", help="Compare all contracts with those at this git revision. Default: where main was left."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Check every changed contract against its version and its notice period; exit code 1 if one is refused."""
    from mesh_capabilities.contract_change.show import run_gate

    raise typer.Exit(run_gate(base, json))


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    contract = group(app, "contract", "Contracts: check, test, show, compare, export and draft them.")
    contract.command(epilog="Example: mesh contract diff sales/orders --base HEAD")(diff)
    contract.command(epilog="Example: mesh contract gate")(gate)
