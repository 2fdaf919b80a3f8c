"""`mesh products`, `status`, `show`, `query`, `history` and `rollback`: the ports of a mesh, their rows and versions."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from mesh_isolation.days import DayRange, in_words
from mesh_isolation.landlock import isolation, kernel_parts
from mesh_isolation.machine import CLOCK_TOLERANCE
from mesh_isolation.python_values import shown_rows
from mesh_isolation.terminal import add_row, age, console, print_json, rows_table, table, verdict, warn
from mesh_isolation.text import counted
from mesh_platform.cli.arguments import known_port, matching_ports
from mesh_platform.contract.contract import Contract
from mesh_platform.errors import MeshError, PortDamaged, QueryRefused, UnknownPort
from mesh_platform.names import PortAddress, nearest
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.query import query_ports
from mesh_platform.port.shelf import count_reads, damages, published_port, published_ports, reading, view_statements
from mesh_platform.port.version import PortVersion
from mesh_platform.product.descriptor import DataProduct, advice_on, deprecated_inputs
from mesh_platform.product.offer import Offer, load_offer
from mesh_platform.project import Project, load_project
from mesh_platform.publish.loading import check_loads
from mesh_platform.publish.pinning import taken_back
from mesh_platform.publish.refusal import Refusal, last_refusal


def show_products(as_json: bool) -> int:
    """Prints the products, domain by domain. Returns: 1 when a domain does not load, else 0."""
    project, offers, _ = _offers()
    products = [product for offer in offers for product in offer.products.values()]
    reads = defaultdict(Counter, count_reads(published_ports(project.home)))
    for damage in damages(project.home):
        warn(damage)
    if as_json:
        print_json([_product_document(product, project.root, reads) for product in products])
        return 1 if project.broken else 0
    listing = table("product", "version", "status", "owner", "ports", "consumes", "purpose", "read by")
    for product in products:
        outputs = ", ".join(port.address.port for port in product.outputs)
        inputs = ", ".join(str(port.address) for port in product.inputs)
        readers = ", ".join(f"{port.address.port} v{port.major}: {reads[port.address][port.major]}" for port in product.outputs)
        head = (product.address, product.version, product.status, product.owner)
        add_row(listing, *head, outputs, inputs, product.purpose, readers)
    console().print(listing)
    return _conclude(project, offers, f"{counted(len(products), 'data product')} of {counted(len(offers), 'domain')}")


def _conclude(project: Project, offers: list[Offer], sentence: str, good: bool = True) -> int:
    """Prints the last line: what did not load, then the sentence. Returns: 1 when a domain does not load, else 0."""
    if broken := project.broken:
        named = f"{counted(len(broken), 'domain')} {'does' if len(broken) == 1 else 'do'} not load: {', '.join(sorted(broken))}"
        others = "Listed" if any(offer.domain.name in broken for offer in offers) else "The others"
        verdict(False, f"{named}. {others}: {sentence}")
    elif good:
        verdict(True, sentence)
    else:
        console().print("[yellow]![/] {}", sentence, soft_wrap=True)
    return 1 if broken else 0


def _offers() -> tuple[Project, list[Offer], set[PortAddress]]:
    """The mesh, the offers that can be read, and the ports that describe the mesh.

    Domains that do not load are added to `broken` and named on standard error.
    """
    project, offers, describing = load_project(with_broken=True), [], set()
    for domain in project.domains.values():
        try:
            offers.append(load_offer(domain))
            describing |= check_loads(offers[-1])
        except MeshError as problem:
            project.broken[domain.name] = str(problem)
    for sentence in project.broken.values():
        warn(sentence)
    return project, offers, describing


def _product_document(product: DataProduct, root: Path, reads: Mapping[PortAddress, Counter[int]]) -> dict:
    """`reads` counts the published versions of other ports that read each major; the current one is listed even with none."""
    return {
        "product": product.address,
        "version": product.version,
        "status": product.status,
        "successor": product.successor,
        "ends": product.ends,
        "owner": product.owner,
        "purpose": product.purpose,
        "output_ports": {str(port.address): port.contract_id for port in product.outputs},
        "input_ports": {str(port.address): port.contract_id for port in product.inputs},
        "reads": {
            str(port.address): {f"v{major}": reads[port.address][major] for major in sorted({port.major, *reads[port.address]})}
            for port in product.outputs
        },
        "deprecated_inputs": [str(deprecated) for deprecated in deprecated_inputs(product, root)],
        "descriptor": product.file,
    }


def show_status(as_json: bool) -> int:
    """Prints one line per port: first those that runs build. Returns: 1 when a domain does not load, else 0."""
    project, offers, describing = _offers()
    built = [(offer, contract) for offer in offers for port, contract in offer.contracts.items() if port in offer.built]
    served: dict[PortAddress, PortVersion] = {}
    damaged: dict[PortAddress, str] = {}
    for _, contract in built:
        port = OutputPort(contract.address, project.home.port(contract.address, contract.major))
        try:
            if port.published:
                served[contract.address] = port.current()
        except PortDamaged as problem:
            damaged[contract.address] = str(problem)
    documents = []
    for offer, contract in built:
        notes = map(str, deprecated_inputs(offer.product_of(contract.address.port), offer.domain.root))
        address, version = contract.address, served.get(contract.address)
        refusal, remarks = last_refusal(project.home, address, version), _problems_of(contract, served, damaged)
        if contract.address in describing and version:
            notes = [*notes, f"describes the mesh as of {version.committed:%Y-%m-%d %H:%M} UTC"]
            others = (other for other in served.values() if other.address.domain != address.domain)
            newer = [other.address for other in others if other.committed > version.committed]
            remarks += [f"the mesh has newer versions of {counted(len(newer), 'port')}, such as {newer[0]}"] if newer else []
        if taken := taken_back(contract, project.home):
            remarks.append(taken.found.partition(": ")[2].removesuffix("."))
        if address.domain in project.broken:
            remarks.append(f"{address.domain} does not load")
        if refusal:
            remarks.append(f"the last attempt, {age(refusal.at)}, was refused: {refusal.by}")
        documents.append(_port_document(address, f"{contract.id} {contract.version}", version, remarks, notes, refusal))
    current = sum(not document["remarks"] for document in documents)
    for product in (product for offer in offers for product in offer.products.values() if not product.stage.built):
        notes = [f"{product.stage.words}, not built"]
        ports = ((out.address, f"{out.contract_id} {out.version}") for out in product.outputs)
        documents += [_port_document(address, promised, None, [], notes, None) for address, promised in ports]
    if as_json:
        print_json(documents)
        return 1 if project.broken else 0
    listing = table("port", "version", "rows", "committed", "contract", "state", numbers=("version", "rows"))
    for document in documents:
        version = served.get(PortAddress.parse(document["port"]))
        cells = ("", "", "", document["contract"].split()[-1])
        if version:
            cells = (version.number, f"{version.rows:,}", age(version.committed), version.provenance.contract_version)
        state = document["remarks"] or (["up to date"] if version else [])
        add_row(listing, document["port"], *cells, "; ".join([*state, *document["notes"]]))
    console().print(listing)
    sentence = f"{current} of {counted(len(built), 'port')} {'is' if len(built) == 1 else 'are'} published and up to date"
    return _conclude(project, offers, sentence, current == len(built))


def _problems_of(contract: Contract, served: dict[PortAddress, PortVersion], damaged: dict[PortAddress, str]) -> list[str]:
    """The problems of the served version; empty when it is up to date."""
    version = served.get(contract.address)
    if version is None:
        return [damaged.get(contract.address, "not published yet")]
    remarks = [version.damage] if version.damage else []
    for name, number in version.provenance.inputs.items():
        newest = served.get(PortAddress.parse(name))
        if newest and newest.number != number:
            remarks.append(f"{name} has moved from version {number} to {newest.number}")
    if version.committed - datetime.now(UTC) > CLOCK_TOLERANCE:
        remarks.append("its commit time is in the future by this machine's clock, so its age is unknown")
    if contract.freshness and datetime.now(UTC) - version.committed > contract.freshness:
        remarks.append(f"older than the {contract.freshness} its contract allows")
    if version.provenance.contract_digest != contract.digest:
        remarks.append("its contract has changed since")
    return remarks


def _port_document(
    port: PortAddress, contract: str, version: PortVersion | None, remarks: list, notes: Iterable, refused: Refusal | None
) -> dict:
    """One port as JSON; `remarks` are the problems of its served version, `notes` do not affect its state."""
    return {
        "port": str(port),
        "version": version.number if version else None,
        "rows": version.rows if version else None,
        "committed": version.committed if version else None,
        "inputs": version.provenance.inputs if version else {},
        "contract": contract,
        "refused": refused and vars(refused),
        "remarks": remarks,
        "notes": list(notes),
    }


def show_port(text: str, rows: int, number: int | None, as_json: bool) -> None:
    """Prints the contract, the version and its first rows."""
    address = known_port(text)
    project = load_project(with_broken=True, needed=[address.domain])
    offer = load_offer(project.domain(address.domain))
    if address.port not in offer.contracts:
        raise UnknownPort(f"{address} has no contract.", f"`mesh history {address}` lists its versions.")
    contract, product = offer.contracts[address.port], offer.product_of(address.port)
    port = OutputPort(address, project.home.port(address, contract.major))
    version = port.current() if number is None else port.at(number)
    contract = contract.fitted(dict(zip(version.columns, version.types)))
    for sentence in filter(None, (version.damage, advice_on(product), taken_back(contract, project.home))):
        warn(str(sentence))
    names, values = _sample(version, rows)
    sample = [contract.shown(dict(zip(names, row))) for row in values]
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
                "sample": sample,
            }
        )
        return
    out = console()
    out.print("[bold]{}[/]  {}", address, contract.description)
    out.print("{} Product {} of {}, questions to {}.", contract.grain, product.name, product.owner, offer.domain.channel)
    inputs = ", ".join(f"{name} version {consumed}" for name, consumed in version.provenance.inputs.items())
    kept = f"contract {contract.id} {version.provenance.contract_version}{f', built from {inputs}' if inputs else ''}"
    out.print("Version {}, {}, committed {}, {}.", version.number, counted(version.rows, "row"), age(version.committed), kept)
    if version.days is not None:
        days = [day for part in version.days for day in DayRange.parse(part)]
        out.print("Partitioned by {}: {}.", version.partition, in_words(days))
    columns = table("column", "type", "description")
    for column in contract.columns:
        key = "key, " if column.name in contract.primary_key else "never null, " if column.required else ""
        add_row(columns, column.name, column.type, f"{key}{column.description}")
    out.print()
    out.print(columns)
    if rows:
        out.print()
        out.print(rows_table(names, [row.values() for row in sample]))


def _sample(version: PortVersion, rows: int) -> tuple[list[str], list[tuple]]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        with reading(version):
            list(map(connection.execute, view_statements(version)))
            return list(version.columns), shown_rows(connection.sql(f"FROM {version.address.sql} LIMIT {rows}"))


def run_query(sql: str, limit: int, as_json: bool) -> None:
    """Prints the result; a table shows up to `limit` rows, and whether there are more."""
    project = load_project(with_broken=True)
    try:
        answer = query_ports(project.home, sql, None if as_json else limit + 1)
    except QueryRefused as problem:
        named = {PortAddress(*name.split("/")) for name in matching_ports("")}
        for port in named - published_ports(project.home).keys():
            if f"reads '{port.domain}.{port.port}'," in problem.found:
                raise QueryRefused(f"{port} is not published yet.", f"`mesh run {port}` publishes it.") from None
        raise
    for remark in answer.remarks:
        warn(remark)
    if as_json:
        # A JSON object has each name once, so a repeated name gets its position as a suffix.
        seen = enumerate(answer.columns)
        names = [name if name not in answer.columns[:place] else f"{name}_{place + 1}" for place, name in seen]
        print_json([dict(zip(names, row)) for row in answer.rows])
        return
    console().print(rows_table(answer.columns, answer.rows[:limit]))
    shown = min(len(answer.rows), limit)
    more = "; there are more, --limit shows them" if len(answer.rows) > limit else ""
    console().print("[dim]{}{}[/]", counted(shown, "row"), more)


def show_history(text: str, major: int | None, as_json: bool) -> None:
    """Prints every version of a major, by default the newest, and which others are published; newest versions first."""
    address, home = known_port(text), load_project(with_broken=True).home
    newest = published_port(home, address)
    ports = {f"v{number}": OutputPort(address, home.port(address, number)) for number in sorted(newest.log.place.majors())}
    majors = {name: port for name, port in ports.items() if port.published}
    chosen = newest.folder.name if major is None else f"v{major}"
    if chosen not in majors:
        raise UnknownPort(f"{address} has no published version in {chosen}.", nearest(chosen, majors))
    port = majors.pop(chosen)
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
    for name, other in majors.items():
        number = counted(len(other.history()), "version")
        console().print("{} has {}: `mesh history {} --major {}`", name, number, address, name[1:], soft_wrap=True)


def _version_notes(version: PortVersion) -> Iterator[str]:
    provenance = version.provenance
    if not version.readable:
        yield "vacuumed, no longer readable"
    if provenance.rolled_back_to is not None:
        yield f"the data of version {provenance.rolled_back_to}"
    if provenance.set_aside:
        yield f"{counted(provenance.set_aside, 'row')} quarantined"
    if provenance.days is not None:
        replaced = [day for part in provenance.days for day in DayRange.parse(part)]
        yield f"replaced {in_words(replaced)}"
    yield from provenance.accepted.values()


def roll_back(text: str, to: int, as_json: bool) -> None:
    """Serves the data of version `to` again and reports it to Dagster, whose automation then runs the consumers."""
    from mesh_platform.dagster.history import roll_back_port

    address = known_port(text)
    version = roll_back_port(load_project(with_broken=True, needed=[address.domain]), address, to)
    if as_json:
        print_json(_version_document(version))
        return
    rows = counted(version.rows, "row")
    verdict(True, f"{address} serves the data of version {to} again, as version {version.number}: {rows}")


def _version_document(version: PortVersion) -> dict:
    return {
        "port": str(version.address),
        "version": version.number,
        "committed": version.committed,
        "readable": version.readable,
        **vars(version.provenance),
    }


def show_isolation(as_json: bool) -> None:
    """Prints which parts of this machine hold the code of a domain to its declared files."""
    holds = isolation()
    if as_json:
        print_json(holds)
        return
    verdict(bool(holds["landlock"]), f"builds are held by the {holds['level']} ({kernel_parts(holds)})")
