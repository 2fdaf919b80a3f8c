"""`mesh products`, `show`, `query`, `history` and `rollback`: the ports of a mesh, their rows and their versions."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import duckdb
from rich.table import Table

from mesh_platform.cli.output import add_row, age, console, print_json, table, verdict, warn
from mesh_platform.days import DayRange, in_words
from mesh_platform.errors import UnknownPort
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.query import query
from mesh_platform.port.shelf import count_reads, damages, published_port, published_ports, reading, view_statements
from mesh_platform.port.version import PortVersion
from mesh_platform.product.descriptor import PortReference, advice_on, deprecated_inputs
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
        out.print()
        out.print(rows_table(names, sample))


def rows_table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Table:
    """Rows of data as a table; NULL is an empty cell."""
    listing = table(*columns)
    for row in rows:
        add_row(listing, *("" if cell is None else cell for cell in row))
    return listing


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
    console().print(rows_table(answer.columns, answer.rows[:limit]))
    shown = min(len(answer.rows), limit)
    more = "; there are more, --limit shows them" if len(answer.rows) > limit else ""
    console().print(f"[dim]{shown:,} row{'' if shown == 1 else 's'}{more}[/]")


def _distinct(columns: Sequence[str]) -> list[str]:
    """The columns' names; a repeated name gets its position as a suffix, because a JSON object has each name once."""
    return [name if name not in columns[:place] else f"{name}_{place + 1}" for place, name in enumerate(columns)]


def show_history(text: str, as_json: bool) -> None:
    """Prints every version, newest first."""
    port = published_port(load_project().home, PortAddress.parse(text))
    versions = port.history()
    for damage in port.damages():
        warn(damage)
    if as_json:
        print_json([_version_document(version) for version in versions])
        return
    listing = table("version", "committed", "rows", "contract", "inputs", "note", numbers=("version", "rows"))
    for version in versions:
        provenance = version.provenance
        inputs = ", ".join(f"{name} {number}" for name, number in provenance.inputs.items())
        cells = (f"{version.rows:,}", provenance.contract_version, inputs, "; ".join(_version_notes(version)))
        add_row(listing, version.number, age(version.committed), *cells)
    console().print(listing)


def _version_notes(version: PortVersion) -> Iterator[str]:
    provenance = version.provenance
    if not version.readable:
        yield "vacuumed, no longer readable"
    if provenance.rolled_back_to is not None:
        yield f"the data of version {provenance.rolled_back_to}"
    if provenance.days is not None:
        replaced = [day for part in provenance.days for day in DayRange.parse(part)]
        yield f"replaced {in_words(replaced)}"


def roll_back(text: str, to: int, as_json: bool) -> None:
    """Serves the data of version `to` again and reports it to Dagster, whose automation then runs the consumers."""
    from mesh_platform.dagster.history import roll_back_port

    project, address = load_project(), PortAddress.parse(text)
    version = roll_back_port(project.home, address, to)
    if as_json:
        print_json(_version_document(version))
        return
    verdict(True, f"{address} serves the data of version {to} again, as version {version.number}: {version.rows:,} rows")


def _version_document(version: PortVersion) -> dict:
    return {
        "port": str(version.address),
        "version": version.number,
        "committed": version.committed,
        "readable": version.readable,
        **vars(version.provenance),
    }
