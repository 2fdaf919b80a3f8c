"""How `mesh dev` tells what an edit did: rows, columns, the contract's verdict, and the difference from what is served."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from mesh_capabilities.review.difference import Difference
from mesh_capabilities.review.trial import Round, Tried
from mesh_platform.cli.output import clean, console, verdict


def print_round(tried: Round) -> None:
    """Every port, and one verdict."""
    out = console()
    for port in tried.ports:
        _print_port(port, out)
    fine = sum(not port.error for port in tried.ports)
    verdict(tried.good, f"{fine} of {len(tried.ports)} ports could be published as they are now, after {tried.seconds:.1f} s")


def _print_port(tried: Tried, out: Console) -> None:
    out.print(f"[bold]{tried.address}[/]  {clean(difference_rows(tried.difference))}", soft_wrap=True)
    for line in difference_lines(tried.difference):
        out.print(f"  {clean(line)}", soft_wrap=True)
    if tried.audit is None:
        out.print(f"  [red]✘[/] {clean(tried.error)}", soft_wrap=True)
        return
    failed = [verdict for verdict in tried.audit.verdicts if not verdict.passed]
    for one in failed:
        out.print(f"  {'[red]✘[/]' if one.rule.blocks else '[yellow]![/]'} {clean(one)}", soft_wrap=True)
    if tried.aside:
        out.print(f"  [yellow]![/] {tried.aside:,} rows would be set aside", soft_wrap=True)
    if tried.error and not tried.audit.broken:
        out.print(f"  [red]✘[/] {clean(tried.error)}", soft_wrap=True)
    count = len(tried.audit.verdicts)
    sign = "[green]✔[/]" if not tried.error else "[dim]·[/]"
    out.print(f"  {sign} {count - len(failed)} of {count} rules kept")


def difference_rows(found: Difference | None) -> str:
    """A difference in one line."""
    if found is None:
        return "not built"
    if found.version is None:
        return f"{found.after:,} rows; nothing is served yet"
    if found.none:
        return f"{found.after:,} rows, the same as in version {found.version}"
    parts = [f"{found.added:,} added", f"{found.removed:,} removed"]
    parts += [f"{found.changed:,} changed"] if found.changed is not None else []
    return f"{found.after:,} rows; beside version {found.version}: {', '.join(parts)}"


def difference_lines(found: Difference | None) -> list[str]:
    """Its columns and some of its rows, a line each; none of a port that is new, or was not built."""
    if found is None or found.version is None:
        return []
    lines = [f"+ column {name}" for name in found.new_columns]
    lines += [f"- column {name}" for name in found.lost_columns]
    lines += [f"~ column {name}: {before} → {after}" for name, (before, after) in found.retyped.items()]
    if found.by_column:
        lines.append("differs: " + ", ".join(f"{name} in {count:,}" for name, count in found.by_column.items()))
    lines += [f"~ {_changed(row)}" for row in found.changed_rows]
    lines += [f"+ {_row(row)}" for row in found.added_rows]
    lines += [f"- {_row(row)}" for row in found.removed_rows]
    return lines


def _changed(row: Mapping[str, Any]) -> str:
    key = _row({name: value for name, value in row.items() if not isinstance(value, tuple)})
    changes = [f"{name} {_cell(pair[0])} → {_cell(pair[1])}" for name, pair in row.items() if isinstance(pair, tuple)]
    return f"{key}: {', '.join(changes)}"


def _row(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {_cell(value)}" for name, value in row.items())


def _cell(value: Any) -> str:
    return "null" if value is None else str(value)


def round_document(tried: Round) -> dict[str, Any]:
    """The same for machines."""
    return {"good": tried.good, "seconds": round(tried.seconds, 3), "ports": [_document(port) for port in tried.ports]}


def _document(tried: Tried) -> dict[str, Any]:
    audit, found = tried.audit, tried.difference
    return {
        "port": str(tried.address),
        "good": tried.error is None,
        "error": str(tried.error) if tried.error else None,
        "rows": found.after if found else None,
        "set_aside": tried.aside,
        "rules": [
            {
                "check": verdict.rule.check,
                "sentence": verdict.rule.sentence,
                "passed": verdict.passed,
                "blocks": verdict.rule.blocks,
                "found": verdict.found,
            }
            for verdict in (audit.verdicts if audit else ())
        ],
        "difference": vars(found) | {"same": found.none} if found else None,
    }
