"""Waiting for edits: the files of one domain from which its ports are made, and nothing that a run writes."""

import os
from collections.abc import Iterator
from pathlib import Path

from mesh_platform.project import DomainFolder

_MADE_OF = (".sql", ".yml", ".yaml", ".csv")
_RECORD = ".lifecycle.yaml"
_WAKES_MS = 200
"""How often the watcher looks up when nothing happens."""
_SETTLED_MS = 150
"""An editor that writes a file in several steps is done after that."""


def edits(domain: DomainFolder) -> Iterator[set[Path]]:
    """The files of the domain that were written, made or removed, each time some are; until Ctrl-C ends it.

    The first set is empty, and comes as soon as no later edit can be missed.
    """
    from watchfiles import watch

    folders = [folder for folder in (domain.folder, domain.dbt_project) if folder.is_dir()]
    begun = False
    for changes in watch(
        *folders,
        watch_filter=lambda _, path: matters(Path(os.path.relpath(path, domain.root))),
        debounce=_SETTLED_MS,
        step=50,
        rust_timeout=_WAKES_MS,
        yield_on_timeout=True,
        raise_interrupt=True,
    ):
        if changes or not begun:
            yield {Path(path) for _, path in changes}
        begun = True


def matters(path: Path) -> bool:
    """Whether a port may be made of the file, a path from the repository's root."""
    return path.suffix in _MADE_OF and not path.name.endswith(_RECORD) and not {"target", "logs"} & set(path.parts)
