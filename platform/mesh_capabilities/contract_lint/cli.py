"""The commands `mesh contract lint`, `test` and `show`."""

from typing import Annotated

import typer

from mesh_capabilities.targets import group
from mesh_platform.cli.arguments import Json, Port

Junit = Annotated[str | None, typer.Option("--junit", metavar="FILE", help="Also write the results as JUnit XML.")]


def lint(
    targets: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE|DOMAIN|DOMAIN/PORT", help="Default: all.", show_default=False),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Also list the keys that are for people only.")] = False,
    junit: Junit = None,
    json: Json = False,
) -> None:
    """Check contracts against the standard, and list the keys that the platform ignores, with their lines."""
    from mesh_capabilities.contract_lint.show import lint_contracts

    raise typer.Exit(lint_contracts(targets or [], json, junit, every))


def test(
    port: Port,
    file: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="Parquet files to test. Default: the served version.")
    ] = None,
    version: Annotated[
        int | None, typer.Option(min=0, max=10**9, help="A version of the port. Default: the served version.")
    ] = None,
    contract: Annotated[
        str | None, typer.Option(metavar="FILE", help="The contract to test against. Default: the port's own.")
    ] = None,
    junit: Junit = None,
    json: Json = False,
) -> None:
    """Test a version of a port, or Parquet files, against a contract, one sentence for each rule."""
    if file and version is not None:
        raise typer.BadParameter("--file and --version name two sets of data; give one of them")
    from mesh_capabilities.contract_lint.show import test_contract

    raise typer.Exit(test_contract(port, file or [], version, contract, json, junit))


def show(port: Port, json: Json = False) -> None:
    """Show the contract of a port in plain words: columns, rules, service levels, owner, consumers."""
    from mesh_capabilities.contract_lint.contract_summary import show_contract

    show_contract(port, json)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    contract = group(app, "contract", "Contracts: check, test, show, compare, export and draft them.")
    contract.command(epilog="Example: mesh contract lint sales finance/payments --junit .mesh/lint.xml")(lint)
    contract.command(epilog="Example: mesh contract test sales/orders --version 0")(test)
    contract.command(epilog="Example: mesh contract show sales/orders")(show)
