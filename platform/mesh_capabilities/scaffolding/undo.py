"""Taking back what `mesh new` wrote last, as long as nothing has been built on it."""

from pathlib import Path

from mesh_capabilities.scaffolding.journal import Written, digest, entries, keep
from mesh_platform.errors import MeshError, ScaffoldError
from mesh_platform.names import PortAddress
from mesh_platform.product.descriptor import load_product
from mesh_platform.project import Project


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
