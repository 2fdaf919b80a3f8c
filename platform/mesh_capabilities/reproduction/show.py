"""Prints `mesh trace` as a tree of versions and source files, and `mesh reproduce` as a row comparison."""

import contextlib
import sys
from collections.abc import Sequence

from rich.text import Text
from rich.tree import Tree

from mesh_capabilities.errors import NotReproducible
from mesh_capabilities.reproduction.compare_rows import Example, RowComparison
from mesh_capabilities.reproduction.doubts import Doubt
from mesh_capabilities.reproduction.source_files import SourceFile
from mesh_capabilities.reproduction.trace import Traced, parse_version, trace_version
from mesh_isolation.terminal import add_row, age, console, print_json, styled, table, verdict, warn
from mesh_isolation.text import counted
from mesh_platform.events import Step, listening
from mesh_platform.project import load_project

_STATES = {"same": "unchanged", "changed": "changed since", "gone": "gone", "unknown": "location not known"}
_COLOURS = {"same": "green", "unknown": "yellow"}


def show_trace(text: str, as_json: bool) -> None:
    """Prints the tree of versions and files, with the reasons against a rebuild."""
    traced = trace_version(load_project(with_broken=True), *parse_version(text))
    if as_json:
        outcomes = {"rebuild": _outcome(traced.reasons), "rebuild_from_sources": _outcome_from_sources(traced)}
        print_json({**_traced_document(traced, set()), **outcomes})
        return
    tree = Tree(_label(traced), guide_style="dim")
    _add_branches(tree, traced, set())
    console().print(tree)
    # The trace succeeded, whatever it says about a rebuild: a cross would go with exit code 1.
    if traced.reasons:
        console().print("[yellow]![/] {}", _trace_summary(traced), soft_wrap=True)
    else:
        verdict(True, _trace_summary(traced))


def reproduce_version(text: str, examples: int, as_json: bool) -> int:
    """Rebuilds a version and prints the comparison. Returns 0 if it is equal, 1 if it differs or cannot be rebuilt."""
    project = load_project(with_broken=True)
    status = console(stderr=True).status(styled("tracing {}", text))
    # dbt prints errors on standard output, which must stay one document.
    with contextlib.redirect_stdout(sys.stderr), status:
        traced = trace_version(project, *parse_version(text))

        def show(event: object) -> None:
            if isinstance(event, Step):
                status.update(styled("{}: {}", event.domain, event.text))

        try:
            from mesh_capabilities.reproduction.rebuild import rebuild_version

            with listening(show):
                reproduction = rebuild_version(project, traced, examples)
        except NotReproducible as problem:
            if not as_json:
                raise
            reason, reproduction = str(problem), None
    if reproduction is None:
        print_json({"version": str(traced), "outcome": "impossible", "reason": reason})
        return 1
    comparison = reproduction.comparison
    if as_json:
        outcome = "equal" if comparison.equal else "differs"
        document = {"version": str(traced), "outcome": outcome, "remarks": reproduction.remarks}
        print_json({**document, **_comparison_document(comparison)})
        return int(not comparison.equal)
    for remark in reproduction.remarks:
        warn(f"{remark[0].upper()}{remark[1:]}.")
    if comparison.examples:
        console().print(_listing(comparison))
    rebuilt = str(traced) if traced.version.provenance.days is None else f"the days that {traced} replaced"
    if comparison.equal:
        verdict(True, f"a rebuild of {rebuilt} gives the same {counted(comparison.rows_now, 'row')}")
    else:
        verdict(False, f"a rebuild of {rebuilt} differs: {_comparison_summary(comparison)}")
    return int(not comparison.equal)


def _add_branches(tree: Tree, traced: Traced, seen: set[int]) -> None:
    seen.add(id(traced))
    for doubt in traced.reasons:
        tree.add(styled("[red]! {}[/]" if doubt.forbids else "[yellow]! {}[/]", doubt.sentence))
    for source in traced.sources:
        tree.add(_source_label(source))
    for traced_input in traced.inputs:
        if id(traced_input) in seen:
            tree.add(styled("[bold]{}[/]  [dim]as above[/]", traced_input))
        else:
            _add_branches(tree.add(_label(traced_input)), traced_input, seen)


def _label(traced: Traced) -> Text:
    version = traced.version
    if version is None:
        return styled("[bold]{}[/]  [red]this commit no longer exists[/]", traced)
    provenance = version.provenance
    parts = [age(version.committed), f"{counted(version.rows, 'row')}", f"contract {provenance.contract_version}"]
    parts += [f"rollback to version {provenance.rolled_back_to}"] if provenance.rolled_back_to is not None else []
    parts += [] if traced.readable else ["can no longer be read"]
    return styled("[bold]{}[/]  {}", traced, ", ".join(parts))


def _source_label(source: SourceFile) -> Text:
    file = source.path.name if source.path else "a file"
    state = Text(_STATES[source.state], _COLOURS.get(source.state, "red"))
    return styled("{}  {}, sha256 {}…, {}", source.table, file, source.sha256[:12], state)


def _outcome(reasons: Sequence[Doubt]) -> str:
    """`same`, `may_differ` or `impossible`."""
    return "same" if not reasons else "impossible" if any(reason.forbids for reason in reasons) else "may_differ"


def _outcome_from_sources(traced: Traced) -> str:
    """The worst outcome of the version and of all versions upstream of it."""
    outcomes = {_outcome(upstream.doubts) if upstream.version else "impossible" for upstream in traced.walk()}
    return next(outcome for outcome in ("impossible", "may_differ", "same") if outcome in outcomes)


def _trace_summary(traced: Traced) -> str:
    summary = {
        "same": f"a rebuild of {traced} from its inputs gives the same data",
        "may_differ": f"a rebuild of {traced} may give different data",
        "impossible": f"{traced} cannot be rebuilt",
    }[_outcome(traced.reasons)]
    reasons = "; ".join(doubt.sentence for doubt in traced.reasons)
    if reasons:
        return f"{summary}: {reasons}"
    from_sources = {
        "same": "so does a rebuild of everything from the source files",
        "may_differ": "a rebuild of everything from the source files may not",
        "impossible": "not everything upstream can be rebuilt from the source files",
    }[_outcome_from_sources(traced)]
    return f"{summary}; {from_sources}"


def _comparison_summary(comparison: RowComparison) -> str:
    by_column = sorted(comparison.columns.items(), key=lambda entry: -entry[1])
    columns = ", ".join(f"{name} ({count:,})" for name, count in by_column)
    parts = [f"{counted(comparison.changed, 'row')} changed, in {columns}"] if comparison.changed else []
    parts += [f"{counted(comparison.lost, 'row')} lost"] if comparison.lost else []
    parts += [f"{counted(comparison.gained, 'row')} gained"] if comparison.gained else []
    rows = f"{counted(comparison.rows_then, 'row')} then, {comparison.rows_now:,} now"
    return "; ".join([*parts, *comparison.shape, rows])


def _listing(comparison: RowComparison) -> object:
    listing = table("row", "key", "then", "now")
    for example in comparison.examples:
        key = ", ".join(f"{name} {value}" for name, value in example.key.items())
        add_row(listing, example.kind, key, *_sides(example))
    return listing


def _sides(example: Example) -> tuple[str, str]:
    return tuple(", ".join(f"{name} {pair[side]}" for name, pair in example.cells.items()) for side in (0, 1))


def _traced_document(traced: Traced, seen: set[int]) -> dict:
    if id(traced) in seen:
        return {"port": str(traced.address), "version": traced.number, "again": True}
    seen.add(id(traced))
    version = traced.version
    provenance = version.provenance if version else None
    return {
        "port": str(traced.address),
        "version": traced.number,
        "committed": version.committed if version else None,
        "rows": version.rows if version else None,
        "readable": traced.readable,
        "contract": f"{provenance.contract} {provenance.contract_version}" if provenance else None,
        "contract_digest": provenance.contract_digest if provenance else None,
        "code_digest": provenance.code_digest if provenance else None,
        "engine": provenance.engine if provenance else None,
        "run": provenance.run if provenance else None,
        "rolled_back_to": provenance.rolled_back_to if provenance else None,
        "days": provenance.days if provenance else None,
        "days_read": provenance.days_read if provenance else {},
        "doubts": [{"sentence": doubt.sentence, "forbids": doubt.forbids} for doubt in traced.reasons],
        "sources": [
            {
                "table": str(file.table),
                "sha256": file.sha256,
                "file": str(file.path) if file.path else None,
                "state": file.state,
            }
            for file in traced.sources
        ],
        "inputs": [_traced_document(traced_input, seen) for traced_input in traced.inputs],
    }


def _comparison_document(comparison: RowComparison) -> dict:
    return {
        "rows_then": comparison.rows_then,
        "rows_now": comparison.rows_now,
        "lost": comparison.lost,
        "gained": comparison.gained,
        "changed": comparison.changed,
        "changed_by_column": comparison.columns,
        "columns": comparison.shape,
        "examples": [
            {
                "row": example.kind,
                "key": example.key,
                "cells": {name: {"then": then, "now": now} for name, (then, now) in example.cells.items()},
            }
            for example in comparison.examples
        ],
    }
