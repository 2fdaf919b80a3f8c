"""The verbs of `mesh contract`, each with its help; what they do stands in the module of the same name."""

from enum import StrEnum
from typing import Annotated

import typer

from mesh_platform.cli import arguments

contract = typer.Typer(help="Contracts: hold them against the standard and against data, show, export and draft them.")


class Format(StrEnum):
    """What a contract can be exported to."""

    DBT = "dbt"
    JSONSCHEMA = "jsonschema"
    SQL = "sql"
    HTML = "html"


Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output and nothing else.")]
Junit = Annotated[str | None, typer.Option("--junit", metavar="FILE", help="Also write the results as JUnit XML.")]
To = Annotated[str | None, typer.Option("--to", metavar="FILE", help="File to write to. Default: standard output.")]
Port = Annotated[str, typer.Argument(help="A port, written domain/port.", show_default=False, autocompletion=arguments.ports)]


@contract.command(epilog="Example: mesh contract lint sales finance/payments --junit lint.xml")
def lint(
    targets: Annotated[
        list[str] | None,
        typer.Argument(help="Contract files, domains or ports (sales, sales/orders); none for all.", show_default=False),
    ] = None,
    junit: Junit = None,
    json: Json = False,
) -> None:
    """Hold contracts against the standard, and list every key that the platform does not execute, with its line."""
    from mesh_capabilities.contract_lint.show_lint import lint_contracts

    raise typer.Exit(lint_contracts(targets or [], json, junit))


@contract.command(epilog="Example: mesh contract test sales/orders --file orders.parquet")
def test(
    port: Port,
    file: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="Parquet files to test. Default: what the port serves.")
    ] = None,
    version: Annotated[int | None, typer.Option(min=0, help="A version of the port; default: the served one.")] = None,
    contract: Annotated[
        str | None, typer.Option(metavar="FILE", help="Another contract to hold it against. Default: the port's own.")
    ] = None,
    junit: Junit = None,
    json: Json = False,
) -> None:
    """Hold what a port serves, or other files, against a contract, a sentence for each rule."""
    if file and version is not None:
        raise typer.BadParameter("--file and --version name two sets of data; give one of them")
    from mesh_capabilities.contract_lint.show_test import test_contract

    raise typer.Exit(test_contract(port, file or [], version, contract, json, junit))


@contract.command(epilog="Example: mesh contract show sales/orders")
def show(port: Port, json: Json = False) -> None:
    """Show what a port promises, in plain words: columns, rules, service levels, owner, consumers."""
    from mesh_capabilities.contract_exchange.show import show_contract

    show_contract(port, json)


@contract.command(epilog="Example: mesh contract export sales/orders --format html --to orders.html")
def export(
    target: Annotated[str, typer.Argument(metavar="DOMAIN/PORT|FILE", help="A port or a contract file.", show_default=False)],
    format: Annotated[Format, typer.Option(help="dbt model yml, JSON Schema of a row, SQL DDL, a page.", show_default=False)],
    to: To = None,
    json: Json = False,
) -> None:
    """Write a contract in the language of another tool."""
    from mesh_capabilities.contract_exchange.exporting import export_contract

    export_contract(target, format.value, to, json)


@contract.command("import", epilog="Example: mesh contract import --dbt dbt_projects/sales orders --parquet orders.parquet")
def import_(
    model: Annotated[str | None, typer.Argument(help="The dbt model, beside --dbt.", show_default=False)] = None,
    dbt: Annotated[str | None, typer.Option(metavar="FOLDER", help="A dbt project: descriptions, types, tests.")] = None,
    parquet: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="Parquet files: types, and where no value is missing.")
    ] = None,
    port: Annotated[str | None, typer.Option(help="The port to promise, written domain/port. Default: by the names.")] = None,
    to: To = None,
    json: Json = False,
) -> None:
    """Draft a contract from a dbt model, from Parquet files, or from both; nothing is overwritten."""
    if bool(dbt) != bool(model):
        raise typer.BadParameter("--dbt and the name of a model go together")
    if not (dbt or parquet):
        raise typer.BadParameter("name a dbt model, with --dbt, or a file, with --parquet")
    from mesh_capabilities.contract_exchange.imports import import_contract

    import_contract(dbt, model, parquet or [], port, to, json)
