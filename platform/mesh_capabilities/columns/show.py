"""Prints `mesh lineage` as trees of upstream and downstream columns, and `mesh impact` as a table of affected ports."""

from collections.abc import Iterable

from rich.text import Text
from rich.tree import Tree

from mesh_capabilities.columns.impact import DownstreamPort, downstream_ports
from mesh_capabilities.columns.mesh_lineage import MeshLineage, load_mesh_lineage
from mesh_capabilities.columns.spread import Branch, ColumnReach, tree
from mesh_isolation.terminal import add_row, age, console, print_json, styled, table, verdict, warn
from mesh_isolation.text import counted
from mesh_platform.ingestion.source import RAW
from mesh_platform.project import load_project

_AGAIN = {"above": "continues as above", "cycle": "leads back to a port above"}


def show_lineage(start: str, upwards: bool, downwards: bool, as_json: bool) -> None:
    """Prints one tree, or both if neither direction is chosen."""
    project = load_project(with_broken=True)
    project.check_loads(start.partition("/")[0])
    lineage = load_mesh_lineage(project)
    address, column = lineage.start(start)
    both = upwards == downwards
    trees = {
        direction: tree(lineage, address, column, direction == "down")
        for direction, wanted in (("up", upwards), ("down", downwards))
        if wanted or both
    }
    if as_json:
        print_json(
            {
                "start": start,
                **{direction: [_branch_document(branch) for branch in root.below] for direction, root in trees.items()},
                "unfollowed": {str(port): problem.found for port, problem in lineage.columns.problems.items()},
                "cycles": [list(map(str, cycle)) for cycle in lineage.cycles],
            }
        )
        return
    out = console()
    for direction, root in trees.items():
        printed = Tree(
            styled("[bold]{}[/] {}", start, "derives from" if direction == "up" else "is read by"), guide_style="dim"
        )
        _add_branches(printed, root.below)
        out.print(printed if root.below else styled("[bold]{}[/] {}", start, _empty(direction)))
    _warn_of_cycles(lineage)
    for port in {branch.reach.address: None for root in trees.values() for branch in root}:
        derivation = lineage.derivation(port)
        for name, reason in (derivation.unfollowed if derivation else {}).items():
            warn(f"{port}.{name} is not followed and counts as made of everything that its SQL can read. {reason}")
    problems = lineage.columns.problems
    for port, problem in problems.items():
        warn(f"The columns of {port} are not known: {problem}")
    if problems:
        warn(f"The SQL of {len(problems)} of {counted(len(lineage.reads), 'port')} cannot be parsed into columns.")
    verdict(True, "; ".join(_summary(direction, root) for direction, root in trees.items()))


def show_impact(start: str, as_json: bool) -> None:
    """Prints one line for each affected port."""
    project = load_project(with_broken=True)
    project.check_loads(start.partition("/")[0])
    lineage = load_mesh_lineage(project)
    address, column = lineage.start(start)
    affected = downstream_ports(project, lineage, address, column)
    if as_json:
        print_json({"start": start, "affected": [_affected_document(port) for port in affected]})
        return
    listing = table("port", "product", "owner", "reads it", "values of", "rows of", "last ran")
    for port in affected:
        reach = port.reach
        add_row(
            listing,
            port.address,
            port.product,
            f"{port.owner}, {port.channel}",
            "directly" if port.direct else "through others",
            ", ".join(sorted(reach.values)) or (reach.note if reach.whole else ""),
            ", ".join(sorted(reach.rows)),
            age(port.last_ran) if port.last_ran else "never",
        )
    if affected:
        console().print(listing)
    _warn_of_cycles(lineage)
    for port in affected:
        if problem := lineage.problem(port.address):
            warn(f"The columns of {port.address} are not known: {problem}")
        derivation = lineage.derivation(port.address)
        for column in sorted(port.reach.unfollowed):
            reason = derivation.unfollowed.get(column, "") if derivation else ""
            warn(f"{port.address}.{column} is not followed, so that it may be made of {start}. {reason}".rstrip())
    verdict(True, _impact_summary(start, affected))


def _add_branches(to: Tree, branches: Iterable[Branch]) -> None:
    for branch in branches:
        _add_branches(to.add(_label(branch)), branch.below)


def _label(branch: Branch) -> Text:
    reach = branch.reach
    parts = [styled("[green]values[/] {}", _names(reach.values))] if reach.values else []
    parts += [styled("[yellow]rows[/] {}", _names(reach.rows))] if reach.rows else []
    parts += [styled("[red]not followed[/] {}", _names(reach.unfollowed))] if reach.unfollowed else []
    parts += [styled("[dim]{}[/]", reach.note)] if reach.note else []
    parts += [styled("[dim]{}[/]", _AGAIN[branch.again])] if branch.again else []
    return styled("[bold]{}[/]{}{}", reach.address, "  " if parts else "", Text(" · ").join(parts))


def _names(columns: Iterable[str]) -> str:
    return ", ".join(sorted(columns))


def _empty(direction: str) -> str:
    return "derives from no column of another port or source" if direction == "up" else "is read by no port"


def _summary(direction: str, root: Branch) -> str:
    reaches = [branch.reach for branch in root][1:]
    ports = {reach.address for reach in reaches if not _is_source(reach)}
    sources = {reach.address for reach in reaches if _is_source(reach)}
    unknown = {reach.address for reach in reaches if reach.note}
    values = {(reach.address, column) for reach in reaches for column in reach.values}
    rows = {(reach.address, column) for reach in reaches for column in reach.rows} - values
    parts = [counted(len(ports), "port")] + ([counted(len(sources), "source table")] if sources else [])
    text = f"{direction}: {' and '.join(parts)}"
    text += f", {counted(len(values), 'column')} by value, {len(rows)} by rows" if values or rows else ""
    return text + (f", {len(unknown)} without known columns" if unknown else "")


def _impact_summary(start: str, affected: list[DownstreamPort]) -> str:
    if not affected:
        return f"no port of this mesh is downstream of {start}"
    products = {(port.address.domain, port.product) for port in affected}
    owners = sorted({port.owner for port in affected})
    columns = sum(len(port.reach.columns) for port in affected)
    return (
        f"a change of {start} affects {counted(columns, 'column')} in {counted(len(affected), 'port')} of "
        f"{counted(len(products), 'product')}: contact {', '.join(owners)}"
    )


def _is_source(reach: ColumnReach) -> bool:
    return reach.address.port.startswith(f"{RAW}_")


def _warn_of_cycles(lineage: MeshLineage) -> None:
    for cycle in lineage.cycles:
        warn(f"These ports read each other in a cycle: {' → '.join(map(str, cycle))}. Remove one of these inputs.")


def _branch_document(branch: Branch) -> dict:
    reach = branch.reach
    return {
        "port": str(reach.address),
        "source": _is_source(reach),
        "values": sorted(reach.values),
        "rows": sorted(reach.rows),
        "not_followed": sorted(reach.unfollowed),
        "columns_known": not reach.whole,
        "note": reach.note,
        "again": branch.again,
        "below": [_branch_document(child) for child in branch.below],
    }


def _affected_document(affected: DownstreamPort) -> dict:
    served = affected.served
    return {
        "port": str(affected.address),
        "product": f"{affected.address.domain}/{affected.product}",
        "owner": affected.owner,
        "channel": affected.channel,
        "direct": affected.direct,
        "values": sorted(affected.reach.values),
        "rows": sorted(affected.reach.rows),
        "not_followed": sorted(affected.reach.unfollowed),
        "columns_known": not affected.reach.whole,
        "note": affected.reach.note,
        "last_ran": served.committed if served else None,
        "version": served.number if served else None,
        "run": served.provenance.run if served else None,
    }
