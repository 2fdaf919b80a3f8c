"""Folders that foreign code has written to: what could mislead, block or stop their next reader is removed.

Everything is reached through the descriptor of its folder, so that no path becomes too long for the system.
"""

import errno
import os
import stat
import uuid
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_DEEPEST = 40
"""Levels of folders that a reader can follow."""
_LONGEST = 2000
"""Bytes of a path. The system refuses 4096, and a reader may put a longer folder before it."""
_ROUNDS = 1_000
"""How often a folder is emptied into another before a process that fills it again is given up on."""


def renew(folders: Iterable[Path]) -> None:
    """Puts a new folder, with the same files, in the place of each folder that foreign code could write, and removes traps.

    The kernel's rules are for a folder and not for its path. So a process of that code, if one should be left, reaches neither
    the new folder nor what is in it: what the platform writes there follows no link of its making. A folder that is the root of
    a mounted file system cannot be replaced; there, only traps are removed.

    Raises OSError when a process fills the folder faster than it is emptied.
    """
    for folder in (folder.resolve() for folder in folders):
        if folder.is_dir():
            restore(folder)
            try:
                _renew(folder, _anew(folder))
            except OSError as problem:
                if problem.errno not in (errno.EXDEV, errno.EBUSY):
                    raise
                restore(folder)
            remove_traps([folder])


def _renew(folder: Path, anew: Path) -> None:
    anew.mkdir(mode=0o700)
    with _opened(os.fspath(folder)) as old, _opened(os.fspath(anew)) as new:
        for _ in range(_ROUNDS):
            for entry in _entries(old):
                with suppress(FileNotFoundError):  # removed meanwhile
                    _move(entry, old, new)
            status = os.fstat(old)
            os.fchmod(new, stat.S_IMODE(status.st_mode) | 0o700)
            with suppress(PermissionError):
                os.fchown(new, status.st_uid, status.st_gid)
            try:
                anew.replace(folder)  # at once, and only if it is empty
                return
            except OSError as problem:
                if problem.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
    raise OSError(errno.ETIMEDOUT, "a process goes on writing to the folder", os.fspath(folder))


def _move(entry: "os.DirEntry[str]", old: int, new: int) -> None:
    """Moves an entry to another folder, or removes it if its name is taken there: it came after the code had ended."""
    if _exists(entry.name, new):
        _remove(entry.name, old)
        return
    if entry.is_dir(follow_symlinks=False):
        _open_up(entry, old)
    os.rename(entry.name, entry.name, src_dir_fd=old, dst_dir_fd=new)


def _exists(name: str, folder: int) -> bool:
    with suppress(FileNotFoundError):
        return bool(os.stat(name, dir_fd=folder, follow_symlinks=False))
    return False


def restore(folder: Path) -> None:
    """Moves back what `renew` has moved out of the folder, if it was interrupted."""
    folder = folder.resolve()
    if os.path.lexists(anew := _anew(folder)):
        folder.mkdir(exist_ok=True)
        for path in list(anew.iterdir()):
            if not os.path.lexists(folder / path.name):
                path.rename(folder / path.name)
        remove(anew)


def _anew(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.anew")


def take_out(file: Path, to: Path) -> None:
    """Moves a file out of a folder that foreign code writes to, in place of what is there.

    The entry of the folder itself is moved, so no link is followed, whenever it was made. Raises OSError if it is missing, or
    no file with one name.
    """
    to.parent.mkdir(parents=True, exist_ok=True)
    remove(to)
    file.rename(to)
    status = to.lstat()
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        remove(to)
        raise OSError(errno.EINVAL, "It is no file with one name", os.fspath(file))


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
            _chmod(entry.name, folder, stat.S_IMODE(mode) | 0o600)


def remove_leftovers(
    folder: Path, files: Collection[str], folders: Collection[str], written_anew: Collection[str] = ()
) -> None:
    """Removes from a folder what an earlier run may have left in the way of the next one, besides traps.

    Args:
        folder: it need not exist.
        files: the suffixes of the names that only files have: a folder with such a name is removed.
        folders: the suffixes of the names that only folders have: a file with such a name is removed.
        written_anew: the names that every run writes anew, and that are removed.

    What a killed call has moved out of the folder is moved back before.
    """
    restore(folder)
    remove_traps([folder])
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name in written_anew or path.suffix in (files if path.is_dir() else folders):
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
                    _open_up(entry, folder)
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
        _chmod(name, parent, 0o700)
        handle = os.open(name, flags, dir_fd=parent)
    try:
        mode = os.fstat(handle).st_mode
        if mode & 0o700 != 0o700:
            os.fchmod(handle, stat.S_IMODE(mode) | 0o700)
        yield handle
    finally:
        os.close(handle)


def _open_up(entry: "os.DirEntry[str]", folder: int) -> None:
    """Lets the owner of a folder change it, so that it can be moved."""
    if entry.stat(follow_symlinks=False).st_mode & 0o700 != 0o700:
        _chmod(entry.name, folder, 0o700)


def _chmod(name: str, folder: int | None, mode: int) -> None:
    """Changes the mode of a file or of a folder, and of nothing that a link leads to."""
    if not hasattr(os, "O_PATH"):  # macOS
        os.chmod(name, mode, dir_fd=folder, follow_symlinks=False)
        return
    handle = os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=folder)
    try:
        Path(f"/proc/self/fd/{handle}").chmod(mode)  # Linux changes the mode of no link
    finally:
        os.close(handle)


def _entries(folder: int) -> list["os.DirEntry[str]"]:
    with os.scandir(folder) as entries:
        return list(entries)
