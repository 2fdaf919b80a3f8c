"""Ports in a bucket: data files are stored there before the commit, and copied from there when somebody reads them.

The folder of such a port is a copy: of its log, brought up to date whenever somebody asks for it, and of the data files
that were read or written on this machine. Nothing in a port ever changes once it is there, so a file of the right
name is the right file. What DuckDB reads is a local file, as ever.

The bucket takes the place of the disk's confirmation and of the locks: S3 has stored an object when it says so, and a
commit is a conditional put, which one of any number of writers wins. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

import os
import re
import time
import uuid
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from mesh_platform.errors import PortsUnreachable, ProjectError, PublishError
from mesh_platform.port.place import Place, make_durable, uptime

if TYPE_CHECKING:
    from obstore.store import S3Store

_LOG = "_delta_log"
_AT_ONCE = 8
_CHUNK = 8 * 1024 * 1024
_UNUSED = timedelta(days=1)
"""A copy that nobody has read for so long makes room; so does a stored file that nobody has committed meanwhile."""


@dataclass(frozen=True)
class Bucket(Place):
    """The place of a port that is kept in a bucket."""

    url: str
    """Of the bucket and the prefix below which all ports lie."""

    @property
    def prefix(self) -> str:
        return "/".join(self.folder.parts[-3:])

    @property
    def uri(self) -> str:
        return f"{self.url}/{self.prefix}"

    def refresh(self) -> None:
        """Raises PortsUnreachable."""
        folder = self.folder / _LOG
        folder.mkdir(parents=True, exist_ok=True)
        here = list(folder.glob("*.json"))  # before the bucket is asked: another process may copy a newer one meanwhile
        listed = {Path(name).name: size for name, size in self._listed(f"{_LOG}/").items()}
        entries = {name: size for name, size in listed.items() if name.endswith((".json", ".parquet"))}
        # A copy of what the bucket has never had, or has lost: what it says is what counts.
        for file in here:
            if file.name not in entries and file.name > min(entries, default=""):
                file.unlink(missing_ok=True)
        self._copy(folder / name for name, size in entries.items() if _size(folder / name) != size)

    def set_aside(self, entry: Path) -> bool:
        """An entry is put whole or not at all, so a damaged one is somebody's doing, and may be history for others."""
        return False

    def check_first_commit(self) -> None:
        with _answering(self.url):
            import obstore
            from obstore.exceptions import AlreadyExistsError

            for _ in range(2):
                try:
                    obstore.put(_store(self.url), f"{self.prefix}/_put_once", b"", mode="create")
                except AlreadyExistsError:
                    return
        raise PublishError(
            f"{self.url} overwrites an object that was to be put only if it is not there (If-None-Match).",
            "Two publishes at once would lose one of them there: use a store with conditional writes.",
        )

    def majors(self) -> set[int]:
        with _answering(self.url):
            import obstore

            above = self.prefix.rpartition("/")[0]
            names = obstore.list_with_delimiter(_store(self.url), above)["common_prefixes"]
        return {int(name.rpartition("/")[2][1:]) for name in names if name.rpartition("/")[2][1:].isdigit()}

    def sizes(self, files: Collection[Path]) -> dict[Path, int]:
        there = self._listed() if files else {}
        return {file: there[name] for file in files if (name := self._name(file)) in there}

    def names(self) -> set[str]:
        return {name for name in self._listed() if name.endswith(".parquet")}

    def settled_parts(self) -> dict[Path, int]:
        """No lock reaches other machines, so a day must have gone by: by the bucket's clock, told by what is newest in it."""
        objects = list(self._objects())
        newest = max((item["last_modified"] for item in objects), default=None)
        parts = [item for item in objects if item["path"].rpartition("/")[2].startswith("part-")]
        old = [item for item in parts if newest - item["last_modified"] > _UNUSED]
        return {self.folder / item["path"].removeprefix(f"{self.prefix}/"): item["size"] for item in old}

    def fetch(self, files: Iterable[Path]) -> None:
        """Raises PortsUnreachable, too."""
        wanted = list(files)
        missing = []
        for file in wanted:
            try:
                os.utime(file)  # so that its copy stays
            except FileNotFoundError:
                missing.append(file)
        self._copy(missing)
        if missing:
            self.trim()

    def store(self, files: Iterable[Path]) -> None:
        """Raises PortsUnreachable."""
        with _answering(self.url), ThreadPoolExecutor(_AT_ONCE) as threads:
            import obstore

            store = _store(self.url)
            list(threads.map(lambda file: obstore.put(store, self._key(file), file), files))

    def check_in_time(self, started: float) -> None:
        if uptime() - started > _UNUSED.total_seconds() / 2:
            raise PublishError(f"Storing the files below {self.uri} took half a day.", "Look at the network, and run it again.")

    def remove(self, files: Iterable[Path]) -> None:
        """Raises PortsUnreachable."""
        gone = list(files)
        with _answering(self.url):
            import obstore

            obstore.delete(_store(self.url), [self._key(file) for file in gone])
        super().remove(gone)

    def trim(self) -> None:
        """Copies that nobody has read for a day are given up; the next reader fetches them again."""
        oldest = time.time() - _UNUSED.total_seconds()
        for file in (*self.folder.rglob("*.parquet"), *self.folder.rglob("*.new")):
            with suppress(FileNotFoundError):
                if (file.parent.name != _LOG or file.suffix == ".new") and file.stat().st_mtime < oldest:
                    file.unlink()

    def _listed(self, below: str = "") -> dict[str, int]:
        return {item["path"].removeprefix(f"{self.prefix}/"): item["size"] for item in self._objects(below)}

    def _objects(self, below: str = "") -> Iterator[dict]:
        with _answering(self.url):
            import obstore

            for page in obstore.list(_store(self.url), f"{self.prefix}/{below}", chunk_size=1000):
                yield from page

    def _copy(self, files: Iterable[Path]) -> None:
        """Under their names only when they are whole, and on the disk: nobody looks at a copy again."""
        wanted = list(files)
        for folder in {file.parent for file in wanted}:
            folder.mkdir(parents=True, exist_ok=True)
        with _answering(self.url), ThreadPoolExecutor(_AT_ONCE) as threads:
            list(threads.map(self._copy_one, wanted))

    def _copy_one(self, file: Path) -> None:
        import obstore

        beside = file.with_name(f"{file.name}.{uuid.uuid4().hex}.new")
        try:
            with beside.open("wb") as target:
                for chunk in obstore.get(_store(self.url), self._key(file)).stream(min_chunk_size=_CHUNK):
                    target.write(chunk)
            make_durable(beside)
            beside.replace(file)
        finally:
            beside.unlink(missing_ok=True)

    def _name(self, file: Path) -> str:
        return file.relative_to(self.folder).as_posix()

    def _key(self, file: Path) -> str:
        return f"{self.prefix}/{self._name(file)}"


def majors_in(url: str) -> list[str]:
    """Every major of every port in the bucket, as `sales/orders/v1`. Raises PortsUnreachable."""
    folders = [""]
    with _answering(url):
        import obstore

        for _ in range(3):
            deeper = (obstore.list_with_delimiter(_store(url), folder or None)["common_prefixes"] for folder in folders)
            folders = [found for below in deeper for found in below]
    return [folder for folder in folders if folder.rpartition("/")[2][1:].isdigit()]


@cache
def _store(url: str) -> "S3Store":
    """Credentials, region and endpoint are those of delta-rs: `AWS_…` in the environment, or the machine's role."""
    from obstore.store import from_url

    return from_url(url, retry_config={"max_retries": 4, "retry_timeout": timedelta(seconds=20)})


@contextmanager
def _answering(url: str) -> Iterator[None]:
    try:
        from obstore import exceptions
    except ModuleNotFoundError:
        raise ProjectError(
            f"MESH_PORTS is {url}, and the package obstore, which reaches it, is not installed.",
            "Install what a deployment needs: pip install --require-hashes -r deploy/requirements.lock.",
        ) from None
    try:
        yield
    except exceptions.BaseError as problem:
        # What the server said, without the page of XML and the stack that follow it.
        said = " ".join(re.split(r": <\?xml|\n\nDebug source", str(problem))[0].split())
        raise PortsUnreachable(
            f"The ports at {url} cannot be reached: {said}.",
            "Look at MESH_PORTS, AWS_ENDPOINT_URL, AWS_REGION and the credentials, and at the network.",
        ) from problem


def _size(file: Path) -> int | None:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return None
