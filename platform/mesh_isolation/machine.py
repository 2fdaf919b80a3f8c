"""Faults of the machine: a full, read-only or failing disk, a refused file or process, a damaged database."""

import errno
import os
import re
import resource
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from mesh_isolation.team_files import UnreadableFile
from mesh_isolation.text import brief

DUCKDB, SQLITE = "DuckDB", "SQLite"

DAMAGED = {
    DUCKDB: "Restore it from a backup, or delete it and run the domain: the tables of a warehouse are built again from the "
    "sources. Only what dbt's snapshots recorded is lost with it; published versions are not in it.",
    SQLITE: "Restore the folder from a backup, or move it away: the next run makes a new one. The UI then shows no earlier "
    "runs; published versions, their history and the quarantine are not in it.",
}
"""What to do about a damaged database, by its engine."""

CLOCK_TOLERANCE = timedelta(seconds=60)
"""How far in the future a time may be that another machine wrote: clocks are often corrected by seconds."""


class SystemFault(NamedTuple):
    """What the machine refused."""

    found: str
    """A sentence with the path, as far as the error names one."""
    way_out: str
    """A sentence; empty for a damaged database, for which only its owner knows what it held."""
    damaged: str = ""
    """The engine of a damaged database: DUCKDB or SQLITE; empty for other faults."""


_SPACE = "Free space on that disk, or move the home to another one and set MESH_HOME, and run it again."
_OWNER = "Correct its owner and its permissions, and run it again."
_WAYS_OUT = {
    errno.ENOSPC: _SPACE,
    errno.EDQUOT: _SPACE,
    errno.EFBIG: "Raise the limit of the file size (`ulimit -f`), and run it again.",
    errno.EROFS: "Make the disk writable, or move the home to another one and set MESH_HOME, and run it again.",
    errno.EACCES: _OWNER,
    errno.EPERM: _OWNER,
    errno.EISDIR: "Put a file in the place of the folder, and run it again.",
    errno.ENOTDIR: "Put a folder in the place of the file, and run it again.",
    errno.EIO: "Look for errors of the disk in the system's log.",
    errno.EMFILE: "Raise the limit of open files (`ulimit -n`), and run it again.",
    errno.ENFILE: "End processes that hold many files open, and run it again.",
    errno.ENOMEM: "End processes that use much memory, and run it again.",
}
_PROCESSES = (errno.EAGAIN, errno.ENOMEM)
"""The errors of a new process or thread: too many of them, or too little memory for one more. They name no file."""
_NO_THREAD = re.compile(f"can't start new thread|thread.*{os.strerror(errno.EAGAIN)}")
"""The messages of Python, DuckDB and delta-rs when a thread does not start."""
_FEWER = "End processes, or raise the limit of processes (`ulimit -u`, or that of the container), and run it again."
_OTHER = "Correct the file or the folder, and run it again; --debug shows what needed it."
_SQLITE = {"FULL": errno.ENOSPC, "READONLY": errno.EROFS, "IOERR": errno.EIO, "CANTOPEN": errno.EACCES, "PERM": errno.EACCES}
"""The result codes of SQLite for faults of the system: https://sqlite.org/rescode.html"""
_SQLITE_DAMAGED = (
    "SQLITE_CORRUPT",
    "SQLITE_NOTADB",
    "CommandError",
    "DagsterInstanceSchemaOutdated",
    "DatabaseUnreadable",
)
"""SQLite's codes for damage, and Dagster's errors for a database that is half made or that another version has made."""
_DUCKDB_DAMAGED = re.compile(
    "not a valid DuckDB database|Could not read enough bytes|Corrupt database file|Failed to deserialize"
    "|database file with version|replaying WAL"
)
"""DuckDB's messages for a database that is damaged, or that another version has written."""
_PATH = re.compile(r'["\'](/[^"\']+)["\']')
_LIBRARIES = ("duckdb", "deltalake", "builtins")
_PANIC = "pyo3_runtime"
"""Where delta-rs's errors come from that it does not expect, such as a thread that does not start."""


class DatabaseUnreadable(Exception):
    """A library cannot read what its own database holds: it was changed by something else."""


@contextmanager
def reading_database(library: str) -> Iterator[None]:
    """Inside the block, or in a function that it decorates, an error that a library raises about its own database is damage.

    Random bytes make a library fail in any way: with an error of its parser, a key that is missing, a text that is not UTF-8.

    Args:
        library: the package whose code raises the error, or calls what raises it; errors of other code pass.
    """
    try:
        yield
    except Exception as problem:
        frames = traceback.walk_tb(problem.__traceback__)
        inside = any(frame.f_globals.get("__name__", "").split(".")[0] == library for frame, _ in frames)
        if fault_of(problem) or not inside or _is_at_work(problem):
            raise
        raise DatabaseUnreadable(f"{type(problem).__name__}: {brief(_message(problem))}") from problem


def _is_at_work(problem: BaseException | None) -> bool:
    """Whether the database of such an error is locked, or is none of SQLite."""
    while problem is not None:
        kind = type(problem).__module__.partition(".")[0]
        if getattr(problem, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_INTERRUPT")):
            return True
        if kind == "sqlalchemy" and type(problem.__cause__).__module__ != "sqlite3":
            return True
        problem = problem.__cause__
    return False


def fault_of(problem: BaseException | None) -> SystemFault | None:
    """The fault that an error of the system, SQLite, DuckDB or delta-rs, or its cause, stems from; None for other errors."""
    while problem is not None:
        if fault := _fault(problem):
            return fault
        problem = problem.__cause__
    return None


def _fault(problem: BaseException) -> SystemFault | None:
    kind, message = type(problem), _message(problem)
    library = kind.__module__.partition(".")[0].lstrip("_")
    code = getattr(problem, "sqlite_errorname", kind.__name__)
    file = getattr(problem, "filename", None)
    if isinstance(problem, UnreadableFile):
        return SystemFault(problem.found, problem.way_out)
    if isinstance(problem, FileNotFoundError) and _NO_SCRATCH in message:
        return _no_scratch()
    if code.startswith(_SQLITE_DAMAGED):
        return SystemFault(f"it reports: {message.rstrip('.')}.", "", SQLITE)
    if number := _no_process(problem, library, message):
        return SystemFault(
            f"The system starts no further process or thread: {os.strerror(number)}.", _WAYS_OUT.get(number, _FEWER)
        )
    if isinstance(problem, OSError):
        number = problem.errno if file is not None or problem.errno in _WAYS_OUT else None
    elif library == "sqlite3":
        number = next((number for name, number in _SQLITE.items() if code.startswith(f"SQLITE_{name}")), None)
        state = _state_of_disks()[0]
        number = state if number and state else number  # SQLite does not name the system's error
        number = errno.EACCES if number == errno.EROFS and not state else number  # READONLY is a lack of permission, too
    elif library in _LIBRARIES:
        file = (match := _PATH.search(message)) and match[1] or file
        if library == "duckdb" and _DUCKDB_DAMAGED.search(message) and not str(file).endswith(".parquet"):
            return SystemFault(f"The database {file or 'in use'} is damaged: {message.rstrip('.')}.", "", DUCKDB)
        number = _number_in(message)
    else:
        return None
    if number is None:
        return None
    way_out = _WAYS_OUT.get(number, _OTHER)
    if number == errno.EIO and (limit := _limit_of_files()) is not None:  # SQLite reports one error for both
        way_out = f"No file may have more than {limit:,} bytes here: raise that limit (`ulimit -f`). Otherwise: {way_out}"
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        file = _refusing_folder(file)
    return SystemFault(f"The system refuses {file or _state_of_disks()[1]}: {os.strerror(number)}.", way_out)


def _no_process(problem: BaseException, library: str, message: str) -> int | None:
    """The system's error if no process or thread could be started; None for other errors."""
    if isinstance(problem, OSError):
        return problem.errno if problem.filename is None and problem.errno in _PROCESSES else None
    return errno.EAGAIN if library in (*_LIBRARIES, _PANIC) and _NO_THREAD.search(message) else None


def _refusing_folder(file: object) -> str | None:
    """In place of a file that does not exist, the folder that may not be written; if no file is named, such a folder in use."""
    if not isinstance(file, (str, Path)):
        refusing = (folder for folder in _folders_in_use() if Path(folder).is_dir() and not os.access(folder, os.W_OK))
        return None if file is not None else next(refusing, None)
    here = Path(file).absolute()
    return str(file) if os.path.lexists(here) else str(next(folder for folder in here.parents if folder.is_dir()))


def _message(problem: BaseException) -> str:
    try:
        return " ".join(str(problem).split())
    except Exception:  # an error of a team's own
        return ""


def way_out_of(message: str) -> str:
    """What to do about a library's message that contains a system's; empty if it contains none."""
    return _WAYS_OUT.get(_number_in(message), "")


def _number_in(message: str) -> int | None:
    return next((number for number in _WAYS_OUT if os.strerror(number) in message), None)


_NO_SCRATCH = "No usable temporary directory"
"""How the message of Python's `tempfile` begins when it can write to none of its folders."""


def _no_scratch() -> SystemFault:
    number = errno.EFBIG if _limit_of_files() is not None else _state_of_disks()[0]
    way_out = _WAYS_OUT[number] if number else "Set TMPDIR to a folder that can be written to, and run it again."
    reason = f": {os.strerror(number)}" if number else ""
    return SystemFault(f"No folder for temporary files can be written to{reason}.", way_out)


def _limit_of_files() -> int | None:
    """The most bytes that this process may write to a file; None without a limit."""
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    return None if limit == resource.RLIM_INFINITY else limit


def _state_of_disks() -> tuple[int | None, str]:
    """For an error that names no file: ENOSPC or EROFS if a disk in use is full or read-only, and a folder on it.

    It is asked while an error is described, so whatever fails here is left out.
    """
    folders = list(_folders_in_use())
    for folder in filter(os.path.isdir, folders):
        with suppress(OSError):
            disk = os.statvfs(folder)
            if disk.f_flag & os.ST_RDONLY or disk.f_bavail * disk.f_frsize < 1 << 20:
                return errno.EROFS if disk.f_flag & os.ST_RDONLY else errno.ENOSPC, f"a file in {folder}"
    return None, f"a file in {folders[0]}" if folders else "a file"


def _folders_in_use() -> Iterator[str]:
    for name in ("MESH_HOME", "DAGSTER_HOME"):
        if folder := os.environ.get(name):
            yield folder
    with suppress(OSError):  # the working directory was removed
        yield str(Path.cwd())
    with suppress(OSError):
        yield tempfile.gettempdir()
