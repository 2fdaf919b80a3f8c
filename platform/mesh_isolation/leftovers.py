"""Folders that foreign code has written to: what could mislead, block or stop their next reader is removed."""

import os
import stat
import uuid
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

_DEEPEST = 40
"""Levels of folders; in deeper ones, a path is too long for the system sooner or later."""


def remove_traps(folders: Iterable[Path]) -> None:
    """Leaves nothing in the folders but files and folders that their owner can read and change.

    Through a link, the caller would read or write another file. A pipe would block it, a socket or a file without
    permission would fail it. Folders that are nested too deeply are removed.
    """
    ahead = [(folder, 0) for folder in folders if folder.is_dir()]
    while ahead:
        folder, depth = ahead.pop()
        for entry in _entries(folder):
            mode = entry.stat(follow_symlinks=False).st_mode
            if stat.S_ISDIR(mode) and depth < _DEEPEST:
                ahead.append((Path(entry.path), depth + 1))
            elif not stat.S_ISREG(mode):
                remove(Path(entry.path))
            elif mode & 0o600 != 0o600:
                Path(entry.path).chmod(mode | 0o600)


def remove_leftovers(
    folder: Path, files: Collection[str], folders: Collection[str], written_anew: Collection[str] = ()
) -> None:
    """Removes from a folder what an earlier run may have left in the way of the next one, besides traps.

    Args:
        folder: it need not exist.
        files: the suffixes of the names that only files have: a folder with such a name is removed.
        folders: the suffixes of the names that only folders have: a file with such a name is removed.
        written_anew: the names that every run writes anew, and that are removed.
    """
    remove_traps([folder])
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name in written_anew or path.suffix in (files if path.is_dir() else folders):
            remove(path)


def remove(path: Path) -> None:
    """Removes a file, or a folder of any depth whatever its permissions; a link is not followed. It need not exist."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    ahead = [path]
    while ahead:
        folder = ahead.pop()
        for entry in _entries(folder):
            if entry.is_dir(follow_symlinks=False):
                # Moved up, so that no path grows; a recursion could be too deep as well.
                ahead.append(path.with_name(f".removed-{uuid.uuid4().hex}"))
                Path(entry.path).chmod(0o700)
                Path(entry.path).rename(ahead[-1])
            else:
                Path(entry.path).unlink()
        folder.rmdir()


def _entries(folder: Path) -> list["os.DirEntry[str]"]:
    with suppress(PermissionError):
        folder.chmod(folder.stat().st_mode | 0o700)
    with os.scandir(folder) as entries:
        return list(entries)
