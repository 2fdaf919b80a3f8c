"""The commands `mesh contract export` and `import`."""

from enum import StrEnum
from typing import Annotated

import typer

from mesh_capabilities.targets import group
from mesh_platform.cli.arguments import Json


class Format(StrEnum):
    """What a contract can be exported to."""

    DBT = "dbt"
    JSONSCHEMA = "jsonschema"
    SQL = "sql"
    HTML = "html"


To = Annotated[str | None, typer.Option("--to", metavar="FILE", help="File to write to. Default: standard output.")]


def export(
    target: Annotated[str, typer.Argument(metavar="DOMAIN/PORT|FILE", help="A port or a contract file.", show_default=False)],
    format: Annotated[
        Format, typer.Option(help="dbt model yml, JSON Schema of a row, SQL DDL, an HTML page.", show_default=False)
    ],
    to: To = None,
    json: Json = False,
) -> None:
    """Export a contract to the format of another tool."""
    from mesh_capabilities.contract_exchange.show import export_contract

    export_contract(target, format.value, to, json)


def import_(
    model: Annotated[str | None, typer.Argument(metavar="MODEL", help="The dbt model, with --dbt.", show_default=False)] = None,
    dbt: Annotated[str | None, typer.Option(metavar="FOLDER", help="A dbt project: descriptions, types, tests.")] = None,
    parquet: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE|FOLDER", help="Parquet files, or their folder: types, and columns without nulls."),
    ] = None,
    odcs: Annotated[str | None, typer.Option(metavar="FILE", help="A contract of ODCS v2.2, converted to v3.1.0.")] = None,
    port: Annotated[
        str | None,
        typer.Option("--output-port", metavar="DOMAIN/PORT", help="The port of the contract. Default: from the names."),
    ] = None,
    to: To = None,
    json: Json = False,
) -> None:
    """Draft a contract from a dbt model, Parquet files, or both, or from a contract of ODCS v2.2; nothing is overwritten."""
    if odcs:
        if model or dbt or parquet or port:
            raise typer.BadParameter("--odcs goes with --to and --json only")
        from mesh_capabilities.contract_exchange.show import import_earlier

        import_earlier(odcs, to, json)
        return
    if model and model.endswith(".parquet"):
        raise typer.BadParameter(f"{model} is a second file: repeat --parquet, or name the folder of the files")
    if bool(dbt) != bool(model):
        raise typer.BadParameter("--dbt and the name of a model go together")
    if not (dbt or parquet):
        raise typer.BadParameter("name a dbt model, with --dbt, or a file, with --parquet or --odcs")
    from mesh_capabilities.contract_exchange.show import import_contract

    import_contract(dbt, model, parquet or [], port, to, json)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    contract = group(app, "contract", "Contracts: check, test, show, compare, export and draft them.")
    contract.command(epilog="Example: mesh contract export sales/orders --format html --to .mesh/orders.html")(export)
    contract.command(
        "import", epilog="Example: mesh contract import --parquet .mesh/ports/sales/orders/v1 --output-port sales/orders"
    )(import_)
