"""Refuses to read what a run of tests does not name of the repository, so that its results depend on nothing else of it.

A folder with a `sitecustomize.py` that calls this, on the PYTHONPATH, does so in every Python process. Beside it, `reads.txt`
names what may be read, a path a line; a path after a `!` may not, though it is below one that may. `tests/scaffold/fork.py`
relies on it: a fork that changes nothing of this has the same results.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def refuse_reads(folder: Path) -> None:
    """Adds an audit hook that refuses to open or list what the folder's `reads.txt` does not name.

    See https://docs.python.org/3/library/audit_events.html.
    """
    names = (folder / "reads.txt").read_text("utf-8").split()
    allowed = tuple(os.fspath(ROOT / name) for name in names if not name.startswith("!"))
    refused = tuple(os.fspath(ROOT / name[1:]) for name in names if name.startswith("!"))

    def refuse(event: str, arguments: tuple) -> None:
        if event not in ("open", "os.listdir", "os.scandir") or not isinstance(arguments[0], (str, bytes, os.PathLike)):
            return
        path, mode = os.fsdecode(arguments[0]), arguments[1:2]
        if mode == (None,) and not Path(path).is_absolute():  # `os.open`, perhaps below the descriptor of a folder
            return
        path = os.path.abspath(path)  # noqa: PTH100 - resolving would open folders again
        if not path.startswith(f"{ROOT}{os.sep}") or (path.startswith(allowed) and not path.startswith(refused or ("\0",))):
            return
        opened = event == "open" and not arguments[2] & (getattr(os, "O_PATH", 0) | getattr(os, "O_DIRECTORY", 0))
        # An import lists each entry of the path.
        if opened or not (path in sys.path or any(name.startswith(path + os.sep) for name in allowed)):
            raise PermissionError(f"{path}: these tests read only what {folder}/reads.txt names")

    sys.addaudithook(refuse)
