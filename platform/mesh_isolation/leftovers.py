"""Folders that foreign code has written to: what could mislead, block or stop their next reader is removed.

Everything is reached through the descriptor of its folder, so that no path becomes too long for the system.
"""

import os
import stat
import uuid
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

_DEEPEST = 40
"""Levels of folders that a reader can follow."""
_LONGEST = 2000
"""Bytes of a path. The system refuses 4096, and a reader may put a longer folder before it."""


def remove_traps(folders: Iterable[Path]) -> None:
    """Leaves nothing in the folders but files of one name, and folders, that their owner can read and change.

    Through a link, the caller would read or write another file. Through the second name of a file, code could change the file
    after it was judged and moved. A pipe would block the caller, a socket or a file without permission would fail it.
    Folders that are nested too deeply, or whose path is too long, are removed.
    """
    for folder in folders:
        if folder.is_dir():
            with _opened(os.fspath(folder)) as handle:
                _remove_traps(handle, len(os.fsencode(folder)), _DEEPEST)


def _remove_traps(folder: int, length: int, deeper: int) -> None:
    for entry in _entries(folder):
        status, longer = entry.stat(follow_symlinks=False), length + 1 + len(os.fsencode(entry.name))
        mode = status.st_mode
        if stat.S_ISDIR(mode) and deeper and longer <= _LONGEST:
            with _opened(entry.name, folder) as handle:
                _remove_traps(handle, longer, deeper - 1)
        elif not stat.S_ISREG(mode) or status.st_nlink > 1:
            _remove(entry.name, folder)
        elif mode & 0o600 != 0o600:
            os.chmod(entry.name, stat.S_IMODE(mode) | 0o600, dir_fd=folder)


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


@contextmanager
def files_only(folder: Path, suffix: str) -> Iterator[None]:
    """Inside the block, foreign code writes to the folder. Of what is new afterwards, only files with this suffix remain.

    Anything else could stand where the caller is about to write: a folder in the place of a file, or a file for a folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    before = {(path.name, path.is_dir()) for path in folder.iterdir()}
    try:
        yield
    finally:
        for path in list(folder.iterdir()):
            if (path.name, path.is_dir()) not in before and (path.is_dir() or path.suffix != suffix):
                remove(path)


def remove(path: Path) -> None:
    """Removes a file, or a folder of any depth whatever its permissions; a link is not followed. It need not exist."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    with _opened(os.fspath(path.parent)) as parent:
        _remove(path.name, parent)


def _remove(name: str, parent: int) -> None:
    """Removes an entry of the folder with this descriptor."""
    if not stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
        os.unlink(name, dir_fd=parent)
        return
    ahead = [name]
    while ahead:
        current = ahead.pop()
        with _opened(current, parent) as folder:
            for entry in _entries(folder):
                if entry.is_dir(follow_symlinks=False):
                    # Moved up: for a recursion, or for as many open folders, it could be too deep.
                    ahead.append(f".removed-{uuid.uuid4().hex}")
                    os.chmod(entry.name, 0o700, dir_fd=folder)
                    os.rename(entry.name, ahead[-1], src_dir_fd=folder, dst_dir_fd=parent)
                else:
                    os.unlink(entry.name, dir_fd=folder)
        os.rmdir(current, dir_fd=parent)


@contextmanager
def _opened(name: str, parent: int | None = None) -> Iterator[int]:
    """The descriptor of a folder, which its owner can then list and change."""
    flags = os.O_RDONLY | os.O_DIRECTORY | (0 if parent is None else os.O_NOFOLLOW)
    try:
        handle = os.open(name, flags, dir_fd=parent)
    except PermissionError:
        os.chmod(name, 0o700, dir_fd=parent)
        handle = os.open(name, flags, dir_fd=parent)
    try:
        mode = os.fstat(handle).st_mode
        if mode & 0o700 != 0o700:
            os.fchmod(handle, stat.S_IMODE(mode) | 0o700)
        yield handle
    finally:
        os.close(handle)


def _entries(folder: int) -> list["os.DirEntry[str]"]:
    with os.scandir(folder) as entries:
        return list(entries)
