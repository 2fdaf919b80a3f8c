"""A hostile build writes the candidate itself: what its footer states is not believed, by the audit or by readers."""

import duckdb
import pytest

from mesh_platform.build.port_graph import PortModel
from mesh_platform.build.warehouse import WarehouseFile
from mesh_platform.errors import ContractViolation
from mesh_platform.product.offer import load_offer
from mesh_platform.publish import publishing
from mesh_platform.publish.attempt import Purpose, Work

ROWS = 1000


def written(path, expression):
    """The bytes of a file without compression, so that values of one width give files of one layout."""
    rows = f"SELECT range::INTEGER AS id, {expression} AS value FROM range({ROWS})"
    duckdb.execute(f"SET TimeZone = 'UTC'; COPY ({rows}) TO '{path}' (FORMAT parquet, COMPRESSION uncompressed)")
    return path.read_bytes()


def with_the_footer_of(honest):
    """Stores rows under the footer of other rows."""

    def forge(path, expression):
        believed, stored = written(path, honest), written(path, expression)
        footer = int.from_bytes(believed[-8:-4], "little") + 8
        assert len(believed) == len(stored)
        path.write_bytes(stored[:-footer] + believed[-footer:])

    return forge


def without_nulls(path, expression):
    """States that no value is missing. A count is a 64-bit number of Thrift: the third field of the statistics, twice 37."""
    content = written(path, expression)
    assert content.count(b"\x16\x4a") == 1
    path.write_bytes(content.replace(b"\x16\x4a", b"\x16\x00"))


FORGERIES = {
    "a number below its minimum": ("INTEGER", {"minimum": 0}, "(-5)::INTEGER", with_the_footer_of("5::INTEGER")),
    "a number above its maximum": ("BIGINT", {"maximum": 10}, "50::BIGINT", with_the_footer_of("5::BIGINT")),
    "an amount below its minimum": (
        "DECIMAL(10,2)",
        {"minimum": 0},
        "(-5)::DECIMAL(10,2)",
        with_the_footer_of("5::DECIMAL(10,2)"),
    ),
    "a day before the first": ("DATE", {"minimum": "2020-01-01"}, "DATE '1999-01-01'", with_the_footer_of("DATE '2020-01-01'")),
    "a text of another pattern": ("VARCHAR", {"pattern": "^good$"}, "'evil'", with_the_footer_of("'good'")),
    "a missing value": ("INTEGER", {}, "CASE WHEN range >= 37 THEN 5 END::INTEGER", without_nulls),
    "a number twice": ("INTEGER", {}, "(range // 2)::INTEGER", with_the_footer_of("range::INTEGER")),
}
"""By rule: the type, its options, the values that break it, and who writes them."""
LOGICAL = {"VARCHAR": "string", "DATE": "date", "DECIMAL(10,2)": "number"}


@pytest.fixture(params=FORGERIES)
def forged(request, company):
    """The work of a run, and the function that stands for a build which forges the candidate."""
    kind, options, expression, forge = FORGERIES[request.param]
    unique = request.param == "a number twice"
    column = {"name": "value", "logicalType": LOGICAL.get(kind, "integer"), "physicalType": kind, "required": True}
    column |= {"unique": unique} | ({"logicalTypeOptions": options} if options else {})
    domain = company.domain()
    company.contract(columns=[{"name": "id", "logicalType": "integer", "physicalType": "INTEGER", "required": True}, column])
    company.product()
    graph = {"things": PortModel("things", "models/ports/things.sql", ("things",), (), (), (), ())}
    warehouse = WarehouseFile(domain.home.warehouse("shop"))
    work = Work(load_offer(domain), graph, warehouse, "run", purpose=Purpose.REBUILD, inputs=[])

    def build(*_):
        path = domain.home.built("shop") / "things.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        forge(path, expression)
        return {}

    return work, build


def test_a_candidate_with_a_forged_footer_is_judged_by_its_rows(forged, monkeypatch):
    work, build = forged
    monkeypatch.setattr(publishing, "build_models", build)
    (attempt,) = publishing.publish(work.attempts(["things"]), work, publishing.keep)
    assert isinstance(attempt.problem, ContractViolation), attempt.problem
    footer = duckdb.execute(f"SELECT DISTINCT created_by FROM parquet_file_metadata('{attempt.candidate.path}')").fetchall()
    assert len(footer) == 1 and attempt.audit.rows == ROWS


def test_some_forgeries_are_believed_by_who_reads_the_footer(tmp_path):
    path = tmp_path / "x.parquet"
    with_the_footer_of("5::INTEGER")(path, "(-5)::INTEGER")
    assert duckdb.execute(f"SELECT count(*) FROM '{path}' WHERE value < 0").fetchone() == (0,)
    assert duckdb.execute(f"SELECT sum(value) FROM '{path}'").fetchone() == (-5 * ROWS,)


IN_THE_WAY = ("things.anew", "things.spill", "things", "things.v1.parquet", "tmp_things.parquet", "other.parquet")


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_a_build_leaves_in_the_way_of_the_platform_stops_no_port(forged, monkeypatch, kind):
    work, build = forged

    def builds_more(*_):
        build()
        for name in IN_THE_WAY:
            path = work.home.built("shop") / name
            path.joinpath("deep/er").mkdir(parents=True) if kind == "folder" else path.write_text(
                "no Parquet", encoding="utf-8"
            )
        return {}

    monkeypatch.setattr(publishing, "build_models", builds_more)
    (attempt,) = publishing.publish(work.attempts(["things"]), work, publishing.keep)
    assert isinstance(attempt.problem, ContractViolation), attempt.problem
    left = [path for path in work.home.candidates("shop").iterdir() if path.is_dir() or path.suffix != ".parquet"]
    assert left == [] and not work.home.built("shop").exists()
