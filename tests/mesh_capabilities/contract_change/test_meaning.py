"""The changes between two contracts hold for data: what the real audit says of generated rows never contradicts them."""

import copy
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, assume, event, given, note, seed, settings
from hypothesis import strategies as st

from mesh_capabilities.contract_change.compare import compare_documents
from mesh_isolation.numbers import WrittenNumber
from mesh_platform.contract.audit import audit
from mesh_platform.contract.document import contract_in
from mesh_platform.errors import ContractError

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
BOUNDED = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))


def number(text):
    """A number as a contract's reader makes it."""
    return int(text) if text.lstrip("-").isdigit() else WrittenNumber(text)


def numbers(*texts):
    return st.sampled_from([*map(number, texts)])


WHOLE = numbers("-1", "0", "1", "2", "3", "1.0", "2.0", "2.5")
PARTS = numbers("-1", "0", "0.5", "0.50", "1", "1.0", "1.01", "2", "999999", "0.005")
LENGTHS = st.sampled_from([0, 1, 2, 3])
DAYS = st.sampled_from(["2026-01-01", "2026-01-02", "2026-01-31"])
TIMES = st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "2026-01-01T00:00:01", "2026-03-30T12:00:00Z"])
TEXTS = st.sampled_from(["", "a", "ab", "b", "B", "1"])
PATTERNS = st.sampled_from(["^a", "^a+$", "b", "^[a-z]*$", "", "^(a|b)$", "^[ab]$"])
LIMITS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def some(options):
    """At most two of the options: with more of them, no row keeps a contract."""
    chosen = st.lists(st.sampled_from([*options]), unique=True, max_size=2)
    return chosen.flatmap(lambda names: st.fixed_dictionaries({name: options[name] for name in names}))


def listed(values, least=1):
    return st.lists(values, min_size=least, max_size=3, unique_by=str)


def limited(values, **more):
    return some({**dict.fromkeys(LIMITS, values), **more})


TEXT_OPTIONS = some(
    {"minLength": LENGTHS, "maxLength": LENGTHS, "pattern": PATTERNS, "format": st.sampled_from(["email", "date"])}
)
FLAG = st.sampled_from([False, False, False, True])


def of_kind(logical, physical, options, values=None):
    """Entries of columns of one kind."""
    keys = {"logicalType": st.just(logical), "physicalType": st.sampled_from(physical)}
    optional = {"logicalTypeOptions": options, "required": FLAG, "unique": FLAG}
    if values is not None:
        optional["enum"] = listed(values).map(lambda known: [{"value": value} for value in known])
    return st.fixed_dictionaries(keys, optional=optional)


NESTED = st.fixed_dictionaries(
    {
        "logicalType": st.just("object"),
        "properties": st.tuples(
            st.fixed_dictionaries(
                {"name": st.just("city"), "logicalType": st.just("string")},
                optional={"required": FLAG, "logicalTypeOptions": TEXT_OPTIONS},
            ),
            st.fixed_dictionaries(
                {"name": st.just("zip"), "logicalType": st.just("integer")},
                optional={"required": FLAG, "logicalTypeOptions": limited(WHOLE)},
            ),
        ).map(list),
    },
    optional={
        "required": FLAG,
        "logicalTypeOptions": some(
            {"minProperties": st.sampled_from([0, 1, 2]), "required": st.sampled_from([["city"], ["zip", "city"]])}
        ),
    },
)
COLUMNS = {
    "id": of_kind("integer", ["INTEGER", "int"], limited(WHOLE, multipleOf=numbers("1", "2", "4", "3")), WHOLE),
    "n": of_kind("integer", ["BIGINT"], limited(WHOLE, format=st.sampled_from(["i8", "u8", "i64", "u32"])), WHOLE),
    "price": of_kind("number", ["DECIMAL(6,2)", "numeric(6, 2)"], limited(PARTS, multipleOf=numbers("0.01", "0.02", "0.5", "0.25", "0.010")), PARTS),
    "share": of_kind("number", ["DOUBLE"], limited(PARTS, multipleOf=numbers("0.5", "0.25")), PARTS),
    "name": of_kind("string", ["VARCHAR", "text", "VARCHAR(1)", "VARCHAR(2)", "varchar(3)"], TEXT_OPTIONS, TEXTS),
    "day": of_kind("date", ["DATE"], limited(DAYS), DAYS),
    "at": of_kind("timestamp", ["TIMESTAMPTZ"], limited(TIMES)),
    "spelled": of_kind("date", ["VARCHAR"], limited(st.sampled_from(["2026-01-01", "2026-01-02"]))),
    "tags": st.fixed_dictionaries(
        {"logicalType": st.just("array"), "items": st.fixed_dictionaries({"logicalType": st.just("string")}, optional={"logicalTypeOptions": TEXT_OPTIONS, "required": FLAG})},
        optional={"logicalTypeOptions": some({"minItems": LENGTHS, "maxItems": LENGTHS, "uniqueItems": st.booleans()}), "required": FLAG},
    ),
    "place": NESTED,
}  # fmt: skip
VALUES = {
    "id": [None, *range(-2, 6)],
    "n": [None, -129, -128, -1, 0, 1, 2, 3, 127, 128, 255, 256],
    "price": [None, *map(Decimal, ["-1.01", "-1", "-0.01", "0", "0.01", "0.02", "0.49", "0.50", "0.51", "1.00", "1.01", "1.02", "2", "2.01"])],
    "share": [None, float("nan"), float("inf"), -1.0, 0.0, 0.005, 0.5, 0.51, 0.75, 1.0, 1.01, 1.0100001, 2.0, 2.5],
    "name": [None, "", "a", "ab", "abc", "aaaa", "b", "B", "1", "a@b.c", "2026-01-01"],
    "day": [None, *(date(2026, 1, day) for day in (1, 2, 3, 30, 31)), date(2025, 12, 31)],
    "at": [None, *(datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC) for second in (0, 1)), datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC),
           *(NOW - timedelta(hours=hours) for hours in (-48, 0, 1, 23, 24, 25, 48, 719, 720, 24 * 89, 24 * 90, 24 * 91, 24 * 366))],
    "spelled": [None, "2026-01-01", "2026-01-02", "2026-01-03", "2025-12-31", "01.01.2026"],
    "tags": [None, [], ["a"], ["a", "a"], [None], [None, None], ["abc", "b"], ["a", "b", "c", ""]],
    "place": [None, {"city": None, "zip": None}, {"city": "a", "zip": None}, {"city": "abc", "zip": 2}, {"city": None, "zip": 0}, {"city": "", "zip": -1}],
}  # fmt: skip
TYPES = {
    **{"id": "INTEGER", "n": "BIGINT", "price": "DECIMAL(6,2)", "share": "DOUBLE", "name": "VARCHAR", "day": "DATE"},
    **{"at": "TIMESTAMPTZ", "spelled": "VARCHAR", "tags": "VARCHAR[]", "place": "STRUCT(city VARCHAR, zip BIGINT)"},
}
BOUNDS = st.one_of(
    st.dictionaries(
        st.sampled_from(["mustBe", "mustNotBe", "mustBeGreaterThan", "mustBeGreaterOrEqualTo", "mustBeLessThan", "mustBeLessOrEqualTo"]),
        numbers("0", "1", "2", "3", "0.5", "1.0", "20", "50", "100", "-1"),
        min_size=1,
        max_size=1,
    ),
    st.dictionaries(
        st.sampled_from(["mustBeBetween", "mustNotBeBetween"]),
        st.sampled_from([[0, 0], [0, 1], [1, 3], [0, number("1.5")], [0, 50]]),
        min_size=1,
        max_size=1,
    ),
    st.just({"mustBe": 0}),
)  # fmt: skip
SEVERITY = st.sampled_from(["error", "error", "warning"])
KNOWN = {"id": WHOLE, "n": WHOLE, "price": PARTS, "name": TEXTS, "day": DAYS}


def rule(metric, arguments=None, unit=True):
    keys = {"metric": st.just(metric), "severity": SEVERITY} | ({"arguments": arguments} if arguments is not None else {})
    stated = st.fixed_dictionaries(keys, optional={"unit": st.sampled_from(["rows", "percent"])} if unit else {})
    return st.tuples(stated, BOUNDS).map(lambda both: both[0] | both[1])


def column_rules(name):
    kinds = [rule("nullValues"), rule("duplicateValues")]
    if name in KNOWN:
        kinds += [
            rule("invalidValues", st.fixed_dictionaries({"validValues": listed(KNOWN[name])})),
            rule("missingValues", st.fixed_dictionaries({"missingValues": listed(KNOWN[name] | st.none())})),
        ]
    if name == "name":
        kinds.append(
            rule(
                "invalidValues",
                st.fixed_dictionaries({"pattern": PATTERNS.filter(bool)}, optional={"validValues": listed(TEXTS)}),
            )
        )
    return st.one_of(kinds)


def table_rules(names):
    keys = st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True)
    queries = [
        f"select {what} from ${{object}}{where}"
        for what in ("count(*)", "COUNT(*)", f"max({names[0]}) is null", "count(*) - 1")
        for where in ("", f" where {names[0]} is null")
    ]
    query = st.fixed_dictionaries(
        {
            "type": st.just("sql"),
            "query": st.sampled_from([text for text in queries if "is null from" not in text]),
            "severity": SEVERITY,
        }
    )
    return st.one_of(
        rule("rowCount", unit=False),
        rule("duplicateValues", st.fixed_dictionaries({"properties": keys})),
        st.tuples(query, BOUNDS).map(lambda both: both[0] | both[1]),
    )


LEVELS = st.fixed_dictionaries(
    {
        "property": st.sampled_from(["latency", "ly", "freshness", "retention", "re"]),
        "value": st.sampled_from([1, 2, 24, 12, number("1.5"), 30, 3]),
        "unit": st.sampled_from(["h", "d", "days", "mo", "y"]),
        "element": st.just("things.at"),
    }
)


@st.composite
def pairs(draw):
    """An old contract and a new one that differ in one part, and rows that are near the limits of both."""
    names = draw(st.lists(st.sampled_from([*COLUMNS]), min_size=1, max_size=2, unique=True))
    differs = draw(st.integers(0, 2 * len(names) + (2 if "at" in names else 1)))
    parts = iter(range(9))

    def both(strategy):
        one = draw(strategy)
        return (one, draw(strategy)) if next(parts) == differs else (one, copy.deepcopy(one))

    sides = {}
    for name in names:
        entries = both(COLUMNS[name])
        rules = both(st.lists(column_rules(name), max_size=1))
        sides[name] = [{"name": name, **entry, "quality": own} for entry, own in zip(entries, rules)]
    keys = both(st.lists(st.sampled_from(names), max_size=2, unique=True))
    quality = both(st.lists(table_rules(names), max_size=1))
    levels = both(st.lists(LEVELS, max_size=2)) if "at" in names else ([], [])
    documents = []
    for side in (0, 1):
        columns = [copy.deepcopy(sides[name][side]) for name in names]
        for column in columns:
            if column["name"] in keys[side]:
                column["primaryKey"] = True
        documents.append(document(columns, quality[side], levels[side]))
    row = st.tuples(*(st.sampled_from(VALUES[name]) for name in names))
    tables = st.one_of(st.lists(row, min_size=1, max_size=1), st.lists(row, max_size=4))
    return *documents, names, draw(st.lists(tables, min_size=6, max_size=6))


def document(columns, quality=(), levels=()):
    table = {"name": "things", "properties": columns, "quality": list(quality)}
    return {
        "apiVersion": "v3.1.0", "kind": "DataContract", "id": "shop.things.v1", "version": "1.0.0", "status": "active",
        "domain": "shop", "slaProperties": list(levels), "schema": [table],
    }  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("contracts")
    (folder / "things.v1.odcs.yaml").write_text("the text of a contract, of which only the digest is taken")
    return folder


def readable(stated, folder):
    """The contract of a document; no example for one that says what no audit can execute."""
    try:
        return contract_in(stated, folder / "things.v1.odcs.yaml", None)
    except ContractError:
        return assume(False)


def sql_of(value, kind):
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return f"[{', '.join(sql_of(item, 'VARCHAR') for item in value)}]::{kind}"
    if isinstance(value, dict):
        return f"{{'city': {sql_of(value['city'], 'VARCHAR')}, 'zip': {sql_of(value['zip'], 'BIGINT')}}}::{kind}"
    return f"'{value}'::{kind}"


def written(names, rows, folder):
    """The rows as the Parquet file of a candidate."""
    columns = [f"{sql_of(None, '')}::{TYPES[name]} AS {name}" for name in names]
    selects = [
        f"SELECT {', '.join(f'({sql_of(value, TYPES[name])})::{TYPES[name]} AS {name}' for name, value in zip(names, row))}"
        for row in rows
    ]
    sql = " UNION ALL ".join(selects) or f"SELECT {', '.join(columns)} WHERE FALSE"
    file = folder / "candidate.parquet"
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"COPY ({sql}) TO '{file}' (FORMAT parquet)")
    return file


TIGHTER = ("tightened", "improved", "replaced")
LOOSER = ("loosened", "reduced", "replaced")


def directions(old, new):
    """Whether the changes say that the new contract refuses more, and that it allows more."""
    sorts = [change.sort for change in compare_documents(old, new) if not change.sort.startswith("warning")]
    return sorts, any(sort.endswith(TIGHTER) for sort in sorts), any(sort.endswith(LOOSER) for sort in sorts)


@seed(1)
@settings(BOUNDED, max_examples=250)
@given(pairs())
def test_data_that_tell_two_contracts_apart_are_foretold_by_the_changes(folder, pair):
    old, new, names, tables = pair
    contracts = [readable(side, folder) for side in (old, new)]
    sorts, tighter, looser = directions(old, new)
    for rows in tables:
        file = written(names, rows, folder)
        kept = [not audit(contract, [file], now=NOW).broken for contract in contracts]
        note(f"{rows}: {kept}, {sorts}")
        event(f"kept {kept}")
        event(f"kept {kept} {tighter} {looser}")
        assert kept != [True, False] or tighter
        assert kept != [False, True] or looser
