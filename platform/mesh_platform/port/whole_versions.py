"""Reading versions from a port's files, and serving none of which something is missing."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from mesh_platform.contract.types import stored_type
from mesh_platform.errors import PortDamaged, UnknownPort
from mesh_platform.port.commit_log import CommitLog
from mesh_platform.port.version import PortVersion, Provenance, committed_at

if TYPE_CHECKING:
    from deltalake import DeltaTable


def published_numbers(log: CommitLog) -> list[int]:
    """The numbers of all versions in order, damaged ones included. Raises UnknownPort when there is none."""
    if numbers := log.numbers():
        return numbers
    raise UnknownPort(
        f"{log.address} has no published version.",
        f"`mesh run {log.address}` publishes one; `mesh products` lists what there is.",
    )


def described(log: CommitLog, number: int) -> PortVersion:
    """What the commit says, without files, read from its own entry: delta-rs counts a history from the version a
    table was opened at, and gets it wrong when somebody commits in between. Raises PortDamaged."""
    info = log.read(number).info
    major = int(log.table.name[1:]) if log.table.name[1:].isdigit() else 1
    return PortVersion(log.address, number, committed_at(info), Provenance.from_metadata(info), major=major)


def whole_version(log: CommitLog, number: int) -> PortVersion:
    """That version with its files. Raises PortDamaged when its commit or one of its files is not whole."""
    version, sizes = listed_version(log, number)
    check_files(log, number, sizes)
    return version


def listed_version(log: CommitLog, number: int) -> tuple[PortVersion, dict[Path, int]]:
    """That version, and by file the bytes it was written with; nobody has looked at the files. Raises PortDamaged."""
    version, table = described(log, number), open_table(log, number)
    parts = table.get_add_actions()
    sizes = {log.table / unquote(path): size for path, size in zip(parts["path"].to_pylist(), parts["size_bytes"].to_pylist())}
    fields = json.loads(table.schema().to_json())["fields"]
    version = replace(
        version,
        files=tuple(sizes),
        place=log.place,
        columns=tuple(field["name"] for field in fields),
        types=tuple(stored_type(field["type"]) for field in fields),
        partition=next(iter(table.metadata().partition_columns), None),
    )
    return version, sizes


def files_by_version(log: CommitLog) -> Iterator[tuple[int, frozenset[str]]]:
    """Every version with the files it is made of, from the port's folder, oldest first; added up from the commits.

    Where the first commits are there no more, a checkpoint stands for them. Raises PortDamaged at a hole in the log.
    """
    files: frozenset[str] = frozenset()
    numbers = log.numbers()
    for number in range(numbers[0], numbers[-1] + 1) if numbers else ():
        commit = log.read(number)
        if number == numbers[0] > 0:
            parts = open_table(log, number).get_add_actions()
            files = frozenset(map(unquote, parts["path"].to_pylist()))
        else:
            files = files - commit.removed | commit.added
        yield number, files


def readable_versions(log: CommitLog) -> set[int]:
    """The numbers of the versions all of whose files are still there."""
    there = log.place.names()
    try:
        return {number for number, files in files_by_version(log) if files <= there}
    except PortDamaged:  # then each by itself, which takes longer: a checkpoint may make up for the hole
        return {number for number in log.numbers() if _all_there(log, number)}


def _all_there(log: CommitLog, number: int) -> bool:
    try:
        _, sizes = listed_version(log, number)
    except PortDamaged:
        return False
    return len(log.place.sizes(sizes)) == len(sizes)


def newest_whole_version(log: CommitLog) -> PortVersion:
    """The version to serve; if it is not the newest, its `damage` says why.

    Raises UnknownPort when nothing has been published, PortDamaged when no version is whole.
    """
    *older, newest = published_numbers(log)
    try:
        return whole_version(log, newest)
    except PortDamaged as damage:
        hole = log.first_damage()
        for number in reversed(older):
            if hole and number > hole[0]:
                continue  # nothing behind a hole can be opened, and trying takes time
            with suppress(PortDamaged):
                said = f"{damage.found} Version {number} is served instead. {damage.way_out}"
                return replace(whole_version(log, number), damage=said)
        raise


def open_table(log: CommitLog, number: int | None = None) -> "DeltaTable":
    """The Delta table at a version; without one, its newest where the next is committed.

    Raises PortDamaged when its log cannot be read.
    """
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    try:
        return DeltaTable(log.place.uri if number is None else log.table, version=number)
    except (DeltaError, OSError) as problem:
        if hole := log.first_damage():
            raise hole[1] from problem
        raise log.damaged(number or 0, f"delta-rs says: {reason_of(problem)}") from problem


def reason_of(problem: Exception) -> str:
    """What delta-rs says, without the stack of its own that some of its errors go on with."""
    return " ".join(re.split(r"\n +0: ", str(problem))[0].split())


def check_files(log: CommitLog, number: int, sizes: Mapping[Path, int]) -> None:
    """Raises PortDamaged for a file of that version that is gone, or that has not the length it was written with.

    The length is asked and not the content, since every reader does this.
    """
    there = log.place.sizes(sizes)
    for file, size in sizes.items():
        found = there.get(file)
        if found != size:
            said = f"{file} is missing" if found is None else f"{file} has {found:,} bytes and was written with {size:,}"
            raise PortDamaged(
                f"{log.address}: version {number} is damaged, {said}.",
                f"`mesh run {log.address}` publishes a new version; `mesh rollback {log.address}` serves an earlier one.",
            )
