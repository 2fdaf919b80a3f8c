"""Builds the portal: renders every page and file into one folder and removes what is outdated."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path

from mesh_capabilities.errors import PortalError
from mesh_capabilities.portal.addresses import domain_path, product_path
from mesh_capabilities.portal.data_files import (
    PORTS,
    SEARCH,
    catalog_document,
    lineage_of_ports,
    lineage_ports,
    search_index,
    standard_files,
)
from mesh_capabilities.portal.governance_page import governance_page
from mesh_capabilities.portal.linked_data import linked_data
from mesh_capabilities.portal.overview_pages import domain_page, glossary_page, home_page, lineage_page, owners_page
from mesh_capabilities.portal.portal_facts import PortalFacts, Tables, read_facts
from mesh_capabilities.portal.product_page import product_page
from mesh_capabilities.portal.view import View
from mesh_isolation.files import plain_path
from mesh_isolation.records import read_cache
from mesh_platform.errors import PortDamaged, described, is_interruption, trace_error
from mesh_platform.port.shelf import damages, published_ports
from mesh_platform.project import Project


@dataclass(frozen=True)
class BuiltPortal:
    """The result of a build."""

    folder: Path
    products: int
    files: int
    written: int
    """How many of the files are new or have changed since the last build."""
    problems: Sequence[str] = ()
    """What the catalog could not read, ports without a readable version, and what could not be written, a sentence each."""
    damages: Sequence[str] = ()
    """Damaged ports of which an earlier version is served, one sentence each."""


def build_site(
    tables: Tables, project: Project | None, to: Path, progress: Callable[[int, int], None] | None = None
) -> BuiltPortal:
    """Writes the portal of a mesh.

    Args:
        tables: the metadata tables, as `open_catalog` returns them.
        project: the mesh, for sample rows and copies of its files; None for the tables alone.
        to: the folder; see `Folder`.
        progress: called with the number of finished product pages and their total.

    Raises PortalError if the folder cannot be written.
    """
    folder = Folder(to)
    facts = read_facts(tables)
    view = View(facts, project.home if project else None, project.root if project else None)
    pages = _Pages(folder, view)
    try:
        for name, content in _assets():
            folder.put(name, content)
        for count, name in enumerate(facts.products, start=1):
            pages.put(product_path(name), name, partial(product_page, view, name))
            if progress:
                progress(count, len(facts.products))
        for name in facts.domains:
            pages.put(domain_path(name), name, partial(domain_page, view, name))
        for page, title, content in (
            ("index.html", "Data mesh", home_page),
            ("governance.html", "Governance", governance_page),
            ("lineage.html", "Lineage", lineage_page),
            ("glossary.html", "Glossary", glossary_page),
            ("owners.html", "Owners", owners_page),
            (SEARCH, "", search_index),
            (PORTS, "", lineage_ports),
            ("catalog.json", "", catalog_document),
            ("catalog.jsonld", "", linked_data),
        ):
            pages.put(page, title, partial(content, view))
        for files in (lineage_of_ports, standard_files):
            pages.put_all(files)
    except BaseException:
        folder.abandon()
        raise
    found, unserved = _damages_of(project) if project else ([], [])
    return BuiltPortal(
        to,
        len(facts.products),
        folder.close(),
        folder.written,
        [*_problems(facts), *pages.faults, *unserved],
        [damage for damage in found if damage not in unserved],
    )


class _Pages:
    """Puts pages into the folder. One that cannot be written says why, and does not keep the others from being written."""

    def __init__(self, folder: "Folder", view: View) -> None:
        self._folder, self._view = folder, view
        self.faults: list[str] = []
        """What could not be written, one sentence each."""

    def put(self, page: str, title: str, content: Callable[[], str]) -> None:
        """Puts what `content` returns; if it fails, a page with that title that says so, or nothing if that is empty."""
        try:
            text = content()
        except Exception as fault:
            problem = self._fault(page, fault)
            text = self._view.render("fault.html", page, title=title, problem=problem) if title else None
        if text is not None:
            self._folder.put(page, text)

    def put_all(self, files: Callable[[View], Iterator[tuple[str, str | bytes]]]) -> None:
        """Puts several files up to the first that fails."""
        try:
            for name, content in files(self._view):
                self._folder.put(name, content)
        except PortalError:
            raise
        except Exception as fault:
            self._fault(files.__name__.replace("_", " "), fault)

    def _fault(self, what: str, fault: Exception) -> str:
        if is_interruption(fault):
            raise fault
        trace_error(fault)
        self.faults.append(f"{what} cannot be written: {described(fault)[:500]}.")
        return self.faults[-1]


def _damages_of(project: Project) -> tuple[list[str], list[str]]:
    """Messages about damaged files of published ports, and about those ports of which no version can be read."""
    unserved = []
    for port in published_ports(project.home).values():
        try:
            port.current()
        except PortDamaged as problem:
            unserved.append(str(problem))
    return damages(project.home), unserved


def _problems(facts: PortalFacts) -> Iterator[str]:
    for table, key in (("domains", "domain"), ("products", "product"), ("contracts", "contract")):
        for row in facts.rows(table):
            if row["problem"]:
                yield f"{row[key]}: {row['problem']}"


def _assets() -> Iterator[tuple[str, bytes]]:
    for entry in resources.files("mesh_capabilities.portal").joinpath("assets").iterdir():
        yield f"assets/{entry.name}", entry.read_bytes()
    yield (
        "catalog.schema.json",
        resources.files("mesh_capabilities.portal").joinpath("catalog.schema.json").read_bytes(),
    )


MARK = ".mesh-portal.json"
"""Lists the files of the last build. A folder that contains it is a portal and may be rewritten."""


class Folder:
    """The folder of a portal: writes new and changed files, and removes those of earlier builds that are outdated.

    Args:
        root: the folder. It must be new, empty, or contain an earlier build.

    Raises PortalError for a folder with other files, and for one that cannot be written.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.written = 0
        self._files: set[str] = set()
        self._marked = False
        mark = root / MARK
        if root.exists() and not root.is_dir():
            raise PortalError(f"{root} is a file.", "Name a new or empty folder with --to.")
        if root.exists() and any(root.iterdir()) and not mark.is_file():
            raise PortalError(f"{root} contains files that are not a portal's.", "Name a new or empty folder with --to.")
        self._before = _listed_files(mark)

    def put(self, name: str, content: str | bytes) -> None:
        """Writes a file, `name` relative to the portal's root, unless it already has that content."""
        data = content if isinstance(content, bytes) else content.encode("utf-8", "replace")
        path = self.root / name
        if ".." in Path(name).parts or Path(name).is_absolute():
            raise PortalError(
                f"The page {name!r} is outside the portal's folder.", "This is a bug of the portal: please report it."
            )
        try:
            if name not in self._before or not path.is_file() or path.read_bytes() != data:
                if not self._marked:  # before the first file, so that a build that is killed leaves a portal
                    self._mark(self._before)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
                self.written += 1
        except OSError as problem:
            raise PortalError(f"{path} cannot be written: {problem.strerror}.", "Name another folder with --to.") from problem
        self._files.add(name)

    def close(self) -> int:
        """Removes the files of the last build that this one did not write, and returns the number of files."""
        for name in self._before - self._files:
            path = self.root / name
            path.unlink(missing_ok=True)
            for folder in path.parents:
                if folder == self.root or not folder.is_dir() or any(folder.iterdir()):
                    break
                folder.rmdir()
        self._mark(self._files)
        return len(self._files)

    def abandon(self) -> None:
        """Ends a build that did not finish: its files and those of the last build stay, for the next one."""
        if self._marked:
            self._mark(self._before | self._files)

    def _mark(self, files: set[str]) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / MARK).write_text(json.dumps(sorted(files)), encoding="utf-8")
        self._marked = True


def _listed_files(mark: Path) -> set[str]:
    return set(filter(_is_inside, read_cache(mark, list[str]) or ()))


def _is_inside(name: str) -> bool:
    try:
        return bool(plain_path(name))
    except ValueError:  # the file was changed: nothing outside of the portal's folder is removed
        return False
