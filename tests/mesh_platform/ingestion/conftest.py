"""One source file and one private warehouse: a test writes bytes and reads the resulting tables."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from mesh_platform.build.warehouse import WarehouseFile
from mesh_platform.ingestion.reading import Ingested, ingest, reading_paths
from mesh_platform.ingestion.source import WAREHOUSE, CsvSource
from support.ports import provenance

__all__ = ["provenance"]

COLUMNS = {"id": "INTEGER", "zip": "VARCHAR", "paid": "DECIMAL(12,2)"}
FILE = "shop/things.csv"


class Warehouse:
    """A domain's warehouse, with a source folder and a folder for rows set aside."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.aside_folder = folder / "sources", folder / "aside"
        self._opened = WarehouseFile(folder / "shop.duckdb").get_connection(*reading_paths((), self.folder))
        self.connection = self._opened.__enter__()
        self.connection.execute(f"USE {WAREHOUSE}")

    def write(self, data: bytes | str) -> Path:
        path = self.folder / FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    def read(self, data: bytes | str, columns: Mapping[str, str] | None = None, **options: Any) -> Ingested:
        """Writes the file and ingests it as the table `things`."""
        self.write(data)
        return self.ingest(columns, **options)

    def ingest(self, columns: Mapping[str, str] | None = None, **options: Any) -> Ingested:
        source = CsvSource("things", FILE, columns or COLUMNS, "One row per thing.", **options)
        return ingest(source, self.folder, self.aside_folder, self.connection)

    @property
    def rows(self) -> list[tuple]:
        """The rows of the table."""
        return self.connection.execute("FROM raw.things").fetchall()

    @property
    def aside(self) -> list[tuple[str, ...]]:
        """The rows set aside: file, line, reason and text of each."""
        path = self.aside_folder / "things.csv"
        if not path.exists():
            return []
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        assert header == ["file", "line", "reason", "row"]
        return [tuple(row) for row in rows]


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    warehouse = Warehouse(tmp_path)
    yield warehouse
    warehouse.connection.close()
