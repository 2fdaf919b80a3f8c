"""`mesh portal build`: the catalogue becomes a folder of pages."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mesh_capabilities.portal.site import Built, build
from mesh_platform.cli.output import console, print_json, verdict, warn
from mesh_platform.project import Project, load_project


def build_portal(to: str | None, as_json: bool) -> None:
    """Builds it and says where it is.

    Args:
        to: the folder; None for the one in the mesh's home.
        as_json: whether the result is a document.
    """
    start = time.perf_counter()
    project = load_project(with_broken=True)
    with _progress() as told:
        built = built_portal(project, Path(to).absolute() if to else None, told)
    if as_json:
        numbers = {"products": built.products, "files": built.files, "written": built.written}
        print_json({"folder": built.folder, "start": built.folder / "index.html", **numbers, "problems": built.problems})
        return
    for sentence in built.problems:
        warn(sentence)
    seconds = time.perf_counter() - start
    said = f"{built.products} products on {built.files} files, {built.written} of them new, in {seconds:.1f} s"
    verdict(True, f"{said}: open {built.folder / 'index.html'}")


def built_portal(project: Project, to: Path | None = None, told: Callable[[int, int], None] | None = None) -> Built:
    """Harvests what has changed and builds the portal from it; raises PortalError when the folder cannot take it."""
    from mesh_capabilities.governance.catalog.catalog import open_catalog

    return build(open_catalog(project), project, to or project.home.portal, told)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Says to people, on standard error, how far it is."""
    said = console(stderr=True)
    if not said.is_terminal:
        yield lambda done, of: None
        return
    with said.status("reading the catalogue") as status:

        def told(done: int, of: int) -> None:
            if done % 25 == 0 or done == of:
                status.update(f"writing pages: {done} of {of} products")

        yield told
