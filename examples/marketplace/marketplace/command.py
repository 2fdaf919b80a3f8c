"""`marketplace`: write the sample company's source files, and show the known amounts in them."""

from pathlib import Path
from typing import Annotated

import typer

from mesh_platform.cli.entry import run_and_end

app = typer.Typer(
    name="marketplace",
    help="Write the source files of the sample company, an online marketplace.",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command(epilog="Example: marketplace --orders 100000 --seed 7")
def generate(
    orders: Annotated[int, typer.Option(min=1, help="Number of orders.")] = 10_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes; another seed gives another company.")] = 42,
    to: Annotated[str | None, typer.Option(help="Folder to write to. Default: the mesh's source folder.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output and nothing else.")] = False,
) -> None:
    """Write the sample company's source files, with known amounts of dirt."""
    import marketplace
    from mesh_isolation.terminal import add_row, console, print_json, table, verdict
    from mesh_platform.project import load_project

    folder = Path(to).expanduser().resolve() if to else load_project().home.sources
    terminal = console(stderr=json)
    status = terminal.status("generating") if terminal.is_terminal else None

    def report(file: str, rows: int) -> None:
        if status:
            status.update(f"{file}: {rows:,} rows")

    if status:
        status.start()
    try:
        known = marketplace.generate(folder, orders, seed, report)
    finally:
        if status:
            status.stop()
    if json:
        print_json({"folder": folder, "orders": orders, "seed": seed, **known})
        return
    listing = table("known amount", "value", numbers=("value",))
    for name, value in _flat(known):
        add_row(listing, name, f"{value:,}" if isinstance(value, int) else value)
    terminal.print(listing)
    verdict(True, f"{orders:,} orders written to {folder} (seed {seed})")


def _flat(known: dict, prefix: str = "") -> list[tuple[str, object]]:
    pairs = []
    for name, value in known.items():
        pairs += _flat(value, f"{prefix}{name}: ") if isinstance(value, dict) else [(f"{prefix}{name}", value)]
    return pairs


def main() -> None:
    """Runs the command and ends the process; an error is printed as its message, with exit code 1."""
    run_and_end(lambda: app)
