"""Reading versions from a port's files, and serving only versions whose files are all undamaged."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from mesh_isolation.column_types import stored_type
from mesh_isolation.delta import HINT, is_plain_file, set_hint_aside
from mesh_isolation.text import reason_of
from mesh_platform.errors import PortDamaged
from mesh_platform.port.commit_log import CommitLog
from mesh_platform.port.place import major_of, port_flaws
from mesh_platform.port.version import PortVersion, Provenance, committed_at, damaged_version, not_yet

if TYPE_CHECKING:
    from deltalake import DeltaTable


def published_numbers(log: CommitLog) -> list[int]:
    """The sorted numbers of all versions, damaged ones included. Raises UnknownPort when there are none."""
    if numbers := log.numbers():
        return numbers
    raise not_yet(log.address, log.table.name)


def logged_version(log: CommitLog, number: int) -> PortVersion:
    """The version as its own log entry describes it, without files. Raises PortDamaged when the entry is damaged.

    delta-rs is not used: it numbers a history from the version at which the table was opened, which is wrong when another
    process commits meanwhile.
    """
    info, major = log.read(number).info, major_of(log.table.name)
    try:
        provenance, committed = Provenance.from_metadata(info), committed_at(info)
    except (ValueError, TypeError, KeyError, OverflowError) as problem:
        raise log.damaged(number, f"{log.file(number)} states no valid provenance") from problem
    return PortVersion(log.address, number, committed, provenance, major=1 if major is None else major)


def newest_logged(log: CommitLog, below: int | None = None) -> PortVersion | None:
    """The newest version whose log entry can be read, without files; of those with a smaller number than `below`, if given."""
    for number in reversed(log.numbers(unreadable=[])):
        with suppress(PortDamaged):
            if below is None or number < below:
                return logged_version(log, number)
    return None


def whole_version(log: CommitLog, number: int) -> PortVersion:
    """That version with its files. Raises PortDamaged when its commit or one of its files is damaged."""
    version, sizes = listed_version(log, number)
    check_files(log, version, sizes)
    return version


def listed_version(log: CommitLog, number: int) -> tuple[PortVersion, dict[Path, int]]:
    """That version, and the recorded size in bytes of each of its files. The files themselves are not checked.

    Raises PortDamaged when its commit cannot be read.
    """
    version, table = logged_version(log, number), open_table(log, number)
    parts = table.get_add_actions()
    sizes = {log.table / unquote(path): size for path, size in zip(parts["path"].to_pylist(), parts["size_bytes"].to_pylist())}
    counts = parts["num_records"].to_pylist() if sizes else []
    fields = json.loads(table.schema().to_json())["fields"]
    version = replace(
        version,
        files=tuple(sizes),
        place=log.place,
        listed_rows=None if None in counts else sum(counts),
        columns=tuple(field["name"] for field in fields),
        types=tuple(stored_type(field["type"]) for field in fields),
        partition=next(iter(table.metadata().partition_columns), None),
    )
    return version, sizes


def files_by_version(log: CommitLog) -> Iterator[tuple[int, frozenset[str]]]:
    """Every version with its files, as paths relative to the port's folder, oldest first; computed from the commits.

    A checkpoint replaces the first commits if they have been removed. Raises PortDamaged at a damaged log entry.
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
    """The numbers of the versions whose files all still exist."""
    stored = log.place.names()
    try:
        return {number for number, files in files_by_version(log) if files <= stored}
    except PortDamaged:  # check each version by itself, which is slower: a checkpoint may replace the damaged entry
        readable = set()
        for number in log.numbers(unreadable=[]):
            with suppress(PortDamaged):
                _, sizes = listed_version(log, number)
                readable |= {number} if len(log.place.sizes(sizes)) == len(sizes) else set()
        return readable


def newest_whole_version(log: CommitLog) -> PortVersion:
    """The version to serve: the newest undamaged one. If it is not the newest, its `damage` says why.

    Raises UnknownPort when nothing has been published, PortDamaged when every version is damaged.
    """
    *older, newest = published_numbers(log)
    try:
        return whole_version(log, newest)
    except PortDamaged as damage:
        damaged_entry = log.first_damage()
        for number in reversed(older):
            if damaged_entry and number > damaged_entry[0]:
                continue  # no version after a damaged entry can be opened, and trying takes time
            with suppress(PortDamaged):
                message = f"{damage.found} Version {number} is served instead. {damage.way_out}"
                return replace(whole_version(log, number), damage=message)
        raise


def open_table(log: CommitLog, number: int | None = None) -> "DeltaTable":
    """The Delta table at a version; without a number, the newest version, opened for the next commit.

    Raises PortDamaged when its log cannot be read. Where the hint at the newest checkpoint may be why, it is set aside.
    """
    from deltalake import DeltaTable

    if not is_plain_file(hint := log.folder / HINT):
        set_hint_aside(log.folder)  # delta-rs would wait for a writer of a pipe
    try:
        return DeltaTable(log.place.uri if number is None else log.table, version=number)
    except Exception as problem:  # whatever it finds in a file that was changed
        if set_hint_aside(log.folder) or (number is None and log.place.remote and log.place.set_aside(hint)):
            return open_table(log, number)
        damage = log.first_damage() or (0, log.damaged(number or 0, f"delta-rs reports: {reason_of(problem)}"))
        raise damage[1] from problem


def damaged_files(log: CommitLog, sizes: Mapping[Path, int]) -> dict[Path, str]:
    """What is wrong with these files, of the recorded sizes, by file: it is missing, or its size or its content has changed.

    Copies of files in a bucket are verified when they are fetched.
    """
    stored, damaged = log.place.sizes(sizes), {}
    for file, size in sizes.items():
        if file not in stored:
            damaged[file] = f"{file} is missing"
        elif stored[file] != size:
            damaged[file] = f"{file} has {stored[file]:,} bytes and was written with {size:,}"
    return damaged if log.place.remote else damaged | port_flaws(log.table, [file for file in sizes if file not in damaged])


def check_files(log: CommitLog, version: PortVersion, sizes: Mapping[Path, int]) -> None:
    """Raises PortDamaged when a file of that version is missing or damaged, or its commits list other files."""
    reasons = [*damaged_files(log, sizes).values()]
    if version.listed_rows not in (None, version.rows):
        reasons.append(f"its number of rows is {version.listed_rows:,} in its files and {version.rows:,} in its commit")
    if reasons:
        raise damaged_version(log.address, version.number, reasons[0])
