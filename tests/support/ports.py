"""The port sales/orders in a home of its own, and a way to publish to it."""

import resource
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from mesh_platform.contract.column import Column
from mesh_platform.contract.contract import Contract
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.version import PortVersion, Provenance

ORDERS = PortAddress("sales", "orders")


def promise(columns: Mapping[str, str], address: PortAddress = ORDERS, version: str = "1.0.0") -> Contract:
    return Contract(
        id=f"{address.domain}.{address.port}.v{version[0]}",
        version=version,
        address=address,
        product="orders",
        description="The orders.",
        grain="One row per order.",
        columns=tuple(Column(name, kind, f"What {name} is.") for name, kind in columns.items()),
        primary_key=(),
        rules=(),
        freshness=None,
        file=f"domains/{address.domain}/contracts/{address.port}.v{version[0]}.odcs.yaml",
        digest="0" * 64,
    )


@pytest.fixture
def home(tmp_path: Path) -> MeshHome:
    return MeshHome(tmp_path / "home")


@pytest.fixture
def orders(home: MeshHome) -> OutputPort:
    """Not published yet."""
    return OutputPort(ORDERS, home.port(ORDERS, 1))


@pytest.fixture
def contract() -> Callable[..., Contract]:
    """A contract of a port that promises these columns."""
    return promise


@pytest.fixture
def provenance() -> Callable[..., Provenance]:
    """What a commit says of itself, with what a test cares about."""

    def make(**said: Any) -> Provenance:
        contract = promise({})
        names = {"contract": contract.id, "contract_version": contract.version, "contract_file": contract.file}
        return Provenance(**({**names, "contract_digest": contract.digest, "rows": 1, "rules": 1} | said))

    return make


@pytest.fixture
def publish(home: MeshHome, parquet, provenance) -> Callable[..., PortVersion]:
    """Publishes the result of a query; columns are `id INTEGER` unless a test says otherwise."""

    def publish(
        sql: str,
        columns: Mapping[str, str] | None = None,
        address: PortAddress = ORDERS,
        version: str = "1.0.0",
        into: MeshHome = home,
        **said: Any,
    ) -> PortVersion:
        candidate = parquet(sql, into.candidates(address.domain) / f"{address.port}.parquet")
        port = OutputPort(address, into.port(address, int(version[0])))
        made = promise(columns or {"id": "INTEGER"}, address, version)
        return port.publish(candidate, made, provenance(contract_version=version, **said))

    return publish


@pytest.fixture
def small_files_only() -> Callable[[int], AbstractContextManager[None]]:
    """Within it, no file of this process can grow beyond so many bytes: a disk that is full for everything larger."""

    @contextmanager
    def limit(size: int) -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limit
