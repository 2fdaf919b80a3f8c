"""The servers of capabilities: where they listen, and which requests they answer."""

import json
import os
import re
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Mapping
from typing import Any

HOST = "127.0.0.1"
"""Where servers of the mesh listen: no other machine reaches them."""


def is_own_request(headers: Mapping[str, str]) -> bool:
    """Whether a request was made to this machine by its name, and by no page of another server.

    A page may be linked from elsewhere; nothing else of the server is answered to a foreign page: an image, a script, a frame
    and a form are requests as well. A browser names who asks in `Origin` and `Sec-Fetch-Site`; older ones know only the
    first, and send it with every request but GET (https://www.w3.org/TR/fetch-metadata).

    Args:
        headers: the request's headers by name in small letters. A foreign name in `host` that leads to this machine is DNS
            rebinding.
    """
    host, origin, site = (headers.get(name, "") for name in ("host", "origin", "sec-fetch-site"))
    follows_link = (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")) == ("navigate", "document")
    here = bool(re.fullmatch(r"(127\.0\.0\.1|localhost)(:[0-9]+)?", host)) and origin in ("", f"http://{host}")
    return here and (site in ("", "none", "same-origin") or follows_link)


def own_pages_only(app: Any) -> Any:
    """The ASGI application `app`, which refuses every request that is not `is_own_request`, and GraphQL in an address.

    A GraphQL server executes a mutation that a link contains, and a link is followed from any page.
    """

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope.get("headers", ())}
        linked = scope.get("path", "").rstrip("/").endswith("/graphql") and scope.get("query_string")
        if scope["type"] == "lifespan" or (is_own_request(headers) and not (linked and scope.get("method") != "POST")):
            await app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]})
            await send({"type": "http.response.body", "body": b"This server answers its own pages only."})

    return answer


def query_graphql(port: int, query: str, variables: Mapping[str, str] | None = None, timeout: float = 5) -> dict[str, Any]:
    """The data of a GraphQL server's answer; empty if it does not respond within `timeout` seconds."""
    body = json.dumps({"query": query, "variables": dict(variables or {})}).encode()
    request = urllib.request.Request(f"http://{HOST}:{port}/graphql", body, {"Content-Type": "application/json"})
    # No proxy: the server is on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=timeout) as response:
            return json.load(response)["data"]
    except OSError:
        return {}


def is_free(port: int) -> bool:
    """Whether a server can listen on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def stop(server: subprocess.Popen) -> None:
    """Stops the process group of a server that was started with a session of its own."""
    if server.poll() is None:
        os.killpg(server.pid, signal.SIGINT)
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
