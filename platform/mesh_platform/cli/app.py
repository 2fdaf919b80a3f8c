"""The command line `mesh`: the commands of the core, and those of the capabilities that the mesh lists."""

from typing import Annotated, Any

import typer
from pluggy import HookRelay

from mesh_platform.capabilities import ask, capabilities_of, every_capability
from mesh_platform.cli import arguments
from mesh_platform.cli.entry import run_and_end
from mesh_platform.errors import ProjectError, show_tracebacks
from mesh_platform.home import find_root

_SETTINGS: dict[str, Any] = {
    "name": "mesh",
    "help": "Run a data mesh on one machine: publish data products under contracts, query them, and inspect their history.",
    "epilog": "Exit codes: 0 success · 1 failure, explained by the message · 2 invalid command line · 130 interrupted.",
    "no_args_is_help": True,
    "rich_markup_mode": "rich",
    "pretty_exceptions_enable": False,
    "context_settings": {"help_option_names": ["-h", "--help"]},
}
app = typer.Typer(**_SETTINGS)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output and nothing else.")]


@app.callback()
def mesh(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error; also after the command.")] = False,
) -> None:
    if debug:
        show_tracebacks()


@app.command(epilog="Example: mesh run sales finance/daily_revenue --source ~/olist")
def run(
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            help="Domains or ports (sales, sales/orders). Default: all.", show_default=False, autocompletion=arguments.targets
        ),
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Folder of source files. Default: the one read last, else the generated files.")
    ] = None,
    days: Annotated[
        str | None,
        typer.Option(help="Days of partitioned ports: 2017-01-01..2017-03-31, or one day. Default: the changed days."),
    ] = None,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for a domain that another process is running.")] = 0,
    json: Json = False,
) -> None:
    """Read the sources, then build, audit and publish the ports; producers before consumers."""
    from mesh_platform.cli.run import run_mesh

    raise typer.Exit(run_mesh(targets or [], source, days, wait, json))


@app.command(epilog="Example: mesh status --json")
def status(json: Json = False) -> None:
    """Show each port's served version and age, and whether its inputs have newer versions."""
    from mesh_platform.cli.status import show_status

    show_status(json)


def command_line(capabilities: HookRelay) -> typer.Typer:
    """`mesh` with the commands of the core and of the given capabilities."""
    extended = typer.Typer(**_SETTINGS)
    extended.registered_callback = app.registered_callback
    extended.registered_commands = [*app.registered_commands]
    extended.registered_groups = [*app.registered_groups]
    for _ in ask(capabilities.commands, app=extended):
        pass
    return extended


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
