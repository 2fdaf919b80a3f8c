"""A port that grows day by day, and its days as queries."""

from dataclasses import replace
from datetime import date

import pytest
from deltalake import DeltaTable, QueryBuilder

from mesh_isolation.days import DayRange
from mesh_platform.contract.contract import Partition
from mesh_platform.names import PortAddress
from mesh_platform.port.partitioned_port import PartitionedPort, cut

EVENTS = PortAddress("sales", "orders")
COLUMNS = {"id": "INTEGER", "day": "DATE"}


def rows(*pairs):
    """A query with these (id, day of January 2017)."""
    return " UNION ALL ".join(f"SELECT {number}::INTEGER AS id, DATE '2017-01-{day:02}' AS day" for number, day in pairs)


def january(*days):
    return {date(2017, 1, day) for day in days}


@pytest.fixture
def promised(contract, request):
    """Its parameter says whether every build holds all days; by default it does not."""
    made = contract(COLUMNS, EVENTS)
    return replace(made, partition=Partition("day", date(2017, 1, 1), None, getattr(request, "param", False)))


@pytest.fixture
def port(home):
    return PartitionedPort(EVENTS, home.port(EVENTS, 1))


@pytest.fixture
def prepare(port, home, parquet, promised, duck):
    """Cuts the result of a query against what is served."""

    def prepare(sql, wanted=None, name="orders", contract=None):
        base, lost = port.base()
        candidate = parquet(sql, home.candidates("sales") / f"{name}.parquet")
        return cut(candidate, contract or promised, base, wanted and DayRange.parse(wanted), duck, lost), base

    return prepare


@pytest.fixture
def publish(port, prepare, promised, provenance):
    """Publishes the result of a query: the days of it that are not served already as they are."""

    def publish(sql, wanted=None, **said):
        chosen, base = prepare(sql, wanted)
        return port.publish_days(chosen, base, promised, provenance(**said))

    return publish


def alone(port, sql="SELECT id, day FROM port ORDER BY day, id", version=None):
    """What `deltalake` alone reads: no platform, no DuckDB."""
    table = DeltaTable(str(port.folder), version=version)
    answer = QueryBuilder().register("port", table).execute(sql).read_all()
    return list(zip(*(answer.column(name).to_pylist() for name in answer.column_names)))
