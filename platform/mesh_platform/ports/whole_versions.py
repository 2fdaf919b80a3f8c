"""Reading versions from a port's files, and serving none of which something is missing."""

import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from mesh_platform.errors import PortDamaged, UnknownPort
from mesh_platform.ports.commit_log import CommitLog
from mesh_platform.ports.version import PortVersion, Provenance, committed_at

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
    version, table = described(log, number), open_table(log, number)
    parts = table.get_add_actions()
    sizes = dict(zip(map(unquote, parts["path"].to_pylist()), parts["size_bytes"].to_pylist()))
    for name, size in sizes.items():
        _check_part(log, number, log.table / name, size)
    return replace(
        version,
        files=tuple(log.table / name for name in sizes),
        columns=tuple(column.name for column in table.schema().fields),
    )


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
    """The Delta table at a version, or at its newest. Raises PortDamaged when its log cannot be read."""
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    try:
        return DeltaTable(log.table, version=number)
    except (DeltaError, OSError) as problem:
        if hole := log.first_damage():
            raise hole[1] from problem
        raise log.damaged(number or 0, f"delta-rs says: {reason_of(problem)}") from problem


def reason_of(problem: Exception) -> str:
    """What delta-rs says, without the stack of its own that some of its errors go on with."""
    return " ".join(re.split(r"\n +0: ", str(problem))[0].split())


def _check_part(log: CommitLog, number: int, file: Path, size: int) -> None:
    """The length of a file is asked and not its content, since every reader does this."""
    found = file.stat().st_size if file.exists() else None
    if found != size:
        said = f"{file} is missing" if found is None else f"{file} has {found:,} bytes and was written with {size:,}"
        raise PortDamaged(
            f"{log.address}: version {number} is damaged, {said}.",
            f"`mesh run {log.address}` publishes a new version; `mesh rollback {log.address}` serves an earlier one.",
        )
