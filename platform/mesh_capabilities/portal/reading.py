"""How a port is read, in each language its consumers speak: code that runs as it stands, from the repository's root."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from markupsafe import Markup, escape


@dataclass(frozen=True)
class Part:
    """One piece of code, and the file it belongs into; `""` if it stands for itself."""

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
        "One select may join all ports of the mesh.",
        (("", "bash", 'mesh query "select * from MESHdomain.MESHport limit 5"\n'),),
    ),
    (
        "python",
        "Python",
        "The files of a version never change. version=0 beside the path reads an older one.",
        (("", "python", _FILES + 'print(duckdb.sql(f"select * from read_parquet({files}) limit 5"))\n'),),
    ),
    (
        "pandas",
        "pandas",
        "DuckDB reads the files, so pandas needs nothing else to be installed.",
        (("", "python", _FILES + 'MESHport = duckdb.sql(f"from read_parquet({files})").df()\nMESHport.info()\n'),),
    ),
    (
        "polars",
        "Polars",
        "Lazy: only what the query needs is read. Polars is not part of the mesh; install polars beside deltalake.",
        (("", "python", 'import polars as pl\n\nMESHport = pl.scan_delta("MESHpath")\nprint(MESHport.head(5).collect())\n'),),
    ),
    (
        "dbt",
        "dbt",
        "In a project of the mesh: declare the input, list it as a source, select from it. Your run then stays with one "
        "version, and the producer knows you.",
        (
            ("domains/<yours>/products/<product>.odps.yaml", "yaml", _INPUT),
            ("dbt_projects/<yours>/models/inputs/MESHdomain.yml", "yaml", _SOURCE),
            ("dbt_projects/<yours>/models/ports/<port>.sql", "sql", _MODEL),
        ),
    ),
    (
        "spark",
        "Spark",
        "Spark is not part of the mesh; install pyspark beside deltalake. Where Spark has Delta's library, this is "
        'spark.read.format("delta").load("MESHpath").',
        (("", "python", _SPARK),),
    ),
)


def readings(port: str, path: str, contract: str, version: str) -> list[Reading]:
    """The ways to read a port.

    Args:
        port: its address, `domain/name`.
        path: of its Delta table, from where the code is run.
        contract: the id of its contract.
        version: the contract's version.
    """
    domain, _, name = port.partition("/")
    told = {"MESHdomain": domain, "MESHport": name, "MESHpath": path, "MESHcontract": contract, "MESHversion": version}
    plain = {word: _quoted(value) for word, value in told.items()}
    escaped = {word: str(escape(value)) for word, value in plain.items()}

    def filled(text: str, values: Mapping[str, str] = plain) -> str:
        for word, value in values.items():
            text = text.replace(word, value)
        return text

    return [
        Reading(
            key,
            title,
            filled(remark),
            [Part(filled(file), language, Markup(filled(code, escaped))) for file, language, code in parts],
        )
        for key, title, remark, parts in _coloured()
    ]


def _quoted(value: str) -> str:
    """What would end the quotes around a name, or the line it stands on, is left out of code that people copy."""
    return "".join(letter for letter in value if letter.isprintable() and letter not in "\"'`\\$\n{}")


@cache
def _coloured() -> list[tuple[str, str, str, list[tuple[str, str, str]]]]:
    """The code of all ways with its words in spans, once: the names of a port are put in afterwards."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name

    formatter = HtmlFormatter(nowrap=True)

    def coloured(code: str, kind: str) -> str:
        # White space needs no colour, and dbt's braces are no error of SQL.
        return re.sub(r'<span class="(?:w|err)">([^<]*)</span>', r"\1", highlight(code, get_lexer_by_name(kind), formatter))

    return [
        (key, title, remark, [(file, kind, coloured(code, kind)) for file, kind, code in parts])
        for key, title, remark, parts in _WAYS
    ]
