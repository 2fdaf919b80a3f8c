"""A mesh home beside the real one, for as long as something is tried: what is built there publishes nothing."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from mesh_platform.home import MeshHome

_LEFT_BEHIND = 86_400
"""Seconds after which a folder in `scratch` belongs to nobody who is still at work."""


@contextmanager
def scratch_home(home: MeshHome) -> Iterator[MeshHome]:
    """Within it, this process takes an empty folder below `home` for the mesh's home; it is gone afterwards."""
    folder = home.root / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.iterdir():  # by a process that was killed
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _LEFT_BEHIND:
                shutil.rmtree(left)
    before = os.environ.get("MESH_HOME")
    try:
        with TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as made:
            os.environ["MESH_HOME"] = made
            yield MeshHome(Path(made))
    finally:
        os.environ.pop("MESH_HOME", None)
        if before is not None:
            os.environ["MESH_HOME"] = before
        with suppress(OSError):
            folder.rmdir()
