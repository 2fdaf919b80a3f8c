"""`mesh portal serve`: the portal on this machine, for as long as one looks at it."""

import signal
import time

from mesh_capabilities.portal.server import PortalServer
from mesh_capabilities.portal.show_build import built_portal
from mesh_platform.cli.output import console, verdict
from mesh_platform.project import load_project


def serve_portal(port: int, seconds: float | None) -> None:
    """Builds the portal and serves it.

    Args:
        port: on 127.0.0.1.
        seconds: how long to serve; None for until Ctrl-C.
    """
    project = load_project(with_broken=True)
    server = PortalServer(project.home.portal, port)  # before the build, so that a port that is taken is said at once
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        built = built_portal(project)
        verdict(True, f"{server.address} shows {built.products} products")
        console().print("[dim]Ctrl-C ends it; `mesh portal build` brings it up to date while it is served[/]")
        time.sleep(seconds if seconds is not None else 10**9)
    except KeyboardInterrupt:
        pass
    finally:
        server.close()
    console().print("The portal is no longer served.")
