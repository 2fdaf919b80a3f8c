"""The commits of a Delta table, read from their own files: what each said, added and removed.

Format: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#actions
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote


@dataclass(frozen=True)
class Commit:
    """One commit, with its actions in their order."""

    number: int
    actions: tuple[Mapping[str, Any], ...]

    @property
    def said(self) -> Mapping[str, Any]:
        """What it says of itself."""
        return next(action["commitInfo"] for action in self.actions if "commitInfo" in action)

    @property
    def added(self) -> list[str]:
        """The files it added, from the table's folder."""
        return [unquote(action["add"]["path"]) for action in self.actions if "add" in action]

    @property
    def removed(self) -> list[str]:
        """The files it removed, from the table's folder."""
        return [unquote(action["remove"]["path"]) for action in self.actions if "remove" in action]

    @cached_property
    def days(self) -> frozenset[date] | None:
        """The days whose files it added or removed; None when there are files of no day."""
        files = [part for action in self.actions for part in (action.get("add"), action.get("remove")) if part]
        values = [value for part in files for value in (part.get("partitionValues") or {"": None}).values()]
        return None if None in values else frozenset(map(date.fromisoformat, values))


def read_commit(log: Path, number: int) -> Commit | None:
    """The commit with that number in the folder `log`; None when it is not there, or not there any more."""
    try:
        lines = (log / f"{number:020d}.json").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    return Commit(number, tuple(json.loads(line) for line in lines if line))


def commit_numbers(log: Path) -> list[int]:
    """The numbers of all commits that are there, in order."""
    return sorted(int(file.stem) for file in log.glob("*.json") if file.stem.isdigit())


def files_by_version(table: Path) -> Iterator[tuple[int, frozenset[str]]]:
    """Every version with the files it is made of, from the folder `table`, oldest first; added up from the commits.

    Where the first commits are there no more, a checkpoint stands for them, and delta-rs reads it.
    """
    log, files = table / "_delta_log", None
    for number in commit_numbers(log):
        commit = read_commit(log, number)
        if files is None and number:
            files = _files_at(table, number)
        else:
            files = ((files or frozenset()) - set(commit.removed)) | set(commit.added)
        yield number, files


def readable_versions(table: Path) -> set[int]:
    """The numbers of the versions all of whose files are still there."""
    there = {file.relative_to(table).as_posix() for file in table.rglob("*.parquet")}
    return {number for number, files in files_by_version(table) if files <= there}


def _files_at(table: Path, number: int) -> frozenset[str]:
    from deltalake import DeltaTable

    uris = DeltaTable(table, version=number).file_uris()
    return frozenset(Path(unquote(uri.removeprefix("file://"))).relative_to(table).as_posix() for uri in uris)
