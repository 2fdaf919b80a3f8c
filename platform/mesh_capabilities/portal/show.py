"""Builds and serves the portal for `mesh portal build` and `mesh portal serve`."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mesh_capabilities.portal.server import PortalServer
from mesh_capabilities.portal.site import BuiltPortal, build_site
from mesh_isolation.servers import is_free
from mesh_isolation.terminal import console, print_json, styled, verdict, warn
from mesh_isolation.text import counted
from mesh_platform.project import Project, load_project


def build_portal(to: str | None, as_json: bool) -> int:
    """Builds the portal and prints where it is. Returns 1 if a part of the mesh could not be read or shown, else 0.

    Args:
        to: the folder; None for the one in the mesh's home.
        as_json: whether to print a JSON document.
    """
    start = time.perf_counter()
    project = load_project(with_broken=True)
    with _progress() as progress:
        built = built_portal(project, Path(to).absolute() if to else None, progress)
    if as_json:
        numbers = {"products": built.products, "files": built.files, "written": built.written}
        problems = [*built.problems, *built.damages]
        print_json({"folder": built.folder, "start": built.folder / "index.html", **numbers, "problems": problems})
        return int(bool(built.problems))
    for sentence in (*built.problems, *built.damages):
        warn(sentence)
    seconds = time.perf_counter() - start
    numbers = f"{counted(built.products, 'product')} in {counted(built.files, 'file')}"
    numbers += f", {built.written} of them new or changed, in {seconds:.1f} s"
    broken = f"{counted(len(built.problems), 'problem')}, which the pages show, too; " if built.problems else ""
    verdict(not built.problems, f"{broken}{numbers}: open {built.folder / 'index.html'}")
    return int(bool(built.problems))


def portal_of(project: Project) -> Path:
    """The folder of pages that `mesh portal build` writes and `mesh ui` serves."""
    return project.home.root / "portal"


def built_portal(project: Project, to: Path | None = None, progress: Callable[[int, int], None] | None = None) -> BuiltPortal:
    """Updates the catalog and builds the portal from it. Raises PortalError if the folder cannot be written."""
    from mesh_capabilities.governance.catalog.catalog import open_catalog

    return build_site(open_catalog(project), project, to or portal_of(project), progress)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Shows the progress on standard error, in a terminal only."""
    out = console(stderr=True)
    if not out.is_terminal:
        yield lambda done, total: None
        return
    with out.status("updating the catalog") as status:

        def update(done: int, total: int) -> None:
            if done % 25 == 0 or done == total:
                status.update(styled("writing pages: {} of {} products", done, total))

        yield update


def serve_portal(port: int, seconds: float | None) -> None:
    """Builds the portal and serves it.

    Args:
        port: on 127.0.0.1.
        seconds: how long to serve; None for until Ctrl-C.
    """
    project = load_project(with_broken=True)
    server = PortalServer(portal_of(project), port)  # before the build, so that a port in use is reported at once
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        built = built_portal(project)
        verdict(True, f"{server.address} shows {counted(built.products, 'product')}")
        console().print("[dim]Ctrl-C stops it; `mesh portal build` updates the pages while they are served[/]")
        time.sleep(seconds if seconds is not None else 10**9)
    except KeyboardInterrupt:
        pass
    finally:
        server.close()
    console().print("The portal has stopped.")


def serve_beside(project: Project, port: int, ui: int) -> PortalServer:
    """Builds the portal and serves it beside the UI on port `ui`, on `port` or the next free one. Raises MeshError."""
    folder = built_portal(load_project(project.root, with_broken=True)).folder
    free = (at for at in range(port, 65_536) if at != ui and is_free(at))
    return PortalServer(folder, next(free, 0))
