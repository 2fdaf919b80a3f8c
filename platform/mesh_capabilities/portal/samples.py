"""A few rows of a port to look at: only of columns whose classification lets anybody see them, of whoever opens the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mesh_capabilities.portal.facts import Row
from mesh_platform.errors import MeshError
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress, identifier

SHOWN = ("public", "internal")
"""The classifications whose values are shown. A column without any is not shown: nobody has said that it may be."""
ROWS = 5


@dataclass(frozen=True)
class Sample:
    """Some rows of the served version."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    withheld: Sequence[tuple[str, str]]
    """The columns that are not shown, with the reason."""
    problem: str = ""
    """Why there are no rows, as a sentence; empty if there are, or if all columns are withheld."""


class Sampler:
    """Reads samples, one DuckDB for all ports.

    Args:
        home: whose ports are read; None reads nothing, as for a mesh that only stands on paper.
    """

    def __init__(self, home: MeshHome | None) -> None:
        self._home = home
        self._connection: Any = None

    def take(self, port: Row, columns: Sequence[Row]) -> Sample:
        """The first rows of a port in the columns that may be shown; the others are never read."""
        shown = [row["column"] for row in columns if row["classification"] in SHOWN]
        withheld = [
            (row["column"], row["classification"] or "not classified") for row in columns if row["classification"] not in SHOWN
        ]
        if not shown:
            return Sample((), (), withheld)
        if not port["published"] or self._home is None:
            return Sample((), (), withheld, "Nothing has been published yet.")
        try:
            rows = self._rows(port, shown)
        except MeshError as problem:
            return Sample((), (), withheld, str(problem))
        return Sample(shown, [[_text(value) for value in row] for row in rows], withheld)

    def _rows(self, port: Row, shown: Sequence[str]) -> Sequence[Sequence[Any]]:
        import duckdb

        from mesh_platform.errors import PortDamaged
        from mesh_platform.port.output_port import OutputPort
        from mesh_platform.port.shelf import view_statements

        address = PortAddress.parse(port["port"])
        if self._connection is None:
            self._connection = duckdb.connect()
            self._connection.execute("SET TimeZone = 'UTC'")
        version = OutputPort(address, self._home.port(address, port["major"])).current()
        there = [name for name in shown if name in version.columns]  # a contract may be ahead of what is served
        if not there:
            raise PortDamaged("The served version has none of these columns yet.", "It has them after the next run.")
        try:
            for statement in view_statements([version], schema="sampled"):
                self._connection.execute(statement)
            listed = ", ".join(identifier(name) if name in there else f"NULL AS {identifier(name)}" for name in shown)
            return self._connection.execute(f"SELECT {listed} FROM sampled.{identifier(address.port)} LIMIT {ROWS}").fetchall()
        except duckdb.Error as problem:
            raise PortDamaged(f"The rows cannot be read: {str(problem).splitlines()[0]}") from None


def _text(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
