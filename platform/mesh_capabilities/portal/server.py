"""Serves the files of a portal's folder over HTTP, on 127.0.0.1 only."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from mesh_capabilities.errors import PortalError

HOST = "127.0.0.1"


class PortalServer:
    """Serves a folder until `close` is called.

    Args:
        folder: the folder to serve; no other file can be reached.
        port: on 127.0.0.1; 0 for any free port.

    Raises PortalError if the port is in use.
    """

    def __init__(self, folder: Path, port: int) -> None:
        try:
            self._server = ThreadingHTTPServer((HOST, port), partial(_Files, directory=str(folder)))
        except OSError:
            raise PortalError(
                f"Port {port} on {HOST} is in use.", "Choose another port with --port, or stop the process that uses it."
            ) from None
        self._thread = Thread(target=self._server.serve_forever, name="portal", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Its URL."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    @property
    def sentence(self) -> str:
        """What `mesh ui` prints about it."""
        return f"{self.address} shows the portal; `mesh portal build` brings it up to date"

    def close(self) -> None:
        """Stops serving."""
        self._server.shutdown()
        self._server.server_close()


class _Files(SimpleHTTPRequestHandler):
    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".jsonld": "application/ld+json", ".yaml": "application/yaml"}

    def end_headers(self) -> None:
        # The portal may be rebuilt while it is served, so browsers have to revalidate.
        self.send_header("Cache-Control", "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def list_directory(self, path: object) -> None:
        """Folders are not listed: every page is reached by a link."""
        self.send_error(404)

    def log_message(self, *arguments: object) -> None:
        """Logs nothing, to keep the terminal readable."""
