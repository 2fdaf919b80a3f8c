"""Exports the events of `mesh lineage export`: written to a file as NDJSON, or posted to a URL one after the other."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import OpenerDirector, ProxyHandler, Request, build_opener

import typer

from mesh_capabilities.errors import EventsNotSent
from mesh_isolation.terminal import console, print_json, verdict, warn
from mesh_isolation.text import counted
from mesh_platform.cli.arguments import known_port
from mesh_platform.errors import FileRefused
from mesh_platform.port.shelf import damages
from mesh_platform.project import load_project


def export_events(to: str | None, url: str | None, ports: list[str], namespace: str, wait: float, as_json: bool) -> None:
    """Writes the events, sends them, or both. The file is complete before the first event is sent."""
    if not (to or url):
        raise typer.BadParameter("name a target with --to FILE or --url URL.", param_hint="--to / --url")
    from mesh_capabilities.openlineage.facets import Naming
    from mesh_capabilities.openlineage.history_events import history_events

    counts: Counter[str] = Counter()
    with console(stderr=True).status("reading the history of all ports"):
        addresses = [known_port(port) for port in ports]
        events = _counting(history_events(load_project(with_broken=True), addresses, Naming(namespace)), counts)
        if to:
            write_events(events, Path(to))
            events = _read(Path(to))
        if url:
            send(events, url, wait)
    for damage in damages(load_project(with_broken=True).home):
        warn(damage)
    count = counts.total()
    if as_json:
        print_json({"events": count, "by_type": dict(counts), "file": to, "url": url})
        return
    targets = [f"written to {to}"] if to else []
    targets += [f"sent to {url}"] if url else []
    verdict(True, f"{counted(count, 'event')} {' and '.join(targets)}")


def _counting(events: Iterable[dict[str, Any]], counts: Counter[str]) -> Iterator[dict[str, Any]]:
    for event in events:
        counts[event["eventType"]] += 1
        yield event


def write_events(events: Iterable[Mapping[str, Any]], to: Path) -> None:
    """Writes one event per line (https://github.com/ndjson/ndjson-spec). The file is replaced as a whole or not at all."""
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


_AGAIN = "Send all events again: each has the same id in every export, so none is counted twice"


def send(events: Iterable[Mapping[str, Any]], url: str, wait: float) -> int:
    """Posts each event as JSON, in order, and returns their number.

    Args:
        events: the events.
        url: the receiver's.
        wait: seconds to wait for each response.

    Raises EventsNotSent at the first event that is not accepted, with how many were accepted before it.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise EventsNotSent(
            f"{url} is not an http or https URL.", "Write it like http://127.0.0.1:5000/api/v1/lineage, or use --to FILE."
        )
    opener, sent = _opener(parts.hostname), 0
    for event in events:
        body = json.dumps(event, default=str).encode("utf-8")
        request = Request(url, body, {"Content-Type": "application/json"}, method="POST")
        try:
            with opener.open(request, timeout=wait) as response:
                response.read()
        except HTTPError as problem:
            detail = " ".join(problem.read(300).decode("utf-8", "replace").split())
            raise EventsNotSent(
                f"{url} answered {problem.code} {problem.reason} to event {sent + 1}"
                f"{f' ({detail})' if detail else ''}; {counted(sent, 'event')} were accepted before it.",
                f"{_AGAIN}. Or write them with --to FILE.",
            ) from None
        except (URLError, OSError, ValueError) as problem:
            reason = getattr(problem, "reason", problem)
            raise EventsNotSent(
                f"{url} cannot be reached: {reason}; {counted(sent, 'event')} were accepted before.",
                f"{_AGAIN}. Or write them with --to FILE.",
            ) from None
        sent += 1
    return sent


def _opener(host: str) -> OpenerDirector:
    """Bypasses the proxy for a receiver on this machine."""
    try:
        local = ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    return build_opener(ProxyHandler({})) if local else build_opener()
