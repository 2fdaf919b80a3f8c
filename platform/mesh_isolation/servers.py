"""The servers of capabilities: where they listen, and which requests they answer."""

import os
import re
import signal
import socket
import subprocess

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
