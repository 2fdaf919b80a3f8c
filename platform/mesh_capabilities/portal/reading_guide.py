"""How to read a port: sample rows, and code for each tool that consumers use."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from mesh_capabilities.portal.portal_facts import Row
from mesh_isolation.text import visible
from mesh_platform.errors import MeshError
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress, identifier

if TYPE_CHECKING:
    from mesh_platform.port.version import PortVersion


@dataclass(frozen=True)
class Part:
    """A piece of code, and the file that it belongs into; `""` for code that is run directly."""

    file: str
    language: str
    code: Markup


@dataclass(frozen=True)
class Reading:
    """One way to read a port."""

    key: str
    title: str
    remark: str
    parts: Sequence[Part]


_FILES = """\
import duckdb
from deltalake import DeltaTable

files = DeltaTable("MESHpath").file_uris()
"""
_SPARK = """\
from deltalake import DeltaTable
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
MESHport = spark.read.parquet(*DeltaTable("MESHpath").file_uris())
MESHport.show(5)
"""
_INPUT = """\
inputPorts:
  - name: MESHdomain/MESHport
    version: MESHversion
    contractId: MESHcontract
"""
_SOURCE = """\
sources:
  - name: MESHdomain
    schema: MESHdomain
    tables:
      - name: MESHport
        config: {meta: {dagster: {asset_key: [MESHdomain, MESHport]}}}
"""
_MODEL = """\
select * from {{ source('MESHdomain', 'MESHport') }}
"""
_WAYS = (
    (
        "sql",
        "SQL",
        "One SELECT can join all ports of the mesh.",
        (("", "bash", 'mesh query "select * from MESHdomain.MESHport limit 5"\n'),),
    ),
    (
        "python",
        "Python",
        "The files of a version never change. Pass version=0 to DeltaTable to read an older version.",
        (("", "python", _FILES + 'print(duckdb.sql(f"select * from read_parquet({files}) limit 5"))\n'),),
    ),
    (
        "pandas",
        "pandas",
        "DuckDB reads the files, so pandas needs no further package.",
        (("", "python", _FILES + 'MESHport = duckdb.sql(f"from read_parquet({files})").df()\nMESHport.info()\n'),),
    ),
    (
        "polars",
        "Polars",
        "Lazy: only the data that the query needs are read. Polars is not part of the mesh: install polars and deltalake.",
        (("", "python", 'import polars as pl\n\nMESHport = pl.scan_delta("MESHpath")\nprint(MESHport.head(5).collect())\n'),),
    ),
    (
        "dbt",
        "dbt",
        "In a dbt project of the mesh: declare the input, list it as a source, select from it. Each run is then pinned to "
        "one version, and the producer sees your product as a consumer.",
        (
            ("domains/<yours>/products/<product>.odps.yaml", "yaml", _INPUT),
            ("dbt_projects/<yours>/models/inputs/MESHdomain.yml", "yaml", _SOURCE),
            ("dbt_projects/<yours>/models/ports/<port>.sql", "sql", _MODEL),
        ),
    ),
    (
        "spark",
        "Spark",
        "Spark is not part of the mesh: install pyspark and deltalake. If Spark has the Delta library, use "
        'spark.read.format("delta").load("MESHpath") instead.',
        (("", "python", _SPARK),),
    ),
)


def readings(port: str, path: str, contract: str, version: str) -> list[Reading]:
    """The ways to read a port.

    Args:
        port: its address, `domain/name`.
        path: of its Delta table, from the folder in which the code runs.
        contract: the id of its contract.
        version: the contract's version.
    """
    domain, _, name = port.partition("/")
    values = {"MESHdomain": domain, "MESHport": name, "MESHpath": path, "MESHcontract": contract, "MESHversion": version}
    plain = {word: _quoted(value) for word, value in values.items()}
    escaped = {word: str(escape(value)) for word, value in plain.items()}

    def filled(text: str, replacements: Mapping[str, str] = plain) -> str:
        for word, value in replacements.items():
            text = text.replace(word, value)
        return text

    return [
        Reading(
            key,
            title,
            filled(remark),
            [Part(filled(file), language, Markup(filled(code, escaped))) for file, language, code in parts],
        )
        for key, title, remark, parts in _highlighted()
    ]


def _quoted(value: str) -> str:
    """A name without the characters that could end its quotes or its line in code that people copy."""
    return "".join(letter for letter in value if letter.isprintable() and letter not in "\"'`\\$\n{}")


@cache
def _highlighted() -> list[tuple[str, str, str, list[tuple[str, str, str]]]]:
    """The code of all ways as highlighted HTML, made once. The names of a port are filled in afterwards."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name

    formatter = HtmlFormatter(nowrap=True)

    def highlighted(code: str, kind: str) -> str:
        # Whitespace needs no colour, and the braces of dbt are not SQL errors.
        return re.sub(r'<span class="(?:w|err)">([^<]*)</span>', r"\1", highlight(code, get_lexer_by_name(kind), formatter))

    return [
        (key, title, remark, [(file, kind, highlighted(code, kind)) for file, kind, code in parts])
        for key, title, remark, parts in _WAYS
    ]


SHOWN = ("public", "internal")
"""The classifications whose values are shown. Columns without a classification are not shown."""
ROWS = 5


@dataclass(frozen=True)
class Sample:
    """The first rows of the served version."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    withheld: Sequence[tuple[str, str]]
    """The columns that are not shown, with their classifications."""
    problem: str = ""
    """Why there are no rows, as a sentence; empty if there are rows or all columns are withheld."""


class Sampler:
    """Reads sample rows, with one DuckDB connection for all ports.

    Args:
        home: the mesh's home; None reads nothing.
    """

    def __init__(self, home: MeshHome | None) -> None:
        self._home = home
        self._connection: Any = None

    def take(self, port: Row, columns: Sequence[Row]) -> Sample:
        """The first rows of a port, in the columns that may be shown. The other columns are not read.

        A column is shown if its present contract and the one that the served version was published under both allow it.
        """
        labels = {row["column"]: row["classification"] for row in columns}
        problem, version = "", None
        if any(label in SHOWN for label in labels.values()):
            try:
                version, kept = self._served(port)
                labels = {name: kept.get(name, label) if label in SHOWN else label for name, label in labels.items()}
            except MeshError as fault:
                problem = str(fault)
        shown = [name for name, label in labels.items() if label in SHOWN]
        withheld = [(name, label or "not classified") for name, label in labels.items() if label not in SHOWN]
        if not shown or problem:
            return Sample((), (), withheld, problem)
        try:
            rows = self._rows(version, shown)
        except MeshError as fault:
            return Sample((), (), withheld, str(fault))
        return Sample(shown, [[_text(value) for value in row] for row in rows], withheld)

    def _served(self, port: Row) -> tuple["PortVersion", Mapping[str, str | None]]:
        """The served version, and the classifications of its columns in the contract that it was published under.

        Raises PortDamaged if one of them cannot be read, UnknownPort if nothing was published.
        """
        from mesh_capabilities.kept_contracts import columns_of_kept, kept_table
        from mesh_platform.errors import PortDamaged, UnknownPort
        from mesh_platform.port.output_port import OutputPort

        if not port["published"] or self._home is None:
            raise UnknownPort("Nothing has been published yet.")
        address = PortAddress.parse(port["port"])
        version = OutputPort(address, self._home.port(address, port["major"])).current()
        kept = columns_of_kept(kept_table(version))
        if kept is None:
            raise PortDamaged(
                "No rows are shown, because the contract that the served version was published under cannot be read.",
                f"`mesh ports verify` names its file; `mesh run {address}` publishes a version with its contract.",
            )
        labels = {name: kept.get(name.casefold()) for name in version.columns}
        return version, {name: column.sensitivity if column else None for name, column in labels.items()}

    def _rows(self, version: "PortVersion", shown: Sequence[str]) -> Sequence[Sequence[Any]]:
        import duckdb

        from mesh_platform.errors import PortDamaged
        from mesh_platform.port.shelf import view_statements

        address = version.address
        if self._connection is None:
            self._connection = duckdb.connect()
            self._connection.execute("SET TimeZone = 'UTC'")
        served = [name for name in shown if name in version.columns]  # the contract may be newer than the served version
        if not served:
            raise PortDamaged("The served version has none of these columns.", "Run `mesh run` to publish them.")
        try:
            for statement in view_statements(version, schema="sampled"):
                self._connection.execute(statement)
            listed = ", ".join(identifier(name) if name in served else f"NULL AS {identifier(name)}" for name in shown)
            return self._connection.execute(f"SELECT {listed} FROM sampled.{identifier(address.port)} LIMIT {ROWS}").fetchall()
        except duckdb.Error as problem:
            raise PortDamaged(f"The rows cannot be read: {str(problem).splitlines()[0]}") from None


def _text(value: Any) -> str:
    text = "" if value is None else visible(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
