"""The declaration of a source: what is wrong is refused where it is declared, and whatever is declared is read or refused."""

import dataclasses
import functools

import duckdb
import pytest
from hypothesis import HealthCheck, given, note, seed, settings
from hypothesis import strategies as st

from mesh_platform.build.warehouse import WarehouseFile
from mesh_platform.errors import MeshError, SourceError
from mesh_platform.ingestion.reading import ingest, reading_paths
from mesh_platform.ingestion.source import WAREHOUSE, CsvSource, Reshape

GOOD = {"table": "things", "file": "shop/things.csv", "columns": {"id": "INTEGER"}, "description": "One row per thing."}
FIELDS = {field.name for field in dataclasses.fields(CsvSource)}


def unchanged(sheet):
    return sheet


class Holder:
    def method(self, sheet):
        return sheet


NO_TEXT = [None, 5, b"text", ["text"], {}]
WRONG = {
    "table": [*NO_TEXT, "", "two words", "a/b", "a.b", "..", "größe", "a\0b", "a\nb", "t" * 300, "\ud800"],
    "file": [*NO_TEXT, "", ".", "..", "../x.csv", "/etc/passwd", "a/../../x.csv", "a/", "x\0.csv", f"{'x' * 300}.csv",
             "\ud800.csv", "a/" * 2_000 + "x"],
    "columns": [
        None, {}, [], ["id"], "id", {"": "INTEGER"}, {None: "INTEGER"}, {5: "INTEGER"}, {"id": "INTEGER", "ID": "INTEGER"},
        {"a\nb": "INTEGER"}, {"a\rb": "INTEGER"}, {"a\0b": "INTEGER"}, {"\ud800": "INTEGER"}, {"id": "NUMBER(3)"}, {"id": ""},
        {"id": None}, {"id": int}, {"id": "INTEGER); DROP TABLE x; --"}, {"id": "DECIMAL(50,2)"}, {"id": "DECIMAL(2,5)"},
        {"id": "STRUCT"}, {"id": "STRUCT(a INT, A INT)"}, {"id": "INT\0"}, {"id": "\ud800"}, {"id": "ANY"},
        {"id": "MAP(INTEGER)"},
    ],
    "description": [*NO_TEXT, "\ud800", "a\0"],
    "null": [*NO_TEXT, "\0", "\ud800"],
    "byte_order_mark": [None, 1, 0, "yes"],
    "timestamp_format": [
        *NO_TEXT, "", "%s", "%q", "%", "%H:%M", "%d.%m.", "%Y-%m-%d %I:%M", "%z %Y-%m-%d", "%Y-%m-%d%%z", "%Y-%m-%d %Z", "text",
        "\0",
    ],
    "trailing_comma": [None, 1, 0, "no"],
    "reshape": [
        unchanged, "unchanged", Reshape(lambda sheet: sheet, {"id": "INTEGER"}), Reshape(None, {"id": "INTEGER"}),
        Reshape(functools.partial(unchanged), {"id": "INTEGER"}), Reshape(Holder().method, {"id": "INTEGER"}),
        Reshape(print, {"id": "INTEGER"}), Reshape(unchanged, {}), Reshape(unchanged, {"id": "NUMBER(3)"}),
        Reshape(unchanged, {"id": "INTEGER", "ID": "INTEGER"}), Reshape(unchanged, None),
    ],
    "set_aside": [None, True, -1, 0.5, "", "lots", "20", "-1 rows", "100 %", "0.5 rows", "1 % of them", "9" * 40 + " rows",
                  10**40, 10**5000],
    "volume": [0, True, "lots", "50", "±", "-120 %, any", "+10 %", "±" + "9" * 400 + " %"],
    "reason": [*NO_TEXT, "\ud800"],
}  # fmt: skip


def declared(**fields):
    return CsvSource(**(GOOD | fields))


CASES = [(field, value) for field, values in WRONG.items() for value in values]


def test_every_field_has_a_wrong_value_here():
    assert WRONG.keys() == FIELDS


@pytest.mark.parametrize(("field", "value"), CASES, ids=range(len(CASES)))
def test_a_wrong_value_is_refused_where_it_is_declared_with_field_and_way_out(field, value):
    with pytest.raises(SourceError) as refused:
        declared(**{field: value})
    source = "things" if field != "table" else ""
    assert refused.value.found.startswith((f"`{field}` of the source {source}", f"`{field}.columns` of the source {source}"))
    assert refused.value.way_out
    str(refused.value).encode()
    assert len(str(refused.value)) < 500


def test_a_change_of_any_size_needs_a_reason():
    for reason in ("", "  "):
        with pytest.raises(SourceError, match="`volume` of the source things is None without a reason"):
            declared(volume=None, reason=reason)
    assert declared(volume=None, reason="The shop opened in May.").change is None


FORMATS = [
    *("%Y-%m-%d", "%d.%m.%Y %H:%M", "%Y-%m-%dT%H:%M:%S%z", "%y%m%d", "%Y-%m-%d %I:%M %p", "%c", "%-d/%-m/%Y", "%Y-%j", "%Y-%m"),
    *("%Y-%m-%d %H:%M:%S.%f", "%A, %d %B %Y", "100%% %Y-%m-%d"),
]


@pytest.mark.parametrize("form", FORMATS)
def test_a_format_that_reads_what_it_writes_is_accepted(form):
    assert declared(timestamp_format=form).timestamp_format == form


KINDS = [row[0] for row in duckdb.execute("SELECT DISTINCT type_name FROM duckdb_types() ORDER BY 1").fetchall()]
NESTED = [
    *("VARCHAR[]", "INTEGER[3]", "STRUCT(a INTEGER, m MAP(VARCHAR, INTEGER))", "MAP(VARCHAR, INTEGER)", "MAP(INTEGER, DATE)[]"),
    *(
        "MAP(VARCHAR, MAP(VARCHAR, INTEGER))",
        "UNION(a INTEGER, b VARCHAR)",
        "ENUM('a', 'b')",
        "DECIMAL(38,38)",
        "JSON[]",
        "VARIANT[]",
        "GEOMETRY[]",
    ),
]
LENGTHS = ["VARCHAR(3)", "CHAR(1)", "STRUCT(a VARCHAR(3))", "BIT(8)", "FLOAT(3)", "VARCHAR( 3 )[]"]
LENGTHS += ["STRUCT(d DECIMAL, v VARCHAR(2))", "MAP(DECIMAL, VARCHAR(2))", "STRUCT(d DECIMAL(4), v VARCHAR(2))[]"]
KEPT = [
    "TIMESTAMP(3)",
    "TIMESTAMP(6)",
    "DECIMAL(4)",
    "DECIMAL(18,3)",
    "STRUCT(d DECIMAL(4, 2))[]",
    "ENUM('a(2)')",
    'STRUCT("a(2)" DATE)',
]
TEXTS = [
    *(
        "1",
        "-1",
        "1.5",
        "a",
        "true",
        "2018-01-31",
        "2018-01-31 12:30:00",
        "2018-01-31 12:30:00+25:00",
        "infinity",
        "{a=1, a=2}",
    ),
    *("{a=1}", "{a=b=c}", "{NULL=1}", "{1=2018-01-01, 1=x}", "[{1=2018-01-01, 1=2018-01-01}]", "[", "{", "[1,2,3]", "{'a': 1}"),
    *("{a={b=1, b=2}}", "{'a': 1, 'm': {b=1, b=2}}", "\\xFF", "\\x", "POINT(1 2)", "POINT(", "01", "1 day", "9" * 60, "1e999"),
    *("null", "NaN", '{"a":', '{"a": 1}', "{a: 1}", "\u202e", "\t", " ", "'", "'a'", "é", "12:30:00+99", "a"),
]


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """Reads a file with a declaration; a new file each time."""
    folder = tmp_path_factory.mktemp("shop")
    opened = WarehouseFile(folder / "shop.duckdb").get_connection(*reading_paths((), folder))
    connection = opened.__enter__()
    connection.execute(f"USE {WAREHOUSE}")

    def reading(source, content):
        path = folder / source.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return ingest(source, folder, folder / "aside", connection)

    yield reading
    connection.close()


@pytest.mark.parametrize("kind", [*KINDS, *NESTED])
def test_a_type_is_refused_or_every_text_is_a_value_or_set_aside(read, kind):
    try:
        source = declared(columns={"id": "VARCHAR", "value": kind})
    except SourceError:
        return
    texts = [text.replace('"', '""') for text in TEXTS]
    lines = "".join(f'{number},"{text}"\n' for number, text in enumerate(texts))
    result = read(source, f"id,value\n{lines}".encode())
    assert result.rows + result.aside == len(texts)


@pytest.mark.parametrize("kind", LENGTHS)
def test_a_length_that_duckdb_ignores_is_refused(kind):
    with pytest.raises(SourceError, match=r"without its length \([0-9]\); write that, and state lengths in the contract"):
        declared(columns={"id": "VARCHAR", "value": kind})


@pytest.mark.parametrize("kind", KEPT)
def test_a_length_that_duckdb_keeps_is_accepted(kind):
    assert declared(columns={"id": "VARCHAR", "value": kind})


SOME = st.one_of(st.text(max_size=5), st.sampled_from(TEXTS), st.none(), st.integers(), st.binary(max_size=3))
NAMES = st.sampled_from(
    ["id", "ID", "a b", 'a"b', "a,b", "é", "É", "fault", "t0", "c0", "s0", "v0", "value", "$1", "?", ""]
) | st.text(max_size=4)
VALUES = {
    "table": st.sampled_from(["things", "Order_2", "select", "T"]) | SOME,
    "file": st.sampled_from(["things.csv", "a/b/c.csv", "[x]*.csv", "é.csv", "a b?.csv", "things"]) | SOME,
    "columns": st.dictionaries(NAMES, st.sampled_from([*KINDS, *NESTED, "NUMBER", "x"]), max_size=4) | SOME,
    "description": st.sampled_from(["A thing.", "[link](javascript:x)"]) | SOME,
    "null": st.sampled_from(["", "NULL", "'", ",", '"', "\n"]) | SOME,
    "byte_order_mark": st.booleans() | SOME,
    "timestamp_format": st.sampled_from([*FORMATS, "%s", "%H", "'", "%Y'%m'%d"]) | SOME,
    "trailing_comma": st.booleans() | SOME,
    "reshape": st.just(None) | st.builds(Reshape, st.sampled_from([unchanged, print]), st.just({"id": "VARCHAR"})),
    "set_aside": st.sampled_from([0, 5, "1 %", "3 rows", "0.5 %"]) | SOME,
    "volume": st.sampled_from(["", "±50 %", "-20 %, any", None]) | SOME,
    "reason": st.sampled_from(["", "It grows."]) | SOME,
}
BASE = GOOD | {"columns": {"id": "INTEGER", "value": "VARCHAR"}}
CELLS = st.sampled_from([*TEXTS, '"', '"a""b"', '"a\nb"', '"a\nb"c', '"a" ', "", "a\r"]) | st.text(max_size=4)


def test_the_generator_has_every_field():
    assert VALUES.keys() == FIELDS


@st.composite
def declarations(draw):
    """A declaration in which some fields have any value, and the records of a file."""
    others = draw(st.lists(st.sampled_from(sorted(FIELDS)), max_size=3, unique=True))
    return BASE | {field: draw(VALUES[field]) for field in others}, draw(st.lists(st.lists(CELLS, max_size=5), max_size=4))


@seed(1)
@settings(deadline=None, max_examples=150, database=None, suppress_health_check=list(HealthCheck))
@given(
    declarations(),
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([True, True, True, False]),
)
def test_a_declaration_loads_or_is_refused_and_a_file_is_read_or_refused(read, both, mark, end, with_header):
    fields, records = both
    try:
        source = CsvSource(**fields)
    except SourceError as refused:
        note(str(refused))
        return
    header = [f'"{name}"'.replace('"', '""')[1:-1] if '"' in name else f'"{name}"' for name in source.columns]
    header += [""] if source.trailing_comma else []
    lines = [",".join(header)] if with_header else []
    content = mark + "".join(f"{line}{end}" for line in [*lines, *map(",".join, records)]).encode("utf-8", "replace")
    try:
        result = read(source, content)
    except MeshError as refused:
        assert refused.way_out
        note(str(refused))
        return
    assert result.rows >= 0
