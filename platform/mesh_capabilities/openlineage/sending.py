"""Sending events to whoever listens for OpenLineage over HTTP, one after the other, each acknowledged."""

import json
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import OpenerDirector, ProxyHandler, Request, build_opener

from mesh_platform.errors import EventsNotSent

_AGAIN = "Nothing is lost: each event has the same id whenever it is sent, so send all of them again"


def send(events: Iterable[Mapping[str, Any]], url: str, wait: float) -> int:
    """Posts each event as JSON and gives their number; in order, so that what has arrived has no gap.

    Args:
        events: what to send.
        url: of the receiver.
        wait: seconds for one answer.

    Raises EventsNotSent at the first that is not acknowledged, with how many were.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise EventsNotSent(f"{url} is no address to send to.", "Write http://127.0.0.1:5000/api/v1/lineage, or --to FILE.")
    opener, sent = _opener(parts.hostname), 0
    for event in events:
        body = json.dumps(event, default=str).encode("utf-8")
        request = Request(url, body, {"Content-Type": "application/json"}, method="POST")
        try:
            with opener.open(request, timeout=wait) as answer:
                answer.read()
        except HTTPError as problem:
            said = " ".join(problem.read(300).decode("utf-8", "replace").split())
            raise EventsNotSent(
                f"{url} answered {problem.code} {problem.reason} to event {sent + 1}"
                f"{f' ({said})' if said else ''}; {sent} before it were accepted.",
                f"{_AGAIN} when the receiver is well, or write them with --to FILE.",
            ) from None
        except (URLError, OSError, ValueError) as problem:
            reason = getattr(problem, "reason", problem)
            raise EventsNotSent(
                f"{url} cannot be reached: {reason}; {sent} events were accepted before.",
                f"{_AGAIN} when the receiver is there, or write them with --to FILE.",
            ) from None
        sent += 1
    return sent


def _opener(host: str) -> OpenerDirector:
    """A proxy is for other machines: what runs on this one is asked directly."""
    try:
        here = ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    return build_opener(ProxyHandler({})) if here else build_opener()
