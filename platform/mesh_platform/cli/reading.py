"""`mesh products`, `show` and `query`: what is there, what it promises, and its rows."""

from collections import Counter
from collections.abc import Sequence

import duckdb

from mesh_platform.cli.output import add_row, age, console, print_json, table, verdict, warn
from mesh_platform.days import DayRange, in_words
from mesh_platform.errors import UnknownPort
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.query import query
from mesh_platform.port.shelf import count_reads, damages, published_ports, reading, view_statements
from mesh_platform.port.version import PortVersion
from mesh_platform.product.descriptor import PortReference
from mesh_platform.product.inputs import advice_on, deprecated_inputs
from mesh_platform.product.offer import load_offer
from mesh_platform.project import load_project


def show_products(as_json: bool) -> None:
    """Prints the products, domain by domain."""
    project = load_project()
    products = [product for domain in project.domains.values() for product in load_offer(domain).products.values()]
    reads = count_reads(published_ports(project.home))
    for damage in damages(project.home):
        warn(damage)
    if as_json:
        print_json(
            [
                {
                    "product": f"{product.domain}/{product.name}",
                    "version": product.version,
                    "status": product.status,
                    "successor": product.successor,
                    "ends": product.ends,
                    "owner": product.owner,
                    "purpose": product.purpose,
                    "output_ports": {str(port.address): port.contract_id for port in product.outputs},
                    "input_ports": {str(port.address): port.contract_id for port in product.inputs},
                    "reads": {str(port.address): _reads(reads, port) for port in product.outputs},
                    "deprecated_inputs": [str(deprecated) for deprecated in deprecated_inputs(product, project.root)],
                    "descriptor": product.file,
                }
                for product in products
            ]
        )
        return
    listing = table("product", "version", "status", "owner", "ports", "consumes", "purpose", "reads")
    for product in products:
        add_row(
            listing,
            f"{product.domain}/{product.name}",
            product.version,
            product.status,
            product.owner,
            ", ".join(port.address.port for port in product.outputs),
            ", ".join(str(port.address) for port in product.inputs),
            product.purpose,
            ", ".join(_counted(reads, port) for port in product.outputs),
        )
    console().print(listing)
    verdict(True, f"{len(products)} data products of {len(project.domains)} domains")


def _reads(counted: dict[PortAddress, Counter[int]], port: PortReference) -> dict[str, int]:
    """The number of published versions of other ports that read each major; the current major is listed even with none."""
    counts = counted.get(port.address, Counter())
    return {f"v{major}": counts[major] for major in sorted({port.major, *counts})}


def _counted(counted: dict[PortAddress, Counter[int]], port: PortReference) -> str:
    return f"{port.address.port} v{port.major}: {counted.get(port.address, Counter())[port.major]}"


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
    out.print("[bold]{}[/]  {}", address, contract.description)
    out.print("{} Product {} of {}, questions to {}.", contract.grain, product.name, product.owner, offer.domain.channel)
    inputs = ", ".join(f"{name} version {consumed}" for name, consumed in version.provenance.inputs.items())
    kept = f"contract {contract.id} {version.provenance.contract_version}{f', built from {inputs}' if inputs else ''}"
    out.print("Version {}, {:,} rows, committed {}, {}.", version.number, version.rows, age(version.committed), kept)
    if version.days is not None:
        days = [day for part in version.days for day in DayRange.parse(part)]
        out.print("Partitioned by {}: {}.", version.partition, in_words(days))
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
        with reading(version):
            list(map(connection.execute, view_statements([version])))
            return list(version.columns), connection.execute(f"FROM {version.address.sql} LIMIT {rows}").fetchall()


def run_query(sql: str, limit: int, as_json: bool) -> None:
    """Prints the result; a table shows up to `limit` rows, and whether there are more."""
    answer = query(load_project().home, sql, None if as_json else limit + 1)
    for remark in answer.remarks:
        warn(remark)
    if as_json:
        names = _distinct(answer.columns)
        print_json([dict(zip(names, row)) for row in answer.rows])
        return
    listing = table(*answer.columns)
    for row in answer.rows[:limit]:
        add_row(listing, *("" if cell is None else cell for cell in row))
    console().print(listing)
    shown = min(len(answer.rows), limit)
    more = "; there are more, --limit shows them" if len(answer.rows) > limit else ""
    console().print("[dim]{:,} row{}{}[/]", shown, "" if shown == 1 else "s", more)


def _distinct(columns: Sequence[str]) -> list[str]:
    """The columns' names; a repeated name gets its position as a suffix, because a JSON object has each name once."""
    return [name if name not in columns[:place] else f"{name}_{place + 1}" for place, name in enumerate(columns)]
