"""Serving a portal on this machine: the files of one folder over HTTP, to nobody but this machine."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from mesh_platform.errors import PortalError
from mesh_platform.project import Project, load_project

HOST = "127.0.0.1"


class PortalServer:
    """Serves until it is closed.

    Args:
        folder: whose files are served, and no other.
        port: on 127.0.0.1; 0 for any that is free.

    Raises PortalError when the port is taken.
    """

    def __init__(self, folder: Path, port: int) -> None:
        try:
            self._server = ThreadingHTTPServer((HOST, port), partial(_Files, directory=str(folder)))
        except OSError:
            raise PortalError(f"Port {port} on {HOST} is taken.", "Choose another with --port, or stop who has it.") from None
        self._thread = Thread(target=self._server.serve_forever, name="portal", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Where it is, for a browser."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    @property
    def sentence(self) -> str:
        """What `mesh ui` prints about it."""
        return f"{self.address} shows the portal; `mesh portal build` brings it up to date"

    def close(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()


def serve_beside(project: Project, port: int) -> PortalServer:
    """Builds the portal and serves it beside the UI, on `port` or any other that is free. Raises MeshError."""
    from mesh_capabilities.portal.show_build import built_portal

    folder = built_portal(load_project(project.root, with_broken=True)).folder
    try:
        return PortalServer(folder, port)
    except PortalError:
        return PortalServer(folder, 0)


class _Files(SimpleHTTPRequestHandler):
    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".jsonld": "application/ld+json", ".yaml": "application/yaml"}

    def end_headers(self) -> None:
        # A portal is built anew while it is served: what the browser has is asked for again.
        self.send_header("Cache-Control", "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def list_directory(self, path: object) -> None:
        """There is nothing to list: every page is reached by a link."""
        self.send_error(404)

    def log_message(self, *arguments: object) -> None:
        """Says nothing: whoever serves has a terminal for better things."""
