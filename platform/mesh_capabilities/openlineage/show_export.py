"""`mesh lineage export`: OpenLineage events of all versions, written as NDJSON or sent over HTTP."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import typer

from mesh_platform.cli.output import console, print_json, verdict
from mesh_platform.errors import FileRefused
from mesh_platform.names import PortAddress
from mesh_platform.project import load_project


def export_events(to: str | None, url: str | None, ports: list[str], namespace: str, wait: float, as_json: bool) -> None:
    """Writes, sends, or both; what is written is whole before anything is sent."""
    if not (to or url):
        raise typer.BadParameter("say where to, with --to FILE or with --url.", param_hint="--to / --url")
    from mesh_capabilities.openlineage.datasets import Naming
    from mesh_capabilities.openlineage.history import history
    from mesh_capabilities.openlineage.sending import send

    counted: Counter[str] = Counter()
    with console(stderr=True).status("reading the history of all ports"):
        found = _counting(history(load_project(), [PortAddress.parse(port) for port in ports], Naming(namespace)), counted)
        if to:
            _write(found, Path(to))
            found = _read(Path(to))
        if url:
            send(found, url, wait)
    count = counted.total()
    if as_json:
        print_json({"events": count, "by_type": dict(counted), "file": to, "url": url})
        return
    places = [f"written to {to}"] if to else []
    places += [f"sent to {url}"] if url else []
    verdict(True, f"{count:,} events {' and '.join(places)}")


def _counting(events: Iterable[dict[str, Any]], counted: Counter[str]) -> Iterator[dict[str, Any]]:
    for event in events:
        counted[event["eventType"]] += 1
        yield event


def _write(events: Iterable[dict[str, Any]], to: Path) -> None:
    """One event a line (https://github.com/ndjson/ndjson-spec); the file is whole or as it was."""
    beside = to.with_name(f".{to.name}.new")
    try:
        with beside.open("w", encoding="utf-8") as file:
            for event in events:
                file.write(json.dumps(event, ensure_ascii=False, default=str) + "\n")
        beside.replace(to)
    except OSError as problem:
        raise FileRefused(f"{to} cannot be written: {problem.strerror}.", "Name another file with --to.") from problem
    finally:
        beside.unlink(missing_ok=True)


def _read(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)
