"""`mesh history` and `mesh rollback`: list a port's versions, and serve the data of an earlier one again."""

from collections.abc import Iterator

from mesh_platform.cli.output import add_row, age, console, print_json, table, verdict, warn
from mesh_platform.days import DayRange, in_words
from mesh_platform.names import PortAddress
from mesh_platform.port.shelf import published_port
from mesh_platform.port.version import PortVersion
from mesh_platform.project import load_project


def show_history(text: str, as_json: bool) -> None:
    """Prints every version, newest first."""
    port = published_port(load_project().home, PortAddress.parse(text))
    versions = port.history()
    for damage in port.damages():
        warn(damage)
    if as_json:
        print_json([_document(version) for version in versions])
        return
    listing = table("version", "committed", "rows", "contract", "inputs", "note", numbers=("version", "rows"))
    for version in versions:
        provenance = version.provenance
        inputs = ", ".join(f"{name} {number}" for name, number in provenance.inputs.items())
        cells = (f"{version.rows:,}", provenance.contract_version, inputs, "; ".join(_notes(version)))
        add_row(listing, version.number, age(version.committed), *cells)
    console().print(listing)


def _notes(version: PortVersion) -> Iterator[str]:
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
        print_json(_document(version))
        return
    verdict(True, f"{address} serves the data of version {to} again, as version {version.number}: {version.rows:,} rows")


def _document(version: PortVersion) -> dict:
    return {
        "port": str(version.address),
        "version": version.number,
        "committed": version.committed,
        "readable": version.readable,
        **vars(version.provenance),
    }
