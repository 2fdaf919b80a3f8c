"""`mesh sources generate`: the sample company's files, with what is known to be in them."""

from pathlib import Path

from mesh_platform.cli.output import add_row, console, print_json, table, verdict
from mesh_platform.project import load_project


def generate_sources(orders: int, seed: int, to: str | None, as_json: bool) -> None:
    """Writes the files and prints the known amounts of rows and dirt."""
    from mesh_platform.samples import generate

    folder = Path(to).expanduser().resolve() if to else load_project().home.sources
    said = console(stderr=as_json)
    status = said.status("generating") if said.is_terminal else None
    if status:
        status.start()
    try:
        known = generate(folder, orders, seed, lambda file, rows: status and status.update(f"{file}: {rows:,} rows"))
    finally:
        if status:
            status.stop()
    if as_json:
        print_json({"folder": folder, "orders": orders, "seed": seed, **known})
        return
    listing = table("known amount", "value", numbers=("value",))
    for name, value in _flat(known):
        add_row(listing, name, f"{value:,}" if isinstance(value, int) else value)
    said.print(listing)
    verdict(True, f"{orders:,} orders written to {folder} (seed {seed})")


def _flat(known: dict, prefix: str = "") -> list[tuple[str, object]]:
    pairs = []
    for name, value in known.items():
        pairs += _flat(value, f"{prefix}{name}: ") if isinstance(value, dict) else [(f"{prefix}{name}", value)]
    return pairs
