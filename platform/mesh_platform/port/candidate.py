"""Whether a candidate is a whole Parquet file, asked of its two ends first: what was cut short has lost its footer.

Format: https://parquet.apache.org/docs/file-format/
"""

from pathlib import Path

from mesh_platform.errors import PublishError
from mesh_platform.names import PortAddress, literal

_MAGIC = b"PAR1"
_FOOTER_LENGTH = 4


def check_whole(candidate: Path, address: PortAddress) -> None:
    """Raises PublishError for a candidate that is missing or is not a whole Parquet file."""
    try:
        size = candidate.stat().st_size
        with candidate.open("rb") as file:
            head = file.read(len(_MAGIC))
            file.seek(max(0, size - len(_MAGIC) - _FOOTER_LENGTH))
            tail = file.read()
    except OSError as problem:
        raise PublishError(
            f"{address} was not published: its candidate cannot be read: {problem}.", "What was served before is served still."
        ) from problem
    footer = int.from_bytes(tail[:_FOOTER_LENGTH], "little")
    ends = 2 * len(_MAGIC) + _FOOTER_LENGTH
    if not (size > ends and head == tail[_FOOTER_LENGTH:] == _MAGIC and footer <= size - ends):
        raise PublishError(
            f"{address} was not published: its candidate {candidate} is no whole Parquet file; it has {size:,} bytes "
            "and was cut short or written over.",
            f"What was served before is served still; `mesh run {address}` builds the candidate anew.",
        )


def check_readable(candidate: Path, address: PortAddress) -> None:
    """Reads all of a candidate, which takes its time. Raises PublishError when something in it is no Parquet."""
    import duckdb

    try:
        with duckdb.connect() as connection:
            connection.execute(f"SELECT max(hash(row)) FROM read_parquet({literal(candidate)}) AS row").fetchall()
    except duckdb.Error as problem:
        raise PublishError(
            f"{address} was not published: its candidate {candidate} cannot be read: {str(problem).splitlines()[0]}.",
            f"What was served before is served still; `mesh run {address}` builds the candidate anew.",
        ) from problem
