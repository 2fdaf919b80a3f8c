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


def is_own_request(host: str, origin: str) -> bool:
    """Whether a request was made to this machine by its name, and by no page of another server.

    Args:
        host: the header `Host`. A foreign name that leads to this machine is DNS rebinding.
        origin: the header `Origin`, empty without one. A browser sends it with every request of a foreign page that could
            change something, and with every WebSocket.
    """
    return bool(re.fullmatch(r"(127\.0\.0\.1|localhost)(:[0-9]+)?", host)) and origin in ("", f"http://{host}")


def own_pages_only(app: Any) -> Any:
    """The ASGI application `app`, which refuses every request that is not `is_own_request`."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        headers = {name: value.decode("latin-1") for name, value in scope.get("headers", ())}
        if scope["type"] == "lifespan" or is_own_request(headers.get(b"host", ""), headers.get(b"origin", "")):
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
