"""Ports in a bucket: data files are stored there before the commit, and copied to this machine when they are read.

The folder of such a port is a cache: of its log, which is refreshed on every access, and of the data files that were read
or written on this machine. Files of a port never change, so a file with the right name and digest is the right file. DuckDB
always reads local files.

The bucket replaces the disk's confirmation and the locks: S3 has stored an object when it responds, and a commit is a
conditional put, which only one of several writers wins. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
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

from mesh_isolation.delta import HINT
from mesh_isolation.files import make_durable, uptime
from mesh_platform.errors import PortsUnreachable, ProjectError, PublishError
from mesh_platform.port.place import Place, major_of, port_flaws

if TYPE_CHECKING:
    from obstore.store import S3Store

_LOG = "_delta_log"
_AT_ONCE = 8
_CHUNK = 8 * 1024 * 1024
_UNUSED = timedelta(days=1)
"""The age at which an unread copy, or a stored file without a commit, is removed."""
_TOUCHED = timedelta(hours=1)
"""The age at which a copy that is read gets a new time. A new time costs another verification."""


@dataclass(frozen=True)
class Bucket(Place):
    """The place of a port in a bucket."""

    remote = True

    url: str
    """The address of the bucket, with the prefix of all ports."""

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
        here = list(
            folder.glob("*.json")
        )  # before the bucket is listed, because another process may copy a newer one meanwhile
        listed = {Path(name).name: size for name, size in self._listed(f"{_LOG}/").items()}
        entries = {name: size for name, size in listed.items() if name.endswith((".json", ".parquet"))}
        # The bucket decides: copies of entries that it does not have are removed.
        for file in here:
            if file.name not in entries and file.name > min(entries, default=""):
                file.unlink(missing_ok=True)
        self._copy(folder / name for name, size in entries.items() if _size(folder / name) != size)

    def set_aside(self, entry: Path) -> bool:
        """An entry is put whole or not at all. A damaged one was changed by others, so it is left alone.

        The hint at the newest checkpoint is removed: writers make it again. Raises PortsUnreachable.
        """
        if entry.name != HINT or self._name(entry) not in self._listed(f"{_LOG}/"):
            return False
        self.remove([entry])
        return True

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
            f"{self.url} overwrites an object despite the condition that it must not exist (If-None-Match).",
            "One of two simultaneous publishes would be lost: use a store with conditional writes.",
        )

    def majors(self) -> set[int]:
        with _answering(self.url):
            import obstore

            above = self.prefix.rpartition("/")[0]
            names = obstore.list_with_delimiter(_store(self.url), above)["common_prefixes"]
        return {major for name in names if (major := major_of(name.rpartition("/")[2])) is not None}

    def sizes(self, files: Collection[Path]) -> dict[Path, int]:
        there = self._listed() if files else {}
        return {file: there[name] for file in files if (name := self._name(file)) in there}

    def names(self) -> set[str]:
        return {name for name in self._listed() if name.endswith(".parquet")}

    def settled_parts(self) -> dict[Path, int]:
        """Locks do not reach other machines, so the parts must be a day old, by the time of the newest object in the bucket."""
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
                if time.time() - file.stat().st_mtime > _TOUCHED.total_seconds():
                    os.utime(file)  # keeps the copy
            except FileNotFoundError:
                missing.append(file)
        # A copy that is damaged is replaced; if the object itself is, the reader finds out.
        missing += port_flaws(self.folder, {file for file in wanted if file.suffix == ".parquet"} - set(missing))
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
            raise PublishError(f"Storing the files below {self.uri} took half a day.", "Check the network, and run it again.")

    def remove(self, files: Iterable[Path]) -> None:
        """Raises PortsUnreachable."""
        gone = list(files)
        with _answering(self.url):
            import obstore

            obstore.delete(_store(self.url), [self._key(file) for file in gone])
        super().remove(gone)

    def trim(self) -> None:
        """Removes copies that were not read for a day; the next reader fetches them again."""
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
        """Copies files. A copy gets its name when it is complete and on the disk; copies are not verified later."""
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
            folders = [folder for below in deeper for folder in below]
    return [folder for folder in folders if major_of(folder.rpartition("/")[2]) is not None]


@cache
def _store(url: str) -> "S3Store":
    """The store. Credentials, region and endpoint are those of delta-rs: the `AWS_…` variables, or the machine's role."""
    from obstore.store import from_url

    return from_url(url, retry_config={"max_retries": 4, "retry_timeout": timedelta(seconds=20)})


@contextmanager
def _answering(url: str) -> Iterator[None]:
    try:
        from obstore import exceptions
    except ModuleNotFoundError:
        raise ProjectError(
            f"MESH_PORTS is {url}, but the package obstore is not installed.",
            "Install the packages of a deployment: pip install --require-hashes -r deploy/requirements.lock.",
        ) from None
    try:
        yield
    except exceptions.BaseError as problem:
        # The server's message, without the XML and the stack that follow it.
        message = " ".join(re.split(r": <\?xml|\n\nDebug source", str(problem))[0].split())
        raise PortsUnreachable(
            f"The ports at {url} cannot be reached: {message}.",
            "Check MESH_PORTS, AWS_ENDPOINT_URL, AWS_REGION, the credentials and the network.",
        ) from problem


def _size(file: Path) -> int | None:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return None
