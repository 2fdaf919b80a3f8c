"""Names in the messages of a build: shown if they stand in a file that people wrote, since a value can become a name as well.

Jinja pastes what a query returns into SQL, and PIVOT makes columns of values. DuckDB names what it does not find before it
reads a row.
"""

import errno
import os
import re
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from functools import cache, cached_property
from pathlib import Path

from mesh_isolation.team_files import UnreadableFile, open_file, plain_files, read_team_text
from mesh_isolation.text import ENGINE_ERROR, QUOTED

_WORD = re.compile(r"\w+")
_SHORT_NUMBER = re.compile("[0-9]{1,2}")
_LENGTHS = re.compile(r"(?<=\w)\(\d{1,2}(?:, ?\d{1,2})?\)")
_OF_DBT = re.compile(r"__dbt_+[a-z]+(_+\d+)?(__)?|^dbt_[a-z_]+$")
"""What dbt adds to the name of a model for a table of its own."""
_SIZE = re.compile(r"\b\d+(?:\.\d+)? ?(?:bytes|[KMGT]i?B)\b|\b\d{1,3}(?:,\d{3})+\b")
_GONE = re.compile(r"…(?:[^\w\s'\"]*\s?[^\w\s'\"]*…)+")
_TEXTS = (".sql", ".yml", ".yaml", ".py", ".md", ".toml")
_HEAD = 100_000
"""The most bytes of the first line of a file of rows."""


class KnownNames:
    """The names that a build may use in its messages; files are read when a message is shown first.

    Args:
        folders: those whose files people wrote.
        more: texts that hold further names, such as paths.
    """

    def __init__(self, folders: Iterable[Path], more: Iterable[object] = ()) -> None:
        self._folders, self._more = list(folders), list(more)

    @cached_property
    def texts(self) -> Mapping[Path, str]:
        """By file, its text; of a file of rows, its first line, and of one that is no text or cannot be read, nothing."""
        return {path: _text(path) for folder in self._folders for path in plain_files(folder, "")}

    @cached_property
    def _names(self) -> set[str]:
        texts = [*map(str, self._more), *map(str, self.texts), *self.texts.values()]
        return _engine_names() | {word.casefold() for text in texts for word in _WORD.findall(text)}

    def has(self, name: str) -> bool:
        """Whether a name may be shown. A number may if a file contains it, or if it is a length as in `VARCHAR(10)`."""
        return all(_is_known(word, self._names) for word in _WORD.findall(_LENGTHS.sub("", name)))

    def shown(self, message: str) -> str:
        """The message with `…` for each name that stands in no file; what is quoted is shown as a whole or not at all."""

        def quoted(match: re.Match) -> str:
            return match[0] if self.has(match[0]) else f"{match[0][0]}…{match[0][-1]}"

        kind = ENGINE_ERROR.search(message)
        # Other errors hold names without quotes, and a value that became a name can look like a size.
        found = _SIZE.findall(message) if not kind or kind[1] == "Out of Memory Error" else ()
        sizes = {word.casefold() for size in found for word in _WORD.findall(size)}
        known = self._names | _engine_words() | sizes
        text = QUOTED.sub(quoted, message)
        return _GONE.sub("…", _WORD.sub(lambda word: word[0] if _is_known(word[0], known, numbers=True) else "…", text))


def _is_known(word: str, known: Collection[str], numbers: bool = False) -> bool:
    """Whether a word is known without what dbt adds to it; with `numbers`, every short number is."""
    own = _OF_DBT.sub("", word).casefold()
    return not own or own in known or (numbers and bool(_SHORT_NUMBER.fullmatch(own)))


def _text(path: Path) -> str:
    with suppress(UnreadableFile, OSError):
        if path.suffix in _TEXTS:
            return read_team_text(path)
        if path.suffix == ".csv":
            with open_file(path) as file:
                return file.readline(_HEAD).decode("utf-8", "replace")
    return ""


@cache
def _engine_words() -> frozenset[str]:
    """The words of messages outside quotes, from the texts in DuckDB 1.5 and dbt 1.11, and those of the system."""
    own = Path(__file__).with_name("engine_words.txt").read_text(encoding="utf-8").split()
    return frozenset([*own, *(word.casefold() for number in errno.errorcode for word in _WORD.findall(os.strerror(number)))])


@cache
def _engine_names() -> frozenset[str]:
    """What has a name before anything is created: functions, types, keywords, settings and schemas."""
    import duckdb

    with duckdb.connect() as connection:
        rows = connection.execute(
            "SELECT function_name FROM duckdb_functions() UNION SELECT type_name FROM duckdb_types() UNION "
            "SELECT logical_type FROM duckdb_types() UNION SELECT keyword_name FROM duckdb_keywords() UNION "
            "SELECT name FROM duckdb_settings() UNION SELECT schema_name FROM duckdb_schemas() UNION "
            "SELECT unnest(parameters) FROM duckdb_functions() UNION "
            "SELECT unnest(['memory', 'raw', 'integer_literal', 'string_literal'])"
        ).fetchall()
    return frozenset(word.casefold() for (name,) in rows if name for word in _WORD.findall(name))
