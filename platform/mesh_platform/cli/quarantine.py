"""`mesh quarantine`: list, show and remove the rows that broke a contract."""

from typing import Any

from mesh_isolation.disclosure import shown
from mesh_isolation.engine import read_rows
from mesh_isolation.terminal import add_row, age, console, print_json, rows_table, table, verdict, warn
from mesh_isolation.text import counted
from mesh_platform.cli.arguments import known_port
from mesh_platform.names import literal
from mesh_platform.project import load_project
from mesh_platform.quarantine import Entry, drop_entry, entries, find_entry


def list_entries(port: str | None, as_json: bool) -> int:
    """Prints every entry, newest first, and the number of entries. Returns: 1 when one is damaged, else 0."""
    damages: list[str] = []
    kept = entries(load_project(with_broken=True).home, known_port(port) if port else None, damages)
    for damage in damages:
        warn(damage)
    if as_json:
        print_json([entry.document() for entry in kept])
        return 1 if damages else 0
    listing = table("entry", "port", "kept", "rows", "of", "rules", "the rest", numbers=("rows", "of"))
    for entry in kept:
        rules, rest = ", ".join(rule.check for rule in entry.rules), "published" if entry.published else "refused"
        add_row(listing, entry.id, entry.port, age(entry.at), f"{entry.rows:,}", f"{entry.candidate_rows:,}", rules, rest)
    if kept:
        console().print(listing)
    number = counted(len(kept), "entry", "entries") if kept else "no entries"
    unread = f"; {counted(len(damages), 'entry', 'entries')} cannot be read" if damages else ""
    verdict(not damages, f"{number} in the quarantine{f' of {port}' if port else ''}{unread}")
    return 1 if damages else 0


def show_entry(entry_id: str, rows: int, reveal: bool, as_json: bool) -> None:
    """Prints an entry with up to `rows` rows of each rule; as JSON, with all rows. Only `reveal` prints personal values."""
    home = load_project(with_broken=True).home
    entry = find_entry(home, entry_id)

    def seen(row: dict[str, Any]) -> dict[str, Any]:
        return row if reveal else shown(row, entry.visible, home.hashed)

    if as_json:
        kept = [{"rule": rule, "reason": reason, "row": seen(row)} for rule, reason, row in _rows(entry)]
        print_json(entry.document() | {"kept": kept})
        return
    out = console()
    rest = "the rest was published" if entry.published else "nothing of the candidate was published"
    candidate = f"kept {age(entry.at)} from a candidate of {counted(entry.candidate_rows, 'row')}"
    out.print("[bold]{}[/]  {}; {}.", entry.port, candidate, rest)
    inputs = [f"{name} version {number}" for name, number in entry.inputs.items()]
    inputs += [f"{name} (SHA-256 {digest[:12]}…)" for name, digest in entry.source.items()]
    contract = f"{entry.contract} {entry.contract_version}"
    out.print("Contract {}, run {}, built from {}.", contract, entry.run, ", ".join(inputs) or "unknown inputs")
    for rule in entry.rules:
        out.print()
        out.print("{}: {} ({})", rule.check, rule.sentence, counted(rule.rows, "row"))
        sample = [seen(row) for _, _, row in _rows(entry, rule.sentence, rows)]
        if sample:
            out.print(rows_table(sample[0], [row.values() for row in sample]))
    hint = "" if reveal else "; --reveal shows personal values, which are hidden here"
    verdict(True, f"{counted(entry.rows, 'row')} kept in {entry.rows_file}{hint}")


def drop_entries(entry_ids: list[str], as_json: bool) -> None:
    """Removes the entries; removes none if one of them does not exist."""
    home = load_project(with_broken=True).home
    dropped = [find_entry(home, entry_id) for entry_id in dict.fromkeys(entry_ids)]
    for entry in dropped:
        drop_entry(entry)
    if as_json:
        print_json({"dropped": [entry.id for entry in dropped], "rows": sum(entry.rows for entry in dropped)})
        return
    rows = counted(sum(entry.rows for entry in dropped), "row")
    verdict(True, f"removed {counted(len(dropped), 'entry', 'entries')} with {rows} from the quarantine")


def _rows(entry: Entry, reason: str | None = None, limit: int | None = None) -> list[tuple[str, str, dict[str, Any]]]:
    chosen = (f" WHERE reason = {literal(reason)}" if reason else "") + (f" LIMIT {limit}" if limit is not None else "")
    way_out = f"Restore it from a backup, or remove the entry: `mesh quarantine drop {entry.id}`."
    return read_rows(entry.rows_file, {"rule": str, "reason": str, "row": dict}, chosen, way_out)
