"""The command line `mesh`: the verbs of the core, and those of the capabilities that the mesh lists."""

from typing import Annotated, Any

import typer
from pluggy import HookRelay

from mesh_platform.cli import arguments
from mesh_platform.cli.entry import run_and_end
from mesh_platform.errors import ProjectError, ask
from mesh_platform.home import find_root
from mesh_platform.hooks import capabilities_of, every_capability

_SETTINGS: dict[str, Any] = {
    "name": "mesh",
    "help": "Run a data mesh on one machine: publish data products through contracts, read them, look back.",
    "epilog": "Exit codes: 0 it worked · 1 something failed, and the message says what · 2 the command was not understood "
    "· 130 interrupted.",
    "no_args_is_help": True,
    "rich_markup_mode": "rich",
    "pretty_exceptions_enable": False,
    "context_settings": {"help_option_names": ["-h", "--help"]},
}
app = typer.Typer(**_SETTINGS)
quarantine = typer.Typer(help="Rows that broke a contract and were kept instead of published.", no_args_is_help=True)
app.add_typer(quarantine, name="quarantine")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output and nothing else.")]
Entry = Annotated[str, typer.Argument(help="An entry, as `mesh quarantine list` names it.", show_default=False)]
Port = Annotated[str, typer.Argument(help="A port, written domain/port.", show_default=False, autocompletion=arguments.ports)]


@app.callback()
def mesh(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback behind an error; also after the verb.")] = False,
) -> None:
    if debug:
        ask()


@app.command(epilog="Example: mesh run sales finance/daily_revenue --source ~/olist")
def run(
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            help="Domains or ports (sales, sales/orders); none for all.", show_default=False, autocompletion=arguments.targets
        ),
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Folder of source files. Default: the one read last, else the generated ones.")
    ] = None,
    days: Annotated[
        str | None,
        typer.Option(help="Of ports that grow: 2017-01-01..2017-03-31, or one day. Default: the days that have changed."),
    ] = None,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for a domain that somebody else is running.")] = 0,
    json: Json = False,
) -> None:
    """Read the sources, build, audit and publish; producers before consumers."""
    from mesh_platform.cli.run import run_mesh

    raise typer.Exit(run_mesh(targets or [], source, days, wait, json))


@app.command(epilog="Example: mesh ui --port 3001")
def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 3000,
    seconds: Annotated[float | None, typer.Option(min=0, help="Stop by itself after so many seconds.")] = None,
) -> None:
    """Serve the Dagster UI, with all code locations and their automation, until Ctrl-C."""
    from mesh_platform.cli.ui import serve

    serve(port, seconds)


@app.command(epilog="Example: mesh status --json")
def status(json: Json = False) -> None:
    """Say of every port which version is served, how old it is, and whether its inputs have moved since."""
    from mesh_platform.cli.status import show_status

    show_status(json)


@app.command(epilog="Example: mesh products")
def products(json: Json = False) -> None:
    """List the data products: owner, ports, contracts, what they consume."""
    from mesh_platform.cli.products import show_products

    show_products(json)


@app.command(epilog="Example: mesh show sales/orders --rows 5")
def show(
    port: Port,
    rows: Annotated[int, typer.Option(min=0, help="How many rows to show.")] = 5,
    version: Annotated[int | None, typer.Option(min=0, help="A version of the port; default: the served one.")] = None,
    json: Json = False,
) -> None:
    """Show what a port promises and some of what it serves."""
    from mesh_platform.cli.show import show_port

    show_port(port, rows, version, json)


@app.command(epilog='Example: mesh query "select status, count(*) from sales.orders group by all"')
def query(
    sql: Annotated[str, typer.Argument(help="One select over published ports, written domain.port.", show_default=False)],
    limit: Annotated[int, typer.Option(min=1, help="Rows to print as a table; --json prints all.")] = 100,
    json: Json = False,
) -> None:
    """Read published ports with SQL."""
    from mesh_platform.cli.query import run_query

    run_query(sql, limit, json)


@app.command(epilog="Example: mesh history sales/orders")
def history(port: Port, json: Json = False) -> None:
    """List the versions of a port: when, how many rows, from which inputs, under which contract."""
    from mesh_platform.cli.history import show_history

    show_history(port, json)


@app.command(epilog="Example: mesh rollback sales/orders --to 3")
def rollback(
    port: Port,
    to: Annotated[int, typer.Option(min=0, help="The version whose data shall be served again.", show_default=False)],
    json: Json = False,
) -> None:
    """Serve an earlier version again, as a new version; consumers then run on it."""
    from mesh_platform.cli.history import roll_back

    roll_back(port, to, json)


@quarantine.command("list", epilog="Example: mesh quarantine list sales/orders")
def list_quarantine(
    port: Annotated[str | None, typer.Argument(help="A port, written domain/port; none for all.", show_default=False)] = None,
    json: Json = False,
) -> None:
    """List what is kept: of which port, since when, how many rows, and whether the rest was published."""
    from mesh_platform.cli.quarantine import list_entries

    list_entries(port, json)


@quarantine.command("show", epilog="Example: mesh quarantine show 20261123-101500-3fa2 --rows 20")
def show_quarantine(
    entry: Entry,
    rows: Annotated[int, typer.Option(min=0, help="How many rows of each rule to show.")] = 5,
    json: Json = False,
) -> None:
    """Show the rows of an entry with rule and reason, and what their candidate was made of."""
    from mesh_platform.cli.quarantine import show_entry

    show_entry(entry, rows, json)


@quarantine.command("drop", epilog="Example: mesh quarantine drop 20261123-101500-3fa2")
def drop_quarantine(
    entries: Annotated[list[str], typer.Argument(help="Entries, as `mesh quarantine list` names them.", show_default=False)],
    json: Json = False,
) -> None:
    """Remove entries and their rows for good."""
    from mesh_platform.cli.quarantine import drop_entries

    drop_entries(entries, json)


def command_line(capabilities: HookRelay) -> typer.Typer:
    """`mesh` with the verbs of the core, and those that the capabilities add."""
    whole = typer.Typer(**_SETTINGS)
    whole.registered_callback = app.registered_callback
    whole.registered_commands = [*app.registered_commands]
    whole.registered_groups = [*app.registered_groups]
    capabilities.commands(app=whole)
    return whole


def command_line_here() -> typer.Typer:
    """`mesh` as the mesh of the current folder has it; outside of a mesh with the verbs of every capability."""
    try:
        root = find_root()
    except ProjectError:
        return command_line(every_capability())
    return command_line(capabilities_of(root))


def main() -> None:
    """Runs the command line and ends the process; an error becomes its sentence and exit code 1."""
    run_and_end(command_line_here)
