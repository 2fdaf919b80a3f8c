"""`mesh lineage`: trees of what a port or a column is made of, and of what is made of it."""

from collections.abc import Iterable

from rich.markup import escape
from rich.tree import Tree

from mesh_capabilities.columns.mesh_lineage import MeshLineage, load_mesh_lineage
from mesh_capabilities.columns.spread import Branch, Reach, tree
from mesh_platform.cli.output import clean, console, print_json, verdict, warn
from mesh_platform.ingestion.source import RAW
from mesh_platform.project import load_project

_AGAIN = {"above": "continues as above", "cycle": "leads back to where it came from"}


def show_lineage(start: str, upwards: bool, downwards: bool, as_json: bool) -> None:
    """Prints one tree, or both when neither direction is asked for."""
    lineage = load_mesh_lineage(load_project())
    address, column = lineage.start(start)
    both = upwards == downwards
    trees = {
        name: tree(lineage, address, column, name == "down")
        for name, wanted in (("up", upwards), ("down", downwards))
        if wanted or both
    }
    if as_json:
        print_json(
            {
                "start": start,
                **{name: [_document(branch) for branch in grown.below] for name, grown in trees.items()},
                "unfollowed": {str(port): problem.found for port, problem in lineage.columns.problems.items()},
                "cycles": [list(map(str, cycle)) for cycle in lineage.cycles],
            }
        )
        return
    out = console()
    for name, grown in trees.items():
        shown = Tree(f"[bold]{escape(start)}[/] {'is made of' if name == 'up' else 'is read by'}", guide_style="dim")
        _grow(shown, grown.below)
        out.print(shown if grown.below else f"[bold]{escape(start)}[/] {_nothing(name)}")
    _warn(lineage)
    verdict(True, "; ".join(_sentence(name, grown) for name, grown in trees.items()))


def _grow(to: Tree, branches: Iterable[Branch]) -> None:
    for branch in branches:
        _grow(to.add(_label(branch)), branch.below)


def _label(branch: Branch) -> str:
    reach = branch.reach
    parts = [f"[green]values[/] {_names(reach.values)}"] if reach.values else []
    parts += [f"[yellow]rows[/] {_names(reach.rows)}"] if reach.rows else []
    parts += [f"[dim]{clean(reach.note)}[/]"] if reach.note else []
    parts += [f"[dim]{_AGAIN[branch.again]}[/]"] if branch.again else []
    return f"[bold]{clean(reach.address)}[/]" + (f"  {' · '.join(parts)}" if parts else "")


def _names(columns: Iterable[str]) -> str:
    return clean(", ".join(sorted(columns)))


def _nothing(name: str) -> str:
    return "is made of no column of another port or source" if name == "up" else "is read by no port"


def _sentence(name: str, grown: Branch) -> str:
    reaches = [branch.reach for branch in grown][1:]
    ports = {reach.address for reach in reaches if not _is_source(reach)}
    sources = {reach.address for reach in reaches if _is_source(reach)}
    unknown = {reach.address for reach in reaches if reach.note}
    values = {(reach.address, column) for reach in reaches for column in reach.values}
    rows = {(reach.address, column) for reach in reaches for column in reach.rows} - values
    parts = [_count(len(ports), "port")] + ([_count(len(sources), "source table")] if sources else [])
    said = f"{'up' if name == 'up' else 'down'}: {' and '.join(parts)}"
    said += f", {_count(len(values), 'column')} by value, {len(rows)} by rows" if values or rows else ""
    return said + (f", {len(unknown)} without its columns" if unknown else "")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _is_source(reach: Reach) -> bool:
    return reach.address.port.startswith(f"{RAW}_")


def _warn(lineage: MeshLineage) -> None:
    for cycle in lineage.cycles:
        warn(
            f"These ports are made of each other in a circle: {' → '.join(map(str, cycle))}. One has to stop reading the next."
        )
    problems = lineage.columns.problems
    for port, problem in problems.items():
        warn(f"{port} is known without its columns: {problem}")
    if problems:
        warn(f"{_count(len(problems), 'port')} of {len(lineage.made_of)} cannot be followed to columns.")


def _document(branch: Branch) -> dict:
    reach = branch.reach
    return {
        "port": str(reach.address),
        "source": _is_source(reach),
        "values": sorted(reach.values),
        "rows": sorted(reach.rows),
        "columns_known": not reach.whole,
        "note": reach.note,
        "again": branch.again,
        "below": [_document(one) for one in branch.below],
    }
