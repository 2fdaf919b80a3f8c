"""Files that a team has written, as another reads them: a plain file in its own folder, of a limited size, and in UTF-8.

A repository can hold links, and a checkout can hold anything else: a pipe blocks its reader forever, a link to /dev/zero fills
its memory, and a link out of the folder shows it a file of another owner.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from mesh_isolation.text import visible

LARGEST = 1_000_000
"""The most bytes of a text: YAML, SQL or Python."""
LARGEST_FOLDER = 1_000_000_000
"""The most bytes of all files below a folder."""
MOST_FILES = 100_000
"""The most files and folders below a folder."""
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFLNK: "a link",
}


class UnreadableFile(OSError):
    """A file of a team is not read. `strerror` is the reason without the file's name: `is a pipe and not a file`."""

    def __init__(self, path: str | Path, reason: str, way_out: str) -> None:
        super().__init__(errno.EINVAL, reason, visible(path))
        self.way_out = way_out

    @property
    def found(self) -> str:
        """The file and the reason, as a sentence."""
        return f"{self.filename} {self.strerror}."


def read_bytes(path: Path, within: Path | None = None, largest: int = LARGEST) -> bytes:
    """The content of a team's file.

    Args:
        path: the file, or a link to one.
        within: the folder that a link must not lead out of, `/` for no limit; default: the folder of the file.
        largest: the most bytes that it may have.

    Raises UnreadableFile for anything else.
    """
    with os.fdopen(_opened(path, within or path.parent), "rb") as file:
        try:
            content = file.read(largest + 1)
        except OSError as problem:
            raise _refused_by_system(path, problem) from None
    if len(content) > largest:
        raise UnreadableFile(path, f"has more than {largest:,} bytes", "Write less, or divide it into several files.")
    return content


def open_file(path: Path) -> BinaryIO:
    """A file, or what a link leads to, opened for reading bytes. Raises UnreadableFile for anything else: a folder, a pipe."""
    return os.fdopen(_opened(path, Path("/")), "rb")


def digest_of(path: Path) -> str:
    """The SHA-256 of a team's file, as `read_bytes` reads it."""
    return hashlib.sha256(read_bytes(path)).hexdigest()


def read_team_text(path: Path, within: Path | None = None, largest: int = LARGEST) -> str:
    """The text of a team's file in UTF-8, as `read_bytes` reads it. Every line ends with a line feed."""
    return decoded_text(read_bytes(path, within, largest), path)


def read_digested(path: Path, digest: str) -> str:
    """The text of a file, or of what a link leads to, that was written with that SHA-256. Raises UnreadableFile for others."""
    content = read_bytes(path, Path("/"))
    if not is_text_of(content, digest):
        raise UnreadableFile(path, "is not the text that was kept: its SHA-256 is not its name", "Restore it from a backup.")
    return decoded_text(content, path)


def is_text_of(content: bytes, digest: str) -> bool:
    """Whether that is the text with that SHA-256. Its lines may end otherwise than when the digest was taken."""
    lines = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    forms = (content, lines, lines.replace(b"\n", b"\r\n"), lines.replace(b"\n", b"\r"))
    return any(hashlib.sha256(form).hexdigest() == digest for form in forms)


def decoded_text(content: bytes, path: Path) -> str:
    """The content of a team's file as `read_team_text` returns it. Raises UnreadableFile, which names the file."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise UnreadableFile(path, f"is not UTF-8: {problem}", "Save it in UTF-8.") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def plain_files(folder: Path, suffix: str) -> Iterator[Path]:
    """The files below a folder whose names end with the suffix. Links are left out, and so is what cannot be listed."""
    with suppress(UnreadableFile):
        for path, kind in entries_below(folder, ()):
            if stat.S_ISREG(kind) and path.endswith(suffix):
                yield Path(path)


def stamp_below(folder: Path) -> str:
    """A SHA-256 of the names, sizes and times of the files below a folder; links, and what Python compiles, are left out."""
    digest = hashlib.sha256()
    for path in sorted(plain_files(folder, "")):
        if path.parent.name != "__pycache__":
            with suppress(OSError):
                file = path.stat()
                digest.update(f"{visible(path)}\0{file.st_size}\0{file.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def digest_below(folders: Iterable[Path], suffixes: Collection[str], skipped: Collection[str] = ()) -> str:
    """A SHA-256 of the names and contents of the files with these suffixes below the folders.

    Args:
        folders: they need not exist.
        suffixes: those of the files that count.
        skipped: names of folders directly in one of the folders.

    Raises UnreadableFile when something below a folder is neither a folder, nor a file, nor a link to a file in it: even
    if its suffix does not count, a program that opens it would be blocked.
    """
    digest, size = hashlib.sha256(), 0
    for folder in folders:
        for path, kind in sorted(entries_below(folder, skipped)):
            counts = Path(path).suffix in suffixes
            if stat.S_ISDIR(kind) or (not counts and stat.S_ISLNK(kind) and not os.path.exists(path)):  # noqa: PTH110
                continue
            with os.fdopen(_opened(path, folder), "rb") as file:
                if not counts:
                    continue
                digest.update(f"{os.path.relpath(path, folder)}\0{os.fstat(file.fileno()).st_size}\0".encode())
                while chunk := file.read(1 << 20):
                    digest.update(chunk)
                    size += len(chunk)
                    if size > LARGEST_FOLDER:
                        raise UnreadableFile(folder, f"has more than {LARGEST_FOLDER:,} bytes", "Move data out of it.")
    return digest.hexdigest()


def _opened(path: str | Path, within: Path) -> int:
    """The descriptor of a plain file."""
    try:
        os.fsencode(path).decode("utf-8")
        free = os.fspath(within) == os.sep
        target = os.fspath(path) if free else os.path.realpath(path, strict=True)
        if not free and target != os.path.realpath(within) and not Path(target).is_relative_to(os.path.realpath(within)):
            raise UnreadableFile(path, f"is a link that leads out of {visible(within)}", "Replace it by a copy of the file.")
        kind = os.stat(target).st_mode  # noqa: PTH116
        # What is no file is not opened: opening a device can have effects. Without waiting, should it change meanwhile.
        handle = os.open(target, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC) if stat.S_ISREG(kind) else -1
    except UnicodeDecodeError:
        raise UnreadableFile(path, "has a name that is not UTF-8", "Rename it.") from None
    except ValueError:
        raise UnreadableFile(path, "has a name with a null character", "Rename it.") from None
    except UnreadableFile:
        raise
    except OSError as problem:
        raise _refused_by_system(path, problem) from None
    if handle >= 0 and stat.S_ISREG(os.fstat(handle).st_mode):
        return handle
    if handle >= 0:
        os.close(handle)
    what = _KINDS.get(stat.S_IFMT(kind), "something else")
    raise UnreadableFile(path, f"is {what} and not a file", "Replace it by a file, or remove it.")


def _refused_by_system(path: str | Path, problem: OSError) -> UnreadableFile:
    if problem.errno in (errno.ENOENT, errno.ENOTDIR):
        return UnreadableFile(path, "does not exist", "Create the file, or remove what points to it.")
    if problem.errno == errno.ELOOP:
        return UnreadableFile(path, "is a link that leads to itself", "Replace it by a file, or remove it.")
    return UnreadableFile(path, f"cannot be read: {problem.strerror}", "Replace it by a file that can be read.")


def entries_below(folder: Path, skipped: Collection[str]) -> Iterator[tuple[str, int]]:
    """The path and the mode of everything below a folder, links not followed. Raises UnreadableFile if one cannot be listed."""
    ahead, number = [os.fspath(folder)], 0
    while ahead:
        place = ahead.pop()
        try:
            with os.scandir(place) as listing:
                entries = [(entry.path, entry.name, entry.stat(follow_symlinks=False).st_mode) for entry in listing]
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as problem:
            raise _refused_by_system(place, problem) from None
        number += len(entries)
        if number > MOST_FILES:
            raise UnreadableFile(folder, f"holds more than {MOST_FILES:,} files", "Remove what is not part of it.")
        for path, name, mode in entries:
            if place == os.fspath(folder) and name in skipped:
                continue
            yield path, mode
            if stat.S_ISDIR(mode):
                ahead.append(path)


def real_path(path: str | Path) -> Path:
    """Where a path leads when all links are followed. `Path.resolve` raises RuntimeError for links that lead to each other."""
    return Path(os.path.realpath(path))
