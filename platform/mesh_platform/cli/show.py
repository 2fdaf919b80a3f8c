"""`mesh show`: one port with its contract, a version and some of its rows."""

import duckdb

from mesh_platform.cli.output import add_row, age, console, print_json, table, warn
from mesh_platform.days import DayRange, in_words
from mesh_platform.errors import UnknownPort
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.shelf import view_statements
from mesh_platform.port.version import PortVersion
from mesh_platform.product.inputs import advice_on
from mesh_platform.product.offer import load_offer
from mesh_platform.project import load_project


def show_port(text: str, rows: int, number: int | None, as_json: bool) -> None:
    """Prints the contract, the version and its first rows."""
    project, address = load_project(), PortAddress.parse(text)
    offer = load_offer(project.domains[address.domain]) if address.domain in project.domains else None
    if offer is None or address.port not in offer.contracts:
        raise UnknownPort(f"There is no port {address}.", "`mesh products` lists the ports of the mesh.")
    contract, product = offer.contracts[address.port], offer.product_of(address.port)
    port = OutputPort(address, project.home.port(address, contract.major))
    version = port.current() if number is None else port.at(number)
    for sentence in filter(None, (version.damage, advice_on(product))):
        warn(sentence)
    names, sample = _sample(version, rows)
    if as_json:
        print_json(
            {
                "port": str(address),
                "product": product.name,
                "owner": product.owner,
                "stage": product.stage,
                "description": contract.description,
                "grain": contract.grain,
                "contract": f"{contract.id} {contract.version}",
                "columns": [
                    {"name": column.name, "type": column.type, "description": column.description} for column in contract.columns
                ],
                "rules": [rule.sentence for rule in contract.rules],
                "version": version.number,
                "committed": version.committed,
                "rows": version.rows,
                "inputs": version.provenance.inputs,
                "days": version.days,
                "sample": [dict(zip(names, row)) for row in sample],
            }
        )
        return
    out = console()
    out.print(f"[bold]{address}[/]  {contract.description}")
    out.print(f"{contract.grain} Product {product.name} of {product.owner}, questions to {offer.domain.channel}.")
    inputs = ", ".join(f"{name} version {consumed}" for name, consumed in version.provenance.inputs.items())
    out.print(
        f"Version {version.number}, {version.rows:,} rows, committed {age(version.committed)}, "
        f"contract {contract.id} {version.provenance.contract_version}{f', built from {inputs}' if inputs else ''}."
    )
    if version.days is not None:
        days = [day for part in version.days for day in DayRange.parse(part)]
        out.print(f"Partitioned by {version.partition}: {in_words(days)}.")
    columns = table("column", "type", "description")
    for column in contract.columns:
        key = "key, " if column.name in contract.primary_key else "never empty, " if column.required else ""
        add_row(columns, column.name, column.type, f"{key}{column.description}")
    out.print()
    out.print(columns)
    if rows:
        data = table(*names)
        for row in sample:
            add_row(data, *("" if cell is None else cell for cell in row))
        out.print()
        out.print(data)


def _sample(version: PortVersion, rows: int) -> tuple[list[str], list[tuple]]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for statement in view_statements([version]):
            connection.execute(statement)
        return list(version.columns), connection.execute(f"FROM {version.address.sql} LIMIT {rows}").fetchall()
