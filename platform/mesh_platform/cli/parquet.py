"""A Parquet file that a command names, looked at before anything reads it."""

from pathlib import Path

from mesh_platform.errors import FileRefused


def parquet_file(text: str) -> Path:
    """The file's path. Raises FileRefused when it is not there, no Parquet, or cut off.

    Parquet files begin and end with PAR1: https://parquet.apache.org/docs/file-format/
    """
    path = Path(text).absolute()
    try:
        with path.open("rb") as opened:
            begins = opened.read(4)
            opened.seek(-4, 2)
            whole = begins == opened.read(4) == b"PAR1"
    except OSError as problem:
        raise FileRefused(f"{text} cannot be read: {problem.strerror}.", "Name a Parquet file.") from problem
    if not whole:
        raise FileRefused(f"{text} is no Parquet file, or was cut off.", "Name a whole Parquet file.")
    return path
