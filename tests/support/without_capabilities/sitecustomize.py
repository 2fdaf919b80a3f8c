"""Holds each Python process with this folder on its PYTHONPATH to the core: it imports no capability and reads no domain."""

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path

REFUSED = "mesh_capabilities"
ROOT = Path(__file__).parents[3]
READ = tuple(os.fspath(ROOT / name) for name in (Path(__file__).parent / "reads.txt").read_text("utf-8").split())
"""What the core's tests may read of the repository. `tests/scaffold/fork.py` relies on it: a fork that changes nothing of this
has the same core, and the same results of its tests."""


class RefuseCapabilities(MetaPathFinder):
    """Asked before all other finders."""

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: object = None) -> None:
        if fullname.partition(".")[0] == REFUSED:
            raise ModuleNotFoundError(f"No module named {fullname!r}: the tests of the core run without it", name=fullname)


def refuse_domains(event: str, arguments: tuple) -> None:
    """An audit hook that refuses to open or list what is not in READ (https://docs.python.org/3/library/audit_events.html)."""
    if event not in ("open", "os.listdir", "os.scandir") or not isinstance(arguments[0], (str, bytes, os.PathLike)):
        return
    path, mode = os.fsdecode(arguments[0]), arguments[1:2]
    if mode == (None,) and not Path(path).is_absolute():  # `os.open`, perhaps below the descriptor of a folder
        return
    path = os.path.abspath(path)  # noqa: PTH100 - resolving would open folders again
    opened = event == "open" and not arguments[2] & (getattr(os, "O_PATH", 0) | getattr(os, "O_DIRECTORY", 0))
    listed = path in sys.path or any(name.startswith(path + os.sep) for name in READ)  # an import lists each entry of the path
    if path.startswith(f"{ROOT}{os.sep}") and not path.startswith(READ) and (opened or not listed):
        raise PermissionError(f"{path}: the tests of the core read only what {Path(__file__).parent}/reads.txt names")


sys.meta_path.insert(0, RefuseCapabilities())
sys.addaudithook(refuse_domains)
