"""The verbs of `mesh`, each with its help; what they do stands in the module of the same name."""

from typing import Annotated

import typer

from mesh_capabilities.columns.verbs import register as register_lineage
from mesh_capabilities.contract_lint.verbs import contract
from mesh_capabilities.governance.verbs import policy
from mesh_capabilities.lifecycle.verbs import product
from mesh_capabilities.maintenance.verbs import ports
from mesh_capabilities.openlineage.verbs import register as register_openlineage
from mesh_capabilities.portal.verbs import portal
from mesh_capabilities.reproduction.verbs import register as register_reproduction
from mesh_capabilities.review.verbs import register as register_check
from mesh_capabilities.scaffolding import verbs as growing
from mesh_platform.cli import arguments
from mesh_platform.cli.entry import run_and_end
from mesh_platform.errors import ask

app = typer.Typer(
    name="mesh",
    help="Run a data mesh on one machine: publish data products through contracts, read them, look back.",
    epilog="Exit codes: 0 it worked · 1 something failed, and the message says what · 2 the command was not understood "
    "· 130 interrupted.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(contract, name="contract")
quarantine = typer.Typer(help="Rows that broke a contract and were kept instead of published.", no_args_is_help=True)
app.add_typer(quarantine, name="quarantine")
app.add_typer(ports, name="ports")
app.add_typer(portal, name="portal")
app.add_typer(policy, name="policy")
app.add_typer(product, name="product")

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


@app.command(epilog="Example: mesh dev marketing/leads --once --json")
def dev(
    target: Annotated[
        str,
        typer.Argument(help="A domain or a port (sales, sales/orders).", show_default=False, autocompletion=arguments.targets),
    ],
    once: Annotated[
        bool, typer.Option("--once", help="Look once and end; exit code 1 if a port could not be published.")
    ] = False,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for the domain when somebody is running it.")] = 10,
    json: Json = False,
) -> None:
    """Build and judge what is being edited, at every edit, beside what is served; nothing is published."""
    from mesh_capabilities.review.show_dev import develop

    raise typer.Exit(develop(target, once, wait, json))


@app.command(epilog="Example: mesh doctor --json")
def doctor(json: Json = False) -> None:
    """Look at the machine, the environment, locks, ports and domains, and say what to do; exit code 1 on a problem."""
    from mesh_capabilities.doctor.show import see_doctor

    raise typer.Exit(see_doctor(json))


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


@contract.command(epilog="Example: mesh contract diff sales/orders --base main")
def diff(
    old: Annotated[str, typer.Argument(help="The old contract's file; or a port, with --base.", show_default=False)],
    new: Annotated[str | None, typer.Argument(help="The new contract's file.", show_default=False)] = None,
    base: Annotated[str | None, typer.Option(help="The git revision at which the port's contract is the old one.")] = None,
    json: Json = False,
) -> None:
    """Say what changed in a contract, whom it hurts, and which version it has to have; exit code 1 if it has a lower one."""
    from mesh_capabilities.contract_change.show_diff import diff_contracts

    raise typer.Exit(diff_contracts(old, new, base, json))


@contract.command(epilog="Example: mesh contract gate --base main")
def gate(
    base: Annotated[str, typer.Option(help="The git revision that all contracts are held against.", show_default=False)],
    json: Json = False,
) -> None:
    """Refuse contracts that changed, broke or ended otherwise than their version and their notice period allow."""
    from mesh_capabilities.contract_change.show_gate import run_gate

    raise typer.Exit(run_gate(base, json))


growing.register(app)
register_lineage(app)
register_reproduction(app)
register_openlineage(app)
register_check(app)


def main() -> None:
    """Runs the command line and ends the process; an error becomes its sentence and exit code 1."""
    run_and_end(app)
