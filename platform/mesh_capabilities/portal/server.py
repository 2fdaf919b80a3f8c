"""Serves the files of a portal's folder over HTTP, on 127.0.0.1 only, and to no foreign page."""

import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import unquote

from mesh_capabilities.errors import PortalError
from mesh_capabilities.portal.view import POLICY
from mesh_isolation.servers import HOST, is_own_request
from mesh_isolation.team_files import real_path


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing of a client that hangs up, as browsers do; what else fails is shown."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class PortalServer:
    """Serves a folder until `close` is called.

    Args:
        folder: the folder to serve; no other file can be reached.
        port: on 127.0.0.1; 0 for any free port.

    Raises PortalError if the port is in use.
    """

    def __init__(self, folder: Path, port: int) -> None:
        try:
            self._server = _Server((HOST, port), partial(_Files, directory=str(folder)))
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
    server_version, sys_version = "mesh", ""
    timeout = 30
    """Seconds until a connection without a request is closed."""

    def send_head(self) -> object:
        """Opens the file of a GET or HEAD request. Raises nothing: what is refused gets 403, and what is not served 404."""
        if not is_own_request(self.headers):
            return self.send_error(403)
        return super().send_head() if self._is_served() else self.send_error(404)

    def _is_served(self) -> bool:
        """Whether the path names a file of the folder by the folder's own names: no hidden file, and none behind a link."""
        try:
            named = unquote(self.path.partition("?")[0].partition("#")[0], errors="strict").removeprefix("/") or "index.html"
            folder = real_path(self.directory)
            file = folder.joinpath(named)
            hidden = any(part.startswith(".") for part in Path(named).parts)
            return not hidden and not named.startswith("/") and real_path(file) == file and file.is_file()
        except (OSError, ValueError):
            return False

    def end_headers(self) -> None:
        # The portal may be rebuilt while it is served, so browsers have to revalidate.
        self.send_header("Cache-Control", "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Content-Security-Policy", f"{POLICY}; frame-ancestors 'none'")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        super().end_headers()

    def list_directory(self, path: object) -> None:
        """Folders are not listed: every page is reached by a link."""
        self.send_error(404)

    def log_message(self, *arguments: object) -> None:
        """Logs nothing, to keep the terminal readable."""
