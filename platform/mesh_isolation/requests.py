"""The servers of capabilities: where they listen, and which requests they answer."""

import re

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
