"""The changes between two contracts hold for data: what the real audit says of generated rows never contradicts them."""

import copy
import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import duckdb
import pytest
from hypothesis import HealthCheck, assume, given, note, seed, settings
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
    keys = {"logicalType": st.just(logical)}
    optional = {"logicalTypeOptions": options, "required": FLAG, "unique": FLAG}
    stated = [kind for kind in physical if kind]
    if stated:
        (keys if stated == physical else optional)["physicalType"] = st.sampled_from(stated)
    if values is not None:
        optional["enum"] = listed(values).map(lambda known: [{"value": value} for value in known])
    return st.fixed_dictionaries(keys, optional=optional)


def part(name, logical, options, *physical):
    """Entries of parts of nested columns."""
    keys = {"name": st.just(name)} if name else {}
    optional = {"required": FLAG, "logicalTypeOptions": options}
    if physical:
        optional["physicalType"] = st.sampled_from(physical)
    return st.fixed_dictionaries({**keys, "logicalType": st.just(logical)}, optional=optional)


FIELDS = st.tuples(part("city", "string", TEXT_OPTIONS), part("zip", "integer", limited(WHOLE), "BIGINT")).map(list)
OF_OBJECT = some({"minProperties": st.sampled_from([0, 1, 2]), "required": st.sampled_from([["city"], ["zip", "city"]])})
OF_LIST = some({"minItems": LENGTHS, "maxItems": LENGTHS, "uniqueItems": st.booleans()})
FACTORS = {"id": numbers("1", "2", "4", "3"), "price": numbers("0.01", "0.02", "0.5", "0.25", "0.010")}
SIZES = st.sampled_from(["i8", "u8", "i64", "u32"])
VARCHARS = ["VARCHAR", "text", "VARCHAR(1)", "VARCHAR(2)", "varchar(3)"]
LISTS = ["VARCHAR[]", "VARCHAR(1)[]", "varchar(2)[]", "array<string(1)>"]
OBJECTS = ["STRUCT(city VARCHAR, zip BIGINT)", "STRUCT(city VARCHAR(1), zip BIGINT)", "struct<city: text(2), zip: int64>"]
ODD = numbers("-1", "0", "0.1", "0.10000000000000001", "0.1000000001", "1", "1.00000001", "2.5", "16777217", "1e30", "1e-30")
"""Limits that some widths cannot tell apart, and that some do not reach."""
LARGE = numbers("-129", "-1", "0", "1", "1.5", "127", "128", "9223372036854775808", "1e30")
COLUMNS = {
    "id": of_kind("integer", ["INTEGER", "int"], limited(WHOLE, multipleOf=FACTORS["id"]), WHOLE),
    "n": of_kind("integer", ["BIGINT"], limited(WHOLE, format=SIZES), WHOLE),
    "price": of_kind("number", ["DECIMAL(6,2)", "numeric(6, 2)"], limited(PARTS, multipleOf=FACTORS["price"]), PARTS),
    "share": of_kind("number", ["DOUBLE"], limited(PARTS, multipleOf=numbers("0.5", "0.25")), PARTS),
    "whole": of_kind("integer", [None, "TINYINT", "BIGINT", "DECIMAL(20,0)"], limited(LARGE, multipleOf=FACTORS["id"]), LARGE),
    "ratio": of_kind(
        "number", [None, "FLOAT", "DOUBLE", "BIGINT", "DECIMAL(38,20)"], limited(ODD, multipleOf=FACTORS["price"]), ODD
    ),
    "level": st.tuples(
        of_kind("integer", [None], limited(WHOLE), WHOLE), of_kind("number", [None], limited(WHOLE), WHOLE), st.booleans()
    ).map(lambda either: either[either[2]]),
    "name": of_kind("string", VARCHARS, TEXT_OPTIONS, TEXTS),
    "day": of_kind("date", ["DATE"], limited(DAYS), DAYS),
    "at": of_kind("timestamp", ["TIMESTAMPTZ"], limited(TIMES)),
    "spelled": of_kind("date", ["VARCHAR"], limited(st.sampled_from(["2026-01-01", "2026-01-02"]))),
    "tags": st.fixed_dictionaries(
        {"logicalType": st.just("array"), "items": part("", "string", TEXT_OPTIONS)},
        optional={"logicalTypeOptions": OF_LIST, "required": FLAG, "physicalType": st.sampled_from(LISTS)},
    ),
    "place": st.fixed_dictionaries(
        {"logicalType": st.just("object"), "properties": FIELDS},
        optional={"required": FLAG, "logicalTypeOptions": OF_OBJECT, "physicalType": st.sampled_from(OBJECTS)},
    ),
}
CENTS = ["-1.01", "-1", "-0.01", "0", "0.01", "0.02", "0.49", "0.50", "0.51", "1.00", "1.01", "1.02", "2", "2.01"]
HOURS = (-48, 0, 1, 23, 24, 25, 48, 719, 720, 24 * 89, 24 * 90, 24 * 91, 24 * 366)
YEAR = datetime(2026, 1, 1, tzinfo=UTC)
VALUES = {
    "id": [None, *range(-2, 6)],
    "n": [None, -129, -128, -1, 0, 1, 2, 3, 127, 128, 255, 256],
    "price": [None, *map(Decimal, CENTS)],
    "share": [None, float("nan"), float("inf"), -1.0, 0.0, 0.005, 0.5, 0.51, 0.75, 1.0, 1.01, 1.0100001, 2.0, 2.5],
    "whole": [None, -129, -128, -1, 0, 1, 2, 127, 128, 2**63 - 1, 2**63, 10**30],
    "ratio": [
        None,
        *map(Decimal, ["-1", "0", "0.1", "0.10000000000000001", "0.1000000001", "1", "1.00000001", "2.5", "16777217"]),
    ]
    + [float("nan"), float("inf"), 1e30, 1e-30],
    "level": [None, *range(-1, 4), *map(Decimal, ["0.5", "2.5"])],
    "name": [None, "", "a", "ab", "abc", "aaaa", "b", "B", "1", "a@b.c", "2026-01-01"],
    "day": [None, *(date(2026, 1, day) for day in (1, 2, 3, 30, 31)), date(2025, 12, 31)],
    "at": [None, *(YEAR + timedelta(seconds=late) for late in (-1, 0, 1)), *(NOW - timedelta(hours=hours) for hours in HOURS)],
    "spelled": [None, "2026-01-01", "2026-01-02", "2026-01-03", "2025-12-31", "01.01.2026"],
    "tags": [None, [], ["a"], ["a", "a"], [None], [None, None], ["abc", "b"], ["a", "b", "c", ""]],
    "place": [None, *({"city": city, "zip": code} for city in (None, "", "a", "abc") for code in (None, -1, 0, 2))],
}
"""Values of each column, near the limits that the contracts of this test state."""

TYPES = {
    **{"id": "INTEGER", "n": "BIGINT", "price": "DECIMAL(6,2)", "share": "DOUBLE", "name": "VARCHAR", "day": "DATE"},
    **{"at": "TIMESTAMPTZ", "spelled": "VARCHAR", "tags": "VARCHAR[]", "place": "STRUCT(city VARCHAR, zip BIGINT)"},
}
WIDTHS = ["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "DECIMAL(4,0)", "DECIMAL(38,0)"]
OPEN = {
    "whole": WIDTHS,
    "ratio": [*WIDTHS, "FLOAT", "DOUBLE", "DECIMAL(4,1)", "DECIMAL(38,20)"],
    "level": [*WIDTHS, "FLOAT", "DOUBLE", "DECIMAL(4,1)"],
    "place": [f"STRUCT(city VARCHAR, zip {width})" for width in WIDTHS],
}
"""The types that data of a column can have, if its contract states none."""
ONE = ["mustBe", "mustNotBe", "mustBeGreaterThan", "mustBeGreaterOrEqualTo", "mustBeLessThan", "mustBeLessOrEqualTo"]
COUNTS = numbers("0", "1", "2", "3", "0.5", "1.0", "20", "50", "100", "-1")
RANGES = st.sampled_from([[0, 0], [0, 1], [1, 3], [0, number("1.5")], [0, 50]])
BOUNDS = st.one_of(
    st.tuples(st.sampled_from(ONE), COUNTS), st.tuples(st.sampled_from(["mustBeBetween", "mustNotBeBetween"]), RANGES)
).map(lambda bound: dict([bound])) | st.just({"mustBe": 0})
SEVERITY = st.sampled_from(["error", "error", "warning"])
KNOWN = {"id": WHOLE, "n": WHOLE, "price": PARTS, "name": TEXTS, "day": DAYS}


def rule(metric, arguments=None, unit=True):
    keys = {"metric": st.just(metric), "severity": SEVERITY} | ({"arguments": arguments} if arguments is not None else {})
    stated = st.fixed_dictionaries(keys, optional={"unit": st.sampled_from(["rows", "percent"])} if unit else {})
    return st.tuples(stated, BOUNDS).map(lambda both: both[0] | both[1])


def column_rules(name):
    kinds = [rule("nullValues"), rule("duplicateValues")]
    if name in KNOWN:
        valid, missing = listed(KNOWN[name]), listed(KNOWN[name] | st.none())
        kinds.append(rule("invalidValues", st.fixed_dictionaries({"validValues": valid})))
        kinds.append(rule("missingValues", st.fixed_dictionaries({"missingValues": missing})))
    if name == "name":
        patterns = st.fixed_dictionaries({"pattern": PATTERNS.filter(bool)}, optional={"validValues": listed(TEXTS)})
        kinds.append(rule("invalidValues", patterns))
    return st.one_of(kinds)


def table_rules(names):
    keys = st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True)
    measures = ["count(*)", "COUNT(*)", "count(*) - 1", f"count({names[0]})", f"count(distinct {names[0]})"]
    queries = [f"select {what} from ${{object}}{only}" for what in measures for only in ("", f" where {names[0]} is null")]
    query = st.fixed_dictionaries({"type": st.just("sql"), "query": st.sampled_from(queries), "severity": SEVERITY})
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


def rows_of(names):
    """Tables of some rows; many of one row, of which a contract holds the fewest to be at fault."""
    row = st.tuples(*(st.sampled_from(VALUES[name]) for name in names))
    rows = st.one_of(st.lists(row, min_size=1, max_size=1), st.lists(row, max_size=4))
    types = st.tuples(*(st.sampled_from(OPEN.get(name) or [TYPES[name]]) for name in names))
    return st.lists(st.tuples(types, rows), min_size=4, max_size=4)


@st.composite
def pairs(draw):
    """An old contract and a new one that differ in one part, the names of their columns, and rows."""
    often = [
        *COLUMNS,
        *["name", "name", "id", "price", "ratio", "ratio", "whole", "level"] * 2,
    ]  # the columns with the most options
    alone, two = st.sampled_from(often).map(lambda name: [name]), st.permutations([*COLUMNS]).map(lambda names: names[:2])
    kind = draw(st.sampled_from(["any", "any", "any", "length", "part", "level"]))
    nested = st.sampled_from(["place", "tags"]).map(lambda name: [name])
    names = draw({"length": st.just(["name"]), "part": nested, "level": st.just(["at"])}.get(kind, alone | two))
    places = range(2 * len(names) + (2 if "at" in names else 1) + 1)
    differs = draw(st.sampled_from([0, 0, 0, *places])) if kind == "any" else places[-1 if kind == "level" else 0]
    place = itertools.count()

    def differ(one, other):
        return one != other and (kind != "length" or one["physicalType"] != other["physicalType"])

    def both(strategy):
        """An old and a new part. Of a part that has keys, one key differs: data that keep the rest can tell it apart."""
        one = draw(strategy)
        if next(place) != differs:
            return one, copy.deepcopy(one)
        other = draw(strategy.filter(lambda other: differ(one, other)))
        if isinstance(one, dict):
            keys = sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))
            if "logicalType" in keys:
                keys += ["logicalType"] * len(keys)
            if "physicalType" in keys and not (one.keys() & other.keys() >= {"physicalType"}):
                keys += ["physicalType"] * len(keys)  # stated by one of them
            key = "physicalType" if kind == "length" else draw(st.sampled_from(keys))
            other = {name: value for name, value in one.items() if name != key} | {
                name: other[name] for name in [key] if name in other
            }
        return one, copy.deepcopy(other)

    sides = {}
    for name in names:
        entries, rules = both(COLUMNS[name]), both(st.lists(column_rules(name), max_size=1))
        sides[name] = [{"name": name, **entry, "quality": own} for entry, own in zip(entries, rules)]
    keys = both(st.lists(st.sampled_from(names), max_size=2, unique=True))
    quality = both(st.lists(table_rules(names), max_size=1))
    levels = both(st.lists(LEVELS, max_size=2)) if "at" in names else ([], [])
    documents = []
    for side in (0, 1):
        columns = [sides[name][side] | ({"primaryKey": True} if name in keys[side] else {}) for name in names]
        documents.append(document(columns, quality[side], levels[side]))
    return *documents, names, draw(rows_of(names))


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
    if isinstance(value, (int, float, Decimal)):
        return f"TRY_CAST('{value}' AS {kind})"  # a value that the width does not have is missing
    return f"'{value}'::{kind}"


def written(names, rows, folder, types=None):
    """The rows as the Parquet file of a candidate."""
    types = types or [TYPES[name] for name in names]
    columns = [f"{sql_of(None, '')}::{kind} AS {name}" for name, kind in zip(names, types)]
    selects = [
        f"SELECT {', '.join(f'({sql_of(value, kind)})::{kind} AS {name}' for name, kind, value in zip(names, types, row))}"
        for row in rows
    ]
    sql = " UNION ALL ".join(selects) or f"SELECT {', '.join(columns)} WHERE FALSE"
    file = folder / "candidate.parquet"
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"COPY ({sql}) TO '{file}' (FORMAT parquet)")
    return file


TIGHTER = ("tightened", "improved", "replaced", "logical type changed")
LOOSER = ("loosened", "reduced", "replaced", "logical type changed")


def directions(old, new):
    """Whether the changes say that the new contract refuses more, and that it allows more."""
    sorts = [change.sort for change in compare_documents(old, new) if not change.sort.startswith("warning")]
    return sorts, any(sort.endswith(TIGHTER) for sort in sorts), any(sort.endswith(LOOSER) for sort in sorts)


@seed(1)
@settings(BOUNDED, max_examples=120)
@given(pairs())
def test_data_that_tell_two_contracts_apart_are_foretold_by_the_changes(folder, pair):
    old, new, names, tables = pair
    assume(old != new)
    contracts = [readable(side, folder) for side in (old, new)]
    sorts, tighter, looser = directions(old, new)
    for types, rows in tables:
        file = written(names, rows, folder, types)
        kept = [not audit(contract, [file], now=NOW).broken for contract in contracts]
        note(f"{types}: {rows}: {kept}, {sorts}")
        assert kept != [True, False] or tighter
        assert kept != [False, True] or looser


@st.composite
def rewritten(draw):
    """A contract, and the same in other words."""
    old, _, names, tables = draw(pairs())
    new = copy.deepcopy(old)
    table = new["schema"][0]
    for rewrite in draw(st.lists(st.sampled_from(REWRITES), min_size=3, unique=True)):
        rewrite(table, new)
    return old, new, names, tables


def columns_of(table):
    return table["properties"]


def rules_of(table):
    return [entry for part in (table, *columns_of(table)) for entry in part["quality"]]


def named(table, _):
    """Each rule has a name of its own."""
    for place, entry in enumerate(rules_of(table)):
        entry["name"] = f"rule {place}"


def reversed_lists(table, _):
    """Lists without an order, the other way round."""
    for part in (table, *columns_of(table)):
        part["quality"].reverse()
        part.get("enum", []).reverse()
    for entry in rules_of(table):
        for values in entry.get("arguments", {}).values():
            if isinstance(values, list):
                values.reverse()


def counted(column, metric, **more):
    """Adds a rule to a column."""
    column["quality"].append({"name": f"{metric} {len(column['quality'])} of {column['name']}", "metric": metric, **more})


def flags_as_rules(table, _):
    """`required` and `unique` as rules that count."""
    for column in columns_of(table):
        if column.pop("required", False):
            counted(column, "nullValues", mustBeLessThan=1)
        if column.pop("unique", False):
            counted(column, "duplicateValues", mustBe=0, unit="percent")


def values_as_rules(table, _):
    """`enum` and the option `pattern` as rules that count."""
    for column in columns_of(table):
        options = column.get("logicalTypeOptions", {})
        if "enum" in column:
            known = [entry["value"] for entry in column.pop("enum")]
            counted(column, "invalidValues", arguments={"validValues": known}, mustBe=0)
        if options.get("pattern"):
            counted(column, "invalidValues", arguments={"pattern": options.pop("pattern")}, mustBeLessThan=1)


def lengths_as_options(table, _):
    """The length of a type as an option."""
    for column in columns_of(table):
        kind, _, length = column.get("physicalType", "").rstrip(")").partition("(")
        if kind.upper() == "VARCHAR" and length.isdigit():
            options = column.setdefault("logicalTypeOptions", {})
            column["physicalType"] = "VARCHAR"
            options["maxLength"] = min(int(length), options.get("maxLength", 99))


def whole_limits(table, _):
    """Limits of whole numbers as exclusive ones, and the other way round."""
    for column in columns_of(table):
        options = column.get("logicalTypeOptions", {})
        if column["logicalType"] == "integer" and not {"exclusiveMinimum", "exclusiveMaximum"} & options.keys():
            for end, step in (("Minimum", -1), ("Maximum", 1)):
                limit = options.get(end.lower())
                if limit is not None and limit == int(limit):
                    options[f"exclusive{end}"] = int(options.pop(end.lower())) + step


def spelled_numbers(table, _):
    """Numbers with a point."""
    for entry in rules_of(table):
        for operator in ONE:
            if isinstance(entry.get(operator), int):
                entry[operator] = WrittenNumber(f"{entry[operator]}.0")


def other_bounds(table, _):
    """Bounds on whole numbers with other operators."""
    others = {"mustBeLessThan": ("mustBeLessOrEqualTo", -1), "mustBeGreaterThan": ("mustBeGreaterOrEqualTo", 1)}
    for entry in rules_of(table):
        if entry.get("unit") != "percent" and "metric" in entry:
            for operator, (other, step) in others.items():
                if isinstance(entry.get(operator), int):
                    entry[other] = entry.pop(operator) + step


def two_bounds(table, _):
    """A range as two rules with one bound each."""
    for part in (table, *columns_of(table)):
        for entry in list(part["quality"]):
            if "mustBeBetween" in entry:
                low, high = entry.pop("mustBeBetween")
                name = f"most {len(part['quality'])} of {part['name']}"
                part["quality"].append({**copy.deepcopy(entry), "name": name, "mustBeLessOrEqualTo": high})
                entry["mustBeGreaterOrEqualTo"] = low


def formatted_queries(table, _):
    for entry in rules_of(table):
        if "query" in entry:
            entry["query"] = entry["query"].upper().replace("${OBJECT}", "${object}").replace(" FROM", " -- all\n  FROM")


def spelled_types(table, _):
    """Types that follow from their parts, spelled out."""
    for column in columns_of(table):
        if column["name"] not in OPEN:
            column.setdefault("physicalType", TYPES[column["name"]])


def other_levels(_, document):
    """Service levels by other names and units."""
    also = {"latency": "freshness", "ly": "latency", "re": "retention"}
    for level in document["slaProperties"]:
        level |= {"property": also.get(level["property"], level["property"]), "element": "at"}
        if level["unit"] == "d":
            level |= {"value": level["value"] * 24, "unit": "hours"}


REWRITES = [
    *(named, reversed_lists, flags_as_rules, values_as_rules, lengths_as_options, whole_limits, spelled_numbers, other_bounds),
    *(two_bounds, formatted_queries, spelled_types, other_levels),
]


@seed(2)
@settings(BOUNDED, max_examples=100)
@given(rewritten())
def test_a_contract_in_other_words_is_not_changed_and_holds_for_the_same_data(folder, pair):
    old, new, names, tables = pair
    assume(old != new)
    contracts = [readable(side, folder) for side in (old, new)]
    for one, other in ((old, new), (new, old)):
        assert [change for change in compare_documents(one, other) if change.sort != "wording changed"] == []
    for types, rows in tables[:1]:
        file = written(names, rows, folder, types)
        old_audit, new_audit = (audit(contract, [file], now=NOW) for contract in contracts)
        assert bool(old_audit.broken) == bool(new_audit.broken)


@pytest.mark.parametrize(
    ("name", "before", "after", "value"),
    [
        ("name", {"physicalType": "VARCHAR(1)"}, {"physicalType": "VARCHAR(2)"}, "ab"),
        ("name", {"physicalType": "VARCHAR(2)"}, {"physicalType": "VARCHAR"}, "abc"),
        ("id", {"enum": [{"value": 1}]}, {"enum": [{"value": 1}, {"value": 2}]}, 2),
        ("price", {"logicalTypeOptions": {"exclusiveMinimum": 0}}, {"logicalTypeOptions": {"minimum": 0}}, Decimal(0)),
        ("price", {"logicalTypeOptions": {"multipleOf": WrittenNumber("0.02")}}, {}, Decimal("0.01")),
        ("name", {"required": True}, {}, None),
    ],
)
def test_one_value_that_only_the_new_contract_allows_is_foretold_in_both_directions(folder, name, before, after, value):
    kinds = {"name": ("string", "VARCHAR"), "id": ("integer", "INTEGER"), "price": ("number", "DECIMAL(6,2)")}
    base = {"name": name, **dict(zip(("logicalType", "physicalType"), kinds[name])), "quality": []}
    old, new = (document([base | part]) for part in (before, after))
    file = written([name], [(value,)], folder)
    assert [bool(audit(readable(side, folder), [file], now=NOW).broken) for side in (old, new)] == [True, False]
    assert directions(old, new)[1:] == (False, True)
    assert directions(new, old)[1:] == (True, False)


@pytest.mark.parametrize(
    ("name", "values", "possible"),
    [
        ("id", [1, 2, WrittenNumber("2.5")], [1, 2]),
        ("id", [1, 99_999_999_999], [1]),
        ("id", [1, "x"], [1]),
        ("price", [1, WrittenNumber("1.005"), 10_000], [1]),
        ("day", ["2026-01-01", "2026-02-30"], ["2026-01-01"]),
    ],
)
@pytest.mark.parametrize("as_rule", [True, False])
def test_an_allowed_value_that_no_value_of_the_column_equals_promises_nothing(name, values, possible, as_rule):
    def stated(listed):
        column = {"name": name, "logicalType": KINDS_OF[name], "physicalType": TYPES[name]}
        if not as_rule:
            return document([{**column, "enum": [{"value": value} for value in listed]}])
        return document(
            [{**column, "quality": [{"metric": "invalidValues", "arguments": {"validValues": listed}, "mustBe": 0}]}]
        )

    assert compare_documents(stated(values), stated(possible)) == compare_documents(stated(possible), stated(values)) == []
    fewer = [change.sort for change in compare_documents(stated(values), stated(["2026-01-31" if name == "day" else 4]))]
    assert fewer == ["rule replaced"]


KINDS_OF = {"id": "integer", "price": "number", "day": "date"}


def test_most_generated_pairs_differ():
    seen = []

    @seed(3)
    @settings(BOUNDED, max_examples=100)
    @given(pairs())
    def draw(pair):
        seen.append((pair[0] != pair[1], bool(compare_documents(pair[0], pair[1]))))

    draw()
    differ, changed = map(sum, zip(*seen))
    assert differ >= 0.9 * len(seen)
    assert changed >= 0.5 * len(seen)


LABELS = {
    ("Internal", "internal"): [],
    ("internal ", "internal"): [],
    ("restricted", "RESTRICTED"): [],
    ("internal", "confidential"): ["classification raised"],
    ("internal", "restricted"): ["classification raised"],
    ("restricted", "personal"): ["classification raised"],
    ("secret", "internal"): ["classification lowered"],
    ("personal", "confidential"): ["classification lowered"],
    ("personal", None): ["classification lowered"],
    (None, "public"): ["classification lowered"],
    (None, "internal"): ["classification raised"],
}


@pytest.mark.parametrize(("old", "new"), LABELS, ids=str)
def test_a_label_is_compared_as_the_platform_reads_it(old, new):
    assert labels_changed(old, new) == LABELS[old, new]


@pytest.mark.parametrize(
    ("old", "new", "sorts"),
    [
        (None, "personal", []),
        ("personal", None, []),
        (None, "internal", ["classification lowered"]),
        ("internal", None, ["classification raised"]),
    ],
)
def test_a_part_without_a_label_has_that_of_its_column(old, new, sorts):
    assert labels_changed("personal", "personal", old, new) == sorts


def labels_changed(old, new, *parts):
    """The sorts of the changes of a column, and of a part of it, whose labels differ."""

    def document(label, part):
        town = {"name": "town", "logicalType": "string", "classification": part}
        place = {"name": "place", "logicalType": "object", "classification": label, "properties": [town]}
        schema = [{"name": "t", "properties": [{key: value for key, value in place.items() if value is not None}]}]
        return {"id": "shop.t.v1", "version": "1.0.0", "status": "active", "schema": schema}

    before, after = (document(label, part) for label, part in zip((old, new), parts or (None, None)))
    return [change.sort for change in compare_documents(before, after)]
