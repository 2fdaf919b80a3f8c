"""The files of one `mesh new`, the journal of these writes, and undoing the last entry.

A growth is planned as a whole before anything is written. The journal (`grown.json` in the home of the mesh) keeps the
digest of every file, so `mesh undo` refuses to remove files that were changed, published or consumed since.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mesh_capabilities.errors import ScaffoldError
from mesh_capabilities.yaml_text import YamlText
from mesh_isolation.files import write_whole
from mesh_isolation.records import read_cache
from mesh_platform.errors import MeshError
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.product.descriptor import load_product
from mesh_platform.project import Project

_JOURNAL = "grown.json"


@dataclass(frozen=True)
class Rendering:
    """One use of the templates, as `mesh update` repeats it."""

    parts: tuple[str, ...]
    version: int
    answers: Mapping[str, Any]


@dataclass
class Growth:
    """The files that one `mesh new` creates and changes, before anything is written."""

    what: str
    """What it adds, for messages: `product logistics/shipments`."""
    domain: str
    """The domain whose folder gets the record."""
    ports: tuple[str, ...] = ()
    """The addresses of the new ports."""
    created: dict[str, str] = field(default_factory=dict)
    """The text of each new file, by its path from the repository's root."""
    edited: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The text before and after of each file that exists already."""
    renderings: list[Rendering] = field(default_factory=list)

    def make(self, files: Mapping[str, str]) -> None:
        """Adds new files."""
        self.created |= files

    def edit(self, root: Path, path: str, change: Callable[[str], str]) -> None:
        """Changes a file of the repository, or one that this growth creates; `change` takes its text and returns the new one.

        Raises ScaffoldError when the file does not exist.
        """
        if path in self.created:
            self.created[path] = change(self.created[path])
            return
        file = root / path
        if path not in self.edited and not file.is_file():
            raise ScaffoldError(f"{path} does not exist, and `mesh new` has to add to it.", "Create the file.")
        before, now = self.edited.get(path) or (file.read_text(encoding="utf-8"),) * 2
        after = change(now)
        if after != before:
            self.edited[path] = (before, after)

    def edit_yaml(self, root: Path, path: str, change: Callable[[YamlText], YamlText]) -> None:
        """Changes a YAML file as `edit` does; the rest of the file stays as it is."""
        self.edit(root, path, lambda text: change(YamlText(text, path, ScaffoldError)).text)

    def refuse_taken(self, root: Path) -> None:
        """Raises ScaffoldError for a new file that exists already: nothing is ever overwritten."""
        for path in self.created:
            if (root / path).exists():
                raise ScaffoldError(f"{path} exists already.", "Choose another name, or remove the file; nothing was written.")


@dataclass(frozen=True)
class JournalEntry:
    """One growth that was written."""

    what: str
    domain: str
    ports: tuple[str, ...]
    at: str
    created: dict[str, str] = field(default_factory=dict)
    """The SHA-256 of each file that it created."""
    edited: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The text before and the SHA-256 after of each file that it changed."""


def write_growth(growth: Growth, root: Path, home: MeshHome) -> JournalEntry:
    """Adds the growth to the journal, and writes its files."""
    created = {path: digest(text) for path, text in growth.created.items()}
    edited = {path: (before, digest(after)) for path, (before, after) in growth.edited.items()}
    at = datetime.now(UTC).isoformat(timespec="seconds")
    entry = JournalEntry(growth.what, growth.domain, growth.ports, at, created, edited)
    # The journal comes first, so `mesh undo` also works after a write that was interrupted.
    write_journal(home, [*read_journal(home), entry])
    texts = {**growth.created, **{path: after for path, (_, after) in growth.edited.items()}}
    try:
        write_whole({root / path: text for path, text in texts.items()})
    except OSError:
        write_journal(home, read_journal(home)[:-1])
        raise
    return entry


def read_journal(home: MeshHome) -> list[JournalEntry]:
    """The growths that were written and not undone, oldest first; empty if the journal is missing or damaged."""
    return read_cache(home.root / _JOURNAL, list[JournalEntry]) or []


def write_journal(home: MeshHome, entries: list[JournalEntry]) -> None:
    """Replaces the journal."""
    write_whole({home.root / _JOURNAL: json.dumps([asdict(entry) for entry in entries], indent=1, ensure_ascii=False)})


def digest(text: str) -> str:
    """The SHA-256 of a text in UTF-8, as its file stores it."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def last_entry(project: Project) -> JournalEntry:
    """The entry that `mesh undo` would undo. Raises ScaffoldError when there is none, or something depends on it."""
    entries, journal = read_journal(project.home), project.home.root / _JOURNAL
    if not entries and journal.exists() and read_cache(journal, list[JournalEntry]) is None:
        raise ScaffoldError(f"The journal of `mesh new`, {journal}, is damaged.", "Restore files with git.")
    if not entries:
        raise ScaffoldError("There is nothing to undo: the journal of `mesh new` is empty.", "Restore files with git.")
    entry = entries[-1]
    _refuse_changed(project.root, entry)
    _refuse_published(project, entry)
    _refuse_consumed(project, entry)
    _refuse_others_files(project.root, entry)
    return entry


def undone_files(root: Path, entry: JournalEntry) -> tuple[list[str], dict[str, str]]:
    """What undoing the entry does: the files that it removes, and the text of those that it restores.

    A file that no longer exists is not restored, nor is one whose folder no longer exists. If no file that the entry created is
    left, a shared file that was changed since then keeps its text.
    """
    removed = [path for path in entry.created if (root / path).is_file()]
    restored = {}
    for path, (before, after) in entry.edited.items():
        now = _digest_of(root / path) if (root / path).is_file() else None
        if (now == after or now is None) and (root / path).parent.is_dir():
            restored[path] = before
    return removed, restored


def undo_growth(project: Project, entry: JournalEntry) -> None:
    """Does what `undone_files` returns, and removes the entry from the journal."""
    removed, restored = undone_files(project.root, entry)
    for path in removed:
        file = project.root / path
        file.unlink()
        for folder in file.parents:
            if folder == project.root or not folder.is_dir():
                break
            _without_caches(folder)
            if any(folder.iterdir()):
                break
            folder.rmdir()
    write_whole({project.root / path: before for path, before in restored.items()})
    write_journal(project.home, read_journal(project.home)[:-1])


def _without_caches(folder: Path) -> None:
    """Removes the folder of bytecode if nothing else is left."""
    cache = folder / "__pycache__"
    if cache.is_dir() and not any(path != cache for path in folder.iterdir()):
        for path in cache.iterdir():
            path.unlink()
        cache.rmdir()


def _refuse_changed(root: Path, entry: JournalEntry) -> None:
    if not any((root / path).is_file() for path in entry.created):
        return  # removed by hand; a file that has changed since stays as it is
    left = {**entry.created, **{path: after for path, (_, after) in entry.edited.items()}}
    for path, expected in left.items():
        file = root / path
        if file.is_file() and expected != _digest_of(file) and not _is_before(file, path, entry):
            raise ScaffoldError(
                f"{path} was changed since `mesh new {entry.what}` wrote it.", "Remove the files by hand, or with git."
            )


def _is_before(file: Path, path: str, entry: JournalEntry) -> bool:
    """Whether an edit never happened, because the write was interrupted."""
    return path in entry.edited and _digest_of(file) == digest(entry.edited[path][0])


def _digest_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _refuse_published(project: Project, entry: JournalEntry) -> None:
    for port in entry.ports:
        address = PortAddress.parse(port)
        folder = project.home.ports / address.domain / address.port
        if folder.is_dir() and any(folder.glob("v*/_delta_log/*.json")):
            raise ScaffoldError(
                f"{port} has been published, and others may have read it.",
                "Deprecate its product instead.",
            )


def _refuse_consumed(project: Project, entry: JournalEntry) -> None:
    ports = set(entry.ports)
    for path in sorted(project.root.glob("domains/*/products/*.odps.yaml")):
        if path.relative_to(project.root).as_posix() in entry.created:
            continue
        try:
            product = load_product(path, project.root)
        except MeshError:
            continue  # reported by its own domain
        for reference in product.inputs:
            if str(reference.address) in ports:
                raise ScaffoldError(f"{reference.address} is consumed by {product.file}.", "Remove that input first.")


def _refuse_others_files(root: Path, entry: JournalEntry) -> None:
    """Raises ScaffoldError for a domain with a file that `mesh new` did not write."""
    if f"domains/{entry.domain}/domain.yaml" not in entry.created:
        return
    for base in ("domains", "dbt_projects"):
        for file in sorted((root / base / entry.domain).rglob("*")):
            path = file.relative_to(root)
            cache = "__pycache__" in path.parts or (base == "dbt_projects" and path.parts[2] in ("target", "logs"))
            if not (file.is_dir() or path.as_posix() in entry.created or cache):
                raise ScaffoldError(f"{path} is in a folder that `mesh new {entry.what}` wrote.", "Move or remove it first.")
