"""`mesh reproduce`: a version built again, compared with itself."""

import contextlib
import sys

from rich.markup import escape

from mesh_capabilities.reproduction.compare_rows import Comparison, Example
from mesh_capabilities.reproduction.trace import parse_version, trace
from mesh_platform.cli.output import add_row, console, print_json, table, verdict, warn
from mesh_platform.errors import NotReproducible
from mesh_platform.events import Step, listening
from mesh_platform.project import load_project


def reproduce_version(text: str, examples: int, as_json: bool) -> int:
    """Builds, compares, prints. Returns 0 when it is the same, else 1."""
    project = load_project()
    status = console(stderr=True).status(f"tracing {text}")
    # dbt speaks on standard output when something is wrong; the document stays one document.
    with contextlib.redirect_stdout(sys.stderr), status:
        traced = trace(project, *parse_version(text))

        def show(event: object) -> None:
            if isinstance(event, Step):
                status.update(escape(f"{event.domain}: {event.text}"))

        try:
            from mesh_capabilities.reproduction.reproduce import reproduce

            with listening(show):
                done = reproduce(project, traced, examples)
        except NotReproducible as problem:
            if not as_json:
                raise
            reason, done = str(problem), None
    if done is None:
        print_json({"version": str(traced), "outcome": "impossible", "reason": reason})
        return 1
    found = done.comparison
    if as_json:
        print_json(
            {
                "version": str(traced),
                "outcome": "equal" if found.equal else "differs",
                "remarks": done.remarks,
                **_document(found),
            }
        )
        return int(not found.equal)
    for remark in done.remarks:
        warn(f"{remark[0].upper()}{remark[1:]}.")
    if found.examples:
        console().print(_listing(found))
    days = traced.version.provenance.days
    what = str(traced) if days is None else f"what {traced} replaced"
    if found.equal:
        verdict(True, f"a rebuild of {what} gives the same {found.rows_now:,} rows")
    else:
        verdict(False, f"a rebuild of {what} differs: {_sentence(found)}")
    return int(not found.equal)


def _sentence(found: Comparison) -> str:
    parts = [f"{found.changed:,} rows changed, in {_by_column(found)}"] if found.changed else []
    parts += [f"{found.lost:,} rows lost"] if found.lost else []
    parts += [f"{found.gained:,} rows gained"] if found.gained else []
    return "; ".join([*parts, *found.shape]) + f"; {found.rows_then:,} rows then, {found.rows_now:,} now"


def _by_column(found: Comparison) -> str:
    return ", ".join(f"{name} ({count:,})" for name, count in sorted(found.columns.items(), key=lambda one: -one[1]))


def _listing(found: Comparison) -> object:
    listing = table("row", "key", "then", "now")
    for example in found.examples:
        key = ", ".join(f"{name} {value}" for name, value in example.key.items())
        add_row(listing, example.kind, key, *_sides(example))
    return listing


def _sides(example: Example) -> tuple[str, str]:
    return tuple(", ".join(f"{name} {pair[side]}" for name, pair in example.cells.items()) for side in (0, 1))


def _document(found: Comparison) -> dict:
    return {
        "rows_then": found.rows_then,
        "rows_now": found.rows_now,
        "lost": found.lost,
        "gained": found.gained,
        "changed": found.changed,
        "changed_by_column": found.columns,
        "columns": found.shape,
        "examples": [
            {
                "row": example.kind,
                "key": example.key,
                "cells": {name: {"then": then, "now": now} for name, (then, now) in example.cells.items()},
            }
            for example in found.examples
        ],
    }
