"""The contracts and descriptors themselves, copied beside the pages in the standards' own form: ODCS and ODPS."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from mesh_capabilities.portal.addresses import segment
from mesh_capabilities.portal.view import View

_KINDS = {".odcs.yaml": "odcs", ".odps.yaml": "odps"}


def published_file(view: View, file: str | None) -> str | None:
    """Where the portal has a copy of a file of the repository; None for what is no contract or descriptor, or not there."""
    source = _source(view, file)
    if source is None or file is None:
        return None
    path = PurePosixPath(file)
    suffix = next(suffix for suffix in _KINDS if path.name.endswith(suffix))
    parts = path.name.removesuffix(suffix).split(".")
    name = ".".join(segment(part) for part in parts)
    return f"standards/{_KINDS[suffix]}/{segment(path.parts[1])}/{name}{suffix}"


def standard_files(view: View) -> Iterator[tuple[str, bytes]]:
    """Every copy with its content, byte for byte."""
    for table in ("products", "contracts"):
        for row in view.facts.rows(table):
            target, source = published_file(view, row["file"]), _source(view, row["file"])
            if target and source:
                yield target, source.read_bytes()


def _source(view: View, file: str | None) -> Path | None:
    if view.root is None or not file or not file.endswith(tuple(_KINDS)):
        return None
    path = (view.root / file).resolve()
    within = path.is_relative_to(view.root.resolve() / "domains")
    return path if within and len(PurePosixPath(file).parts) >= 3 and path.is_file() else None
