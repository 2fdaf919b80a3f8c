"""The first look at a source file: is it the file its owner described, before a single row is read?"""

import csv
from pathlib import Path

from mesh_platform.errors import SourceError
from mesh_platform.ingestion.source import CsvSource

_UTF8_MARK = b"\xef\xbb\xbf"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


def check_folder(folder: Path) -> None:
    """Raises SourceError when there is no such source folder."""
    if not folder.is_dir():
        raise SourceError(f"There is no source folder {folder}.", "Name an existing one with --source.")


def find_file(source: CsvSource, folder: Path, samples: Path | None = None) -> Path:
    """The source's file in `folder`, else the one of its name in `samples`, if that is given.

    Raises SourceError when there is neither.
    """
    path = folder / source.file
    if path.is_file():
        return path
    if samples and (sample := samples / path.name).is_file():
        return sample
    raise SourceError(
        f"The source folder {folder} has no file {source.file}.",
        "Put the file there, or name another folder with --source.",
    )


def check_header(source: CsvSource, path: Path) -> None:
    """Raises SourceError when the file is empty, in another encoding or delimiter, or has other columns."""
    with path.open("rb") as file:
        first = file.readline()
    if not first.strip():
        raise SourceError(f"{path} is empty: it has no header.", "Export it again.")
    if first.startswith(_WIDE_MARKS):
        raise SourceError(f"{path} is UTF-16, by its byte-order mark.", "Export it as UTF-8.")
    if first.startswith(_UTF8_MARK):
        if not source.byte_order_mark:
            raise SourceError(
                f"{path} begins with a byte-order mark, which it did not use to have.",
                "Export it as UTF-8 without one; if its owner means it, say byte_order_mark=True where the source is declared.",
            )
        first = first.removeprefix(_UTF8_MARK)
    try:
        line = first.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise SourceError(f"{path}, line 1, is not UTF-8.", "Export the file as UTF-8.") from None
    _check_columns(source, path, line)


def _check_columns(source: CsvSource, path: Path, line: str) -> None:
    expected = [*source.columns, *([""] if source.trailing_comma else [])]
    try:
        found = next(csv.reader([line]))
    except csv.Error as problem:
        raise SourceError(f"The header of {path} is no line of CSV: {problem}.", "Export the file again, as text.") from None
    if found == expected:
        return
    for delimiter, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if len(found) == 1 and len(next(csv.reader([line], delimiter=delimiter))) > 1:
            raise SourceError(f"{path} separates its columns with {name}.", "Export it with commas.")
    lost = [name for name in expected if name not in found]
    gained = [name for name in found if name not in expected]
    changes = [f"lost {', '.join(lost)}"] if lost else []
    changes += [f"gained {', '.join(name or 'a column without a name' for name in gained)}"] if gained else []
    raise SourceError(
        f"The header of {path} has {' and '.join(changes) or 'its columns in another order'}.",
        "Export the file as before, or change the columns where the source is declared.",
    )
