"""The command line `mesh`: the commands of the core, and those of the capabilities that the mesh lists."""

from importlib import metadata
from typing import Annotated, Any

import typer
from pluggy import HookRelay
from typer.core import TyperGroup

from mesh_platform.capabilities import SETTINGS, ask, capabilities_of, every_capability, implementations
from mesh_platform.cli.arguments import Json, Port, Targets
from mesh_platform.cli.entry import PUBLISHED_STAYS, if_interrupted, run_and_end
from mesh_platform.errors import ProjectError, show_tracebacks
from mesh_platform.home import find_root


class _Commands(TyperGroup):
    """The commands of `mesh`. The error for an unknown one names the capability that would add it."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        command = super().get_command(ctx, cmd_name)
        for capability in implementations(every_capability().commands) if command is None else ():
            capability.function(added := typer.Typer())
            if cmd_name in dict(_commands(added)):
                ctx.fail(
                    f"No such command '{cmd_name}'. It belongs to the capability '{capability.plugin_name}', "
                    f"which {SETTINGS} does not list."
                )
        return command


_SETTINGS: dict[str, Any] = {
    "name": "mesh",
    "cls": _Commands,
    "help": "Run a data mesh on one machine: publish data products under contracts, query them, and inspect their history.",
    "epilog": "Exit codes: 0 success · 1 failure, explained by the message · 2 invalid command line · 130 interrupted.",
    "no_args_is_help": True,
    "rich_markup_mode": "rich",
    "pretty_exceptions_enable": False,
    "context_settings": {"help_option_names": ["-h", "--help"]},
}
app = typer.Typer(**_SETTINGS)
quarantine = typer.Typer(help="Inspect rows that broke a contract and were not published.", no_args_is_help=True)
app.add_typer(quarantine, name="quarantine")

EntryId = Annotated[str, typer.Argument(metavar="ENTRY", help="An id from `mesh quarantine list`.", show_default=False)]


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"mesh {metadata.version('mesh-platform')}")
        raise typer.Exit()


@app.callback()
def mesh(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error; also after the command.")] = False,
    version: Annotated[bool, typer.Option("--version", is_eager=True, callback=_version, help="Print the version.")] = False,
) -> None:
    if debug:
        show_tracebacks()


@app.command(epilog="Example: mesh run sales finance/daily_revenue")
def run(
    targets: Targets = None,
    source: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Source files. Default: those read last, else `sources` in the home.")
    ] = None,
    days: Annotated[
        str | None,
        typer.Option(help="Days of partitioned ports: 2017-01-01..2017-03-31, or one day. Default: the changed days."),
    ] = None,
    accept_volume: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="domain/source, domain/port or domain whose volume may change beyond its limit."),
    ] = None,
    wait: Annotated[float, typer.Option(min=0, max=10**9, help="Seconds to wait for a domain that another run is using.")] = 0,
    json: Json = False,
) -> None:
    """Read the sources, then build, audit and publish the ports; producers before consumers."""
    if_interrupted(PUBLISHED_STAYS)
    from mesh_platform.cli.run import run_mesh

    raise typer.Exit(run_mesh(targets or [], source, days, accept_volume or [], wait, json))


@app.command(epilog="Example: mesh ui --port 3001")
def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 3000,
    seconds: Annotated[float | None, typer.Option(min=0, max=10**9, help="Stop after this many seconds.")] = None,
) -> None:
    """Serve the Dagster UI with all code locations and their automation until Ctrl-C."""
    if_interrupted(PUBLISHED_STAYS)
    from mesh_platform.cli.ui import serve_ui

    serve_ui(port, seconds)


@app.command(epilog="Example: mesh status --json")
def status(
    isolation: Annotated[bool, typer.Option("--isolation", help="Show instead what isolates builds on this machine.")] = False,
    json: Json = False,
) -> None:
    """Show each port's version, age, newer inputs and refused attempt; exit code 1 if a domain does not load."""
    from mesh_platform.cli.ports import show_isolation, show_status

    raise typer.Exit(show_isolation(json) if isolation else show_status(json))


@app.command(epilog="Example: mesh products")
def products(json: Json = False) -> None:
    """List the products with owner, ports and reads; exit code 1 if a domain does not load."""
    from mesh_platform.cli.ports import show_products

    raise typer.Exit(show_products(json))


@app.command(epilog="Example: mesh show sales/orders --rows 5")
def show(
    port: Port,
    rows: Annotated[int, typer.Option(min=0, max=10**9, help="Number of rows to show.")] = 5,
    version: Annotated[int | None, typer.Option(min=0, max=10**9, help="A version of the port. Default: the served.")] = None,
    json: Json = False,
) -> None:
    """Show a port's contract, its served version and some of its rows."""
    from mesh_platform.cli.ports import show_port

    show_port(port, rows, version, json)


@app.command(epilog='Example: mesh query "select status, count(*) from sales.orders group by all"')
def query(
    sql: Annotated[str, typer.Argument(metavar="SELECT", help="Its tables are ports: domain.port.", show_default=False)],
    limit: Annotated[int, typer.Option(min=1, max=10**9, help="Rows to print as a table. --json prints all.")] = 100,
    json: Json = False,
) -> None:
    """Query published ports with SQL."""
    from mesh_platform.cli.ports import run_query

    run_query(sql, limit, json)


@app.command(epilog="Example: mesh history sales/orders")
def history(
    port: Port,
    major: Annotated[int | None, typer.Option(min=0, max=10**9, help="A major. Default: the newest.")] = None,
    json: Json = False,
) -> None:
    """List the versions of a port with commit time, number of rows, contract and inputs."""
    from mesh_platform.cli.ports import show_history

    show_history(port, major, json)


@app.command(epilog="Example: mesh rollback sales/orders --to 0")
def rollback(
    port: Port,
    to: Annotated[
        int, typer.Option(min=0, max=10**9, help="The version to serve again, of `mesh history`.", show_default=False)
    ],
    json: Json = False,
) -> None:
    """Serve the data of an earlier version again, as a new version that consumers then read."""
    if_interrupted(PUBLISHED_STAYS)
    from mesh_platform.cli.ports import roll_back

    roll_back(port, to, json)


@quarantine.command("list", epilog="Example: mesh quarantine list sales/orders")
def list_quarantine(
    port: Annotated[str | None, typer.Argument(metavar="DOMAIN/PORT", help="Default: all.", show_default=False)] = None,
    json: Json = False,
) -> None:
    """List the entries with port, age, number of rows, and whether the other rows were published."""
    from mesh_platform.cli.quarantine import list_entries

    raise typer.Exit(list_entries(port, json))


@quarantine.command("show", epilog="Example: mesh quarantine show 20261123-101500-3fa2 --rows 20")
def show_quarantine(
    entry: EntryId,
    rows: Annotated[int, typer.Option(min=0, max=10**9, help="Number of rows to show per rule.")] = 5,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show personal values, not their hashes.")] = False,
    json: Json = False,
) -> None:
    """Show the rows of an entry with rule and reason, and the inputs of their candidate."""
    from mesh_platform.cli.quarantine import show_entry

    show_entry(entry, rows, reveal, json)


@quarantine.command("drop", epilog="Example: mesh quarantine drop 20261123-101500-3fa2")
def drop_quarantine(
    entries: Annotated[list[str], typer.Argument(metavar="ENTRY", help="Ids from `mesh quarantine list`.", show_default=False)],
    json: Json = False,
) -> None:
    """Remove entries and their rows permanently."""
    from mesh_platform.cli.quarantine import drop_entries

    drop_entries(entries, json)


def command_line(capabilities: HookRelay) -> typer.Typer:
    """`mesh` with the commands of the core and of the given capabilities."""
    extended = typer.Typer(**_SETTINGS)
    extended.registered_callback = app.registered_callback
    extended.registered_commands = [*app.registered_commands]
    extended.registered_groups = [*app.registered_groups]
    known = _commands(extended)
    for implementation, _ in zip(implementations(capabilities.commands), ask(capabilities.commands, app=extended)):
        commands = _commands(extended)
        names = [name for name, _ in commands]
        if not all(command in commands for command in known) or len(set(names)) < len(names):
            raise ProjectError(
                f"The capability '{implementation.plugin_name}' replaces or removes a command that exists without it.",
                "Give its command another name.",
            )
        known = commands
    return extended


def _commands(commands: typer.Typer) -> list[tuple[str, object]]:
    """The name of each command and group, with the object that implements it; the options before them have no name."""
    return [
        ("", commands.registered_callback),
        *((group.name or group.typer_instance.info.name, group) for group in commands.registered_groups),
        *((command.name or command.callback.__name__.replace("_", "-"), command) for command in commands.registered_commands),
    ]


def command_line_here() -> typer.Typer:
    """`mesh` for the mesh of the working directory; outside a mesh, with the commands of every installed capability."""
    try:
        root = find_root()
    except ProjectError:
        return command_line(every_capability())
    return command_line(capabilities_of(root))


def main() -> None:
    """Runs the command line and ends the process; an error is printed as its message, with exit code 1."""
    run_and_end(command_line_here)
