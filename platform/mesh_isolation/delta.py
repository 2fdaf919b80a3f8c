"""Delta tables as delta-rs writes them: how a commit is made, and what the names of the files in a log mean.

Format: https://github.com/delta-io/delta/blob/master/PROTOCOL.md
"""

import os
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from mesh_isolation.column_types import delta_type
from mesh_isolation.files import make_durable, plain_path
from mesh_isolation.records import parse_json, read_own_text, shaped

KEEPS_HISTORY = {"delta.enableExpiredLogCleanup": "false"} | dict.fromkeys(
    ("delta.logRetentionDuration", "delta.deletedFileRetentionDuration"), "interval 18250 days"
)
"""Properties of a table that keep other writers from removing entries of its log or files of its earlier versions.

By default, every writer removes entries older than 30 days behind a checkpoint, and a vacuum files removed a week ago:
https://docs.delta.io/latest/delta-batch.html#data-retention. Fifty years, because delta-rs counts from 1970.
"""
_CHECKPOINT = re.compile(r"([0-9]{20})\.checkpoint\..*parquet")
_ENTRY = re.compile(r"[0-9]{20}(-[0-9]+)?\.json")
_STAGED = re.compile(r".+#\d+|_commit_.+\.tmp")
"""The names of delta-rs's temporary files, which it renames to commits."""


def commit_arguments(metadata: Mapping[str, str]) -> dict[str, Any]:
    """The arguments of every commit of delta-rs.

    They are its metadata; no retry after a conflict, since the other commit may have newer data; and no removal of old log
    entries, also in a table without KEEPS_HISTORY.
    """
    from deltalake import CommitProperties, PostCommitHookProperties

    return {
        "commit_properties": CommitProperties(custom_metadata=dict(metadata), max_commit_retries=0),
        "post_commithook_properties": PostCommitHookProperties(cleanup_expired_logs=False),
    }


def delta_schema(columns: Iterable[tuple[str, str, str]]) -> dict[str, Any]:
    """Columns, each with its name, its DuckDB type and its description, as the schema of a Delta table.

    All columns are nullable in Delta: the audit checks `required`, and relaxing it needs no new table.
    """
    fields = [
        {"name": name, "type": delta_type(kind), "nullable": True, "metadata": {"comment": text} if text else {}}
        for name, kind, text in columns
    ]
    return {"type": "struct", "fields": fields}


@dataclass(frozen=True)
class Commit:
    """One entry of the log of a table."""

    number: int
    info: Mapping[str, Any]
    """The commit's own metadata, Delta's `commitInfo`."""
    added: frozenset[str]
    """The data files that it added, as paths relative to the folder of the table."""
    removed: frozenset[str]
    """The data files that it removed from the version."""
    partitions: Sequence[Mapping[str, str | None]]
    """The partition values of each of these files: `{"day": "2017-01-31"}`."""

    @cached_property
    def days(self) -> frozenset[date] | None:
        """The days of the files that it added or removed; None if some file has no day."""
        values = [value for part in self.partitions for value in (part or {"": None}).values()]
        return None if None in values else frozenset(map(date.fromisoformat, values))


def read_commit(entry: Path, number: int) -> Commit:
    """The commit in an entry of a log; its `info` is None if it has none.

    Raises UnreadableFile when it cannot be read, and ValueError, TypeError, KeyError or AttributeError when it is not valid.
    """
    # A line ends with a line feed alone: other marks that end lines may stand in a text.
    actions = [shaped(parse_json(line), dict[str, Any]) for line in filter(None, read_own_text(entry).split("\n"))]
    info = next((shaped(action["commitInfo"], dict[str, Any]) for action in actions if "commitInfo" in action), None)
    added, removed = ([action[kind] for action in actions if kind in action] for kind in ("add", "remove"))
    paths = (frozenset(plain_path(unquote(part["path"])) for part in parts) for parts in (added, removed))
    values = shaped([part.get("partitionValues") or {} for part in (*added, *removed)], list[dict[str, str | None]])
    return Commit(number, info, *paths, values)


def last_checkpoint(log: Path) -> int:
    """The version of the newest checkpoint in the folder of a log; -1 if there is none."""
    return max((int(match[1]) for file in log.iterdir() if (match := _CHECKPOINT.fullmatch(file.name))), default=-1)


HINT = "_last_checkpoint"
"""The name of the file in which a writer notes the newest checkpoint. Without it, a reader lists the folder."""


def is_gone(entry: Path) -> bool:
    """Whether there is no such file. Without permission to look for it, that is not known."""
    try:
        entry.lstat()
    except OSError as problem:
        return isinstance(problem, FileNotFoundError)
    return False


def is_plain_file(entry: Path) -> bool:
    """Whether it is a file and no link. Without permission to look for it, it is none."""
    return os.path.isfile(entry) and not os.path.islink(entry)  # noqa: PTH113, PTH114 - those of `Path` raise an error then


def set_aside(entry: Path) -> bool:
    """Moves a file out of the log of a table, into the table's folder `_damaged`; returns whether it was there.

    Raises OSError if it cannot be moved.
    """
    if not os.path.lexists(entry):
        return False
    aside = entry.parents[1] / "_damaged"
    aside.mkdir(exist_ok=True)
    entry.rename(aside / f"{entry.stem}-{uuid.uuid4().int}{entry.suffix}")
    make_durable(aside, entry.parent)
    return True


def set_hint_aside(log: Path) -> bool:
    """Moves the note of the newest checkpoint out of the log of a table; returns whether it was there and is gone."""
    with suppress(OSError):
        return set_aside(log / HINT)
    return False


def was_published(table: Path) -> bool:
    """Whether the folder of a table has an entry of a log, readable or not, also one that was set aside.

    A folder that cannot be listed has none: nothing is published there before it can.
    """
    with suppress(OSError):
        folders = (table / "_delta_log", table / "_damaged")
        return any(_ENTRY.fullmatch(file.name) for folder in folders if folder.is_dir() for file in folder.iterdir())
    return False


def staged_commits(log: Path) -> Iterator[Path]:
    """The files of commits that were written and never made, in the folder of a log."""
    return (file for file in log.glob("*") if _STAGED.fullmatch(file.name))
