"""What one `mesh new` writes, the journal of it, and taking the last entry back."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mesh_platform.errors import MeshError, ScaffoldError
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.product.descriptor import load_product
from mesh_platform.project import Project
from mesh_platform.yaml_files import YamlText


@dataclass(frozen=True)
class Grown:
    """One use of the templates, as `mesh update` repeats it."""

    parts: tuple[str, ...]
    version: int
    answers: Mapping[str, Any]


@dataclass
class Growth:
    """The outcome of a `mesh new`, before anything of it is written."""

    what: str
    """For people: `product logistics/shipments`."""
    domain: str
    """Whose folder remembers it."""
    ports: tuple[str, ...] = ()
    """The addresses of the ports it makes."""
    made: dict[str, str] = field(default_factory=dict)
    """The text of each new file, by its path from the repository's root."""
    edited: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Of each file that is there already, its text before and after."""
    grown: list[Grown] = field(default_factory=list)

    def make(self, files: Mapping[str, str]) -> None:
        """Adds new files."""
        self.made |= files

    def edit(self, root: Path, path: str, change: Callable[[str], str]) -> None:
        """Changes a file of the repository, or one that this very growth makes. `change` takes its text and gives the new one.

        Raises ScaffoldError when the file does not exist.
        """
        if path in self.made:
            self.made[path] = change(self.made[path])
            return
        file = root / path
        if path not in self.edited and not file.is_file():
            raise ScaffoldError(f"{path} does not exist, and something has to be written into it.", "Create the file.")
        before, now = self.edited.get(path) or (file.read_text(encoding="utf-8"),) * 2
        after = change(now)
        if after != before:
            self.edited[path] = (before, after)

    def edit_yaml(self, root: Path, path: str, change: Callable[[YamlText], YamlText]) -> None:
        """Changes a YAML file as `edit` does; everything but the change stays as people wrote it."""
        self.edit(root, path, lambda text: change(YamlText(text, path, ScaffoldError)).text)

    def refuse_taken(self, root: Path) -> None:
        """Raises ScaffoldError for a file that is there already: nothing is ever overwritten."""
        for path in self.made:
            if (root / path).exists():
                raise ScaffoldError(f"{path} exists already.", "Choose another name, or remove the file; nothing was written.")


@dataclass(frozen=True)
class Written:
    """One growth that was written."""

    what: str
    domain: str
    ports: tuple[str, ...]
    at: str
    made: dict[str, str] = field(default_factory=dict)
    """The SHA-256 of each file it made."""
    edited: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Of each file it changed, the text before and the SHA-256 after."""


def write(growth: Growth, root: Path, home: MeshHome) -> Written:
    """Writes the growth into the repository, and notes it."""
    made = {path: digest(text) for path, text in growth.made.items()}
    edited = {path: (before, digest(after)) for path, (before, after) in growth.edited.items()}
    at = datetime.now(UTC).isoformat(timespec="seconds")
    written = Written(growth.what, growth.domain, growth.ports, at, made, edited)
    # Noted first: whoever is killed between the files can still take back those that are there.
    keep(home, [*entries(home), written])
    for path, text in {**growth.made, **{path: after for path, (_, after) in growth.edited.items()}}.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return written


def entries(home: MeshHome) -> list[Written]:
    """What was written and not taken back, the last one last; none where the note is missing or damaged."""
    try:
        said = json.loads(home.grown.read_text(encoding="utf-8"))
        return [
            Written(
                one["what"],
                one["domain"],
                tuple(one["ports"]),
                one["at"],
                one["made"],
                {path: (before, after) for path, (before, after) in one["edited"].items()},
            )
            for one in said
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def keep(home: MeshHome, written: list[Written]) -> None:
    """Notes what was written, in place of the note before."""
    home.root.mkdir(parents=True, exist_ok=True)
    beside = home.grown.with_suffix(".new")
    beside.write_text(json.dumps([asdict(one) for one in written], indent=1, ensure_ascii=False), encoding="utf-8")
    beside.replace(home.grown)


def digest(text: str) -> str:
    """The SHA-256 of a text as it stands in its file."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def last_written(project: Project) -> Written:
    """The growth that would be taken back. Raises ScaffoldError when there is none, or something stands on it."""
    noted = entries(project.home)
    if not noted:
        raise ScaffoldError("There is nothing to take back: `mesh new` has noted nothing here.", "Use git to take files back.")
    written = noted[-1]
    _refuse_changed(project.root, written)
    _refuse_published(project, written)
    _refuse_consumed(project, written)
    _refuse_strangers(project.root, written)
    return written


def take_back(project: Project, written: Written) -> None:
    """Removes the files that it made, gives the others their text back, and forgets it."""
    for path in written.made:
        file = project.root / path
        file.unlink(missing_ok=True)
        for folder in file.parents:
            if folder == project.root or not folder.is_dir():
                break
            _without_caches(folder)
            if any(folder.iterdir()):
                break
            folder.rmdir()
    for path, (before, _) in written.edited.items():
        (project.root / path).write_text(before, encoding="utf-8")
    keep(project.home, entries(project.home)[:-1])


def _without_caches(folder: Path) -> None:
    """Removes what Python leaves beside modules that it has imported, where nothing else is left."""
    cache = folder / "__pycache__"
    if cache.is_dir() and not any(path != cache for path in folder.iterdir()):
        for path in cache.iterdir():
            path.unlink()
        cache.rmdir()


def _refuse_changed(root: Path, written: Written) -> None:
    left = {**written.made, **{path: after for path, (_, after) in written.edited.items()}}
    for path, expected in left.items():
        file = root / path
        if file.is_file() and digest(file.read_text(encoding="utf-8")) != expected and not _is_before(file, path, written):
            raise ScaffoldError(
                f"{path} was changed since `mesh new {written.what}` wrote it.", "Take it back by hand, or with git."
            )


def _is_before(file: Path, path: str, written: Written) -> bool:
    """Whether an edit never happened, because the writer was killed."""
    return path in written.edited and file.read_text(encoding="utf-8") == written.edited[path][0]


def _refuse_published(project: Project, written: Written) -> None:
    for port in written.ports:
        address = PortAddress.parse(port)
        folder = project.home.ports / address.domain / address.port
        if folder.is_dir() and any(folder.glob("v*/_delta_log/*.json")):
            raise ScaffoldError(
                f"{port} has been published, and others may have read it.",
                "Deprecate its product instead.",
            )


def _refuse_consumed(project: Project, written: Written) -> None:
    ports = set(written.ports)
    for path in sorted(project.root.glob("domains/*/products/*.odps.yaml")):
        if path.relative_to(project.root).as_posix() in written.made:
            continue
        try:
            product = load_product(path, project.root)
        except MeshError:
            continue  # its own domain says so
        for reference in product.inputs:
            if str(reference.address) in ports:
                raise ScaffoldError(f"{reference.address} is consumed by {product.file}.", "Take that away first.")


def _refuse_strangers(root: Path, written: Written) -> None:
    """A domain may only go when no file has come to it that `mesh new` did not write."""
    if f"domains/{written.domain}/domain.yaml" not in written.made:
        return
    for base in ("domains", "dbt_projects"):
        for file in sorted((root / base / written.domain).rglob("*")):
            path = file.relative_to(root)
            own = file.is_dir() or path.as_posix() in written.made or {"__pycache__", "target", "logs"} & set(path.parts)
            if not own:
                raise ScaffoldError(f"{path} stands in what `mesh new {written.what}` wrote.", "Move or remove it first.")
