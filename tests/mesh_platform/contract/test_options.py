"""Every `logicalTypeOptions` of the standard, kept and broken, on real Parquet: exactly the bad values are counted."""

import pytest

from mesh_platform.contract.audit import audit
from mesh_platform.errors import ContractError

UUID = "0F8FAD5B-d9cb-469f-a165-70867728950e"

# (column as the contract has it, values that keep it, values that break it); values are SQL.
TEXT = {
    "minLength": ("VARCHAR", "string", {"minLength": 2}, ["'ab'", "'☃é'"], ["'a'", "''"]),
    "maxLength": ("VARCHAR", "string", {"maxLength": 2}, ["''", "'☃é'"], ["'abc'"]),
    "a type's own length": ("VARCHAR(2)", "string", {}, ["''", "'ab'"], ["'abc'"]),
    "minLength of bytes": ("BLOB", "string", {"minLength": 2}, [r"'\xAA\xBB'"], [r"'\xAA'"]),
    "pattern": ("VARCHAR", "string", {"pattern": "^[A-Z]{2}$"}, ["'AB'"], ["'ABC'", "'ab'", "''", r"E'AB\n'"]),
    "pattern anywhere": ("VARCHAR", "string", {"pattern": "[0-9]"}, ["'a1b'"], ["'ab'"]),
    "pattern of ECMA": (
        "VARCHAR",
        "string",
        {"pattern": r"^(?<sign>[\u00e4\u{2603}])[^]\/$"},
        [r"E'ä\n/'", "'☃x/'"],
        ["'ax/'"],
    ),
    "email": (
        "VARCHAR",
        "string",
        {"format": "email"},
        ["'a.b+c@mail.example.com'", "'x@localhost'"],
        ["'a@'", "'@example.com'", "'a b@example.com'", "'a@b@example.com'", "'a@-x.example.com'", "''"],
    ),
    "uri": (
        "VARCHAR",
        "string",
        {"format": "uri"},
        ["'https://example.com/a?b=c#d'", "'urn:isbn:0451450523'", "'mailto:a@example.com'", "'x:%20'"],
        ["'example.com/a'", "'http://a b'", "'1x:y'", "'x:%2'"],
    ),
    "uuid": ("VARCHAR", "string", {"format": "uuid"}, [f"'{UUID}'"], [f"'{UUID}0'", f"'{{{UUID}}}'", f"'{UUID[:-1]}g'"]),
    "ipv4": (
        "VARCHAR",
        "string",
        {"format": "ipv4"},
        ["'0.0.0.0'", "'255.249.199.9'"],
        ["'256.0.0.1'", "'1.2.3'", "'01.2.3.4'"],
    ),
    "ipv6": (
        "VARCHAR",
        "string",
        {"format": "ipv6"},
        [
            "'::'",
            "'::1'",
            "'1::'",
            "'1:2:3:4:5:6:7:8'",
            "'2001:db8::ff00:42:8329'",
            "'::ffff:1.2.3.4'",
            "'1:2:3:4:5:6:1.2.3.4'",
        ],
        ["':::'", "'1:2:3:4:5:6:7'", "'1::2::3'", "'12345::'", "'1:2:3:4:5:6:7:8:9'", "'1:2:3:4:5:6:7::8:9'", "'1.2.3.4'"],
    ),
    "hostname": (
        "VARCHAR",
        "string",
        {"format": "hostname"},
        ["'a'", "'mail.example-1.com'"],
        ["'-a.com'", "'a..b'", "'a_b'", "'a.'", "repeat('a', 64)", "repeat('abcdefgh.', 29) || 'com'"],
    ),
    "byte": ("VARCHAR", "string", {"format": "byte"}, ["''", "'YQ=='", "'YWI='", "'YWJj'"], ["'YQ'", "'YQ='", "'Y-=='"]),
    "date as a format of text": ("VARCHAR", "string", {"format": "date"}, ["'2020-02-29'"], ["'2021-02-29'", "'2020-2-29'"]),
    "time as a format of text": (
        "VARCHAR",
        "string",
        {"format": "time"},
        ["'08:30:00Z'", "'08:30:00.5+01:00'"],
        ["'08:30Z'", "'24:00:00Z'"],
    ),
    "date-time as a format of text": (
        "VARCHAR",
        "string",
        {"format": "date-time"},
        ["'2020-02-29T08:30:00Z'", "'2020-02-29t08:30:00.25-08:00'"],
        ["'2021-02-29T08:30:00Z'", "'2020-02-28 08:30:00Z'", "'2020-02-28T08:30:00'"],
    ),
}
NUMBERS = {
    "minimum": ("INTEGER", "integer", {"minimum": 1}, ["1", "2147483647"], ["0", "-2147483648"]),
    "maximum": ("TINYINT", "integer", {"maximum": 1}, ["1", "-128"], ["2", "127"]),
    "exclusive limits": ("BIGINT", "integer", {"exclusiveMinimum": 0, "exclusiveMaximum": 3}, ["1", "2"], ["0", "3"]),
    "limits of money": ("DECIMAL(10,2)", "number", {"minimum": 0.005, "maximum": 9.995}, ["0.01", "9.99"], ["0.00", "10.00"]),
    "limits of a whole column by a broken number": ("INTEGER", "integer", {"minimum": 0.5}, ["1"], ["0"]),
    "limits of a float": ("FLOAT", "number", {"minimum": 0.5, "maximum": 1}, ["0.5", "1"], ["0.25", "1.5", "'inf'", "'nan'"]),
    "multipleOf": ("INTEGER", "integer", {"multipleOf": 5}, ["0", "5", "-10"], ["1", "-7"]),
    "multipleOf of small numbers": ("TINYINT", "integer", {"multipleOf": 300}, ["0"], ["100", "-128"]),
    "multipleOf of the largest": ("BIGINT", "integer", {"multipleOf": 7}, ["9223372036854775807"], ["9223372036854775806"]),
    "multipleOf of money": (
        "DECIMAL(10,2)",
        "number",
        {"multipleOf": 0.05},
        ["0.10", "-1.15", "99999999.95"],
        ["0.11", "0.01"],
    ),
    "multipleOf of the most digits": (
        "DECIMAL(38,2)",
        "number",
        {"multipleOf": 0.016},
        ["0.08", "999999999999999999999999999999999999.92"],
        ["0.12", "0.01"],
    ),
    "multipleOf beyond the most digits": ("DECIMAL(38,2)", "number", {"multipleOf": 1e36}, ["0"], ["0.01", "1"]),
    "multipleOf of half of an integer": ("BIGINT", "integer", {"multipleOf": 2.5}, ["5", "-10"], ["2", "3"]),
    "multipleOf finer than the column": ("DECIMAL(10,1)", "number", {"multipleOf": 0.25}, ["0.5", "-1.0"], ["0.2", "0.7"]),
    "multipleOf of a float": (
        "DOUBLE",
        "number",
        {"multipleOf": 0.1},
        ["0.3", "1e9", "-0.7"],
        ["0.35", "1e-3", "'nan'", "'inf'"],
    ),
    "multipleOf of a large float": (
        "DOUBLE",
        "number",
        {"multipleOf": 0.01},
        ["5000000.01", "4999999.99", "123456789012.34", "1e300"],
        ["5000000.004", "4999999.994", "10000000.005", "123456789012.345"],
    ),
    "multipleOf of a large integer in a float": (
        "DOUBLE",
        "number",
        {"multipleOf": 1},
        ["1e15"],
        ["1500000000.5", "1e14 + 0.5"],
    ),
    "multipleOf of a short float": (
        "FLOAT",
        "number",
        {"multipleOf": 0.01},
        ["0.07", "6000.01", "7000.12"],
        ["6000.005", "7000.125"],
    ),
    "multipleOf of an integer in a short float": ("FLOAT", "number", {"multipleOf": 1}, ["600000", "1e10"], ["600000.5"]),
    "u8": ("INTEGER", "integer", {"format": "u8"}, ["0", "255"], ["-1", "256"]),
    "i16": ("BIGINT", "integer", {"format": "i16"}, ["-32768", "32767"], ["-32769", "32768"]),
    "u64": ("DECIMAL(38,0)", "integer", {"format": "u64"}, ["0", "18446744073709551615"], ["-1", "18446744073709551616"]),
    "i64": ("BIGINT", "integer", {"format": "i64"}, ["-9223372036854775808", "9223372036854775807"], []),
    "u128": ("BIGINT", "integer", {"format": "u128"}, ["0"], ["-1"]),
    "f32": ("DOUBLE", "number", {"format": "f32"}, ["1.5", "3.4e38", "'inf'"], ["3.5e38", "-1e300"]),
    "f64": ("FLOAT", "number", {"format": "f64"}, ["1.5"], []),
}
TIMES = {
    "limits of a day": (
        "DATE",
        "date",
        {"minimum": "2018-01-31", "exclusiveMaximum": "2018-02-02"},
        ["'2018-01-31'", "'2018-02-01'"],
        ["'2018-01-30'", "'2018-02-02'"],
    ),
    "limits of a moment": (
        "TIMESTAMPTZ",
        "timestamp",
        {"exclusiveMinimum": "2018-01-31T12:00:00Z", "maximum": "2018-01-31T14:00:00+01:00"},
        ["'2018-01-31 12:00:00.000001+00'", "'2018-01-31 13:00:00+00'"],
        ["'2018-01-31 12:00:00+00'", "'2018-01-31 13:00:00.000001+00'"],
    ),
    "limits in another time zone": (
        "TIMESTAMPTZ",
        "timestamp",
        {"minimum": "2018-01-31T12:00:00", "defaultTimezone": "America/Sao_Paulo", "timezone": True},
        ["'2018-01-31 14:00:00+00'"],
        ["'2018-01-31 13:59:59+00'"],
    ),
    "limits of a moment without zone": (
        "TIMESTAMP",
        "timestamp",
        {"minimum": "2018-01-31T12:00:00", "timezone": False, "format": "yyyy-MM-dd HH:mm:ss"},
        ["'2018-01-31 12:00:00'"],
        ["'2018-01-31 11:59:59'"],
    ),
    "a day kept as text": (
        "VARCHAR",
        "date",
        {"format": "dd/MM/yyyy", "minimum": "31/01/2018"},
        ["'31/01/2018'", "'01/02/2018'"],
        ["'30/01/2018'", "'31/02/2018'", "'2018-02-01'", "'1/2/2018'", "''"],
    ),
    "a moment kept as text": (
        "VARCHAR",
        "timestamp",
        {"format": "yyyy-MM-dd'T'HH:mm:ssXXX", "timezone": True, "maximum": "2018-01-31T12:00:00Z"},
        ["'2018-01-31T12:00:00Z'", "'2018-01-31T13:00:00+01:00'"],
        ["'2018-01-31T12:00:01Z'", "'2018-01-31T12:00:00'", "'2018-01-31 12:00:00Z'"],
    ),
    "a moment kept as text in the standard's own format": (
        "VARCHAR",
        "timestamp",
        {},
        ["'2018-01-31T12:00:00.000Z'"],
        ["'2018-01-31T12:00:00Z'", "'2018-01-31'"],
    ),
    "a time of day kept as text": (
        "VARCHAR",
        "time",
        {"minimum": "08:30:00", "exclusiveMaximum": "17:00:00"},
        ["'08:30:00'", "'16:59:59'"],
        ["'08:29:59'", "'17:00:00'", "'25:00:00'", "'9:00:00'"],
    ),
}
PARTED = {
    "minItems and maxItems": (
        "VARCHAR[]",
        "array",
        {"minItems": 1, "maxItems": 2},
        ["['a']", "['a', NULL]"],
        ["[]", "['a', 'b', 'c']"],
    ),
    "uniqueItems": (
        "INTEGER[]",
        "array",
        {"uniqueItems": True},
        ["[]", "[1, 2, NULL]"],
        ["[1, 1]", "[NULL, NULL]", "[1, NULL, 1]"],
    ),
    "minProperties and maxProperties": (
        "STRUCT(a INTEGER, b VARCHAR, c VARCHAR)",
        "object",
        {"minProperties": 1, "maxProperties": 2},
        ["{'a': 1, 'b': NULL, 'c': NULL}", "{'a': 1, 'b': 'x', 'c': NULL}"],
        ["{'a': NULL, 'b': NULL, 'c': NULL}", "{'a': 1, 'b': 'x', 'c': 'y'}"],
    ),
    "required": (
        'STRUCT("it\'s {a}" INTEGER, b VARCHAR)',
        "object",
        {"required": ["it's {a}"], "minProperties": 1},
        ["{'it''s {a}': 1, 'b': NULL}"],
        ["{'it''s {a}': NULL, 'b': 'x'}"],
    ),
}
VECTORS = {
    "dimensions": ("FLOAT[]", "vector", {"dimensions": 2}, ["[1, 2]"], ["[1]", "[1, 2, 3]", "[]"]),
    "normalized": (None, "vector", {"dimensions": 2, "normalized": True}, ["[0.6, 0.8]"], ["[1, 1]", "[null, null]"]),
}
EVERY = {**TEXT, **NUMBERS, **TIMES, **PARTED, **VECTORS}


def column_of(kind, logical, options):
    return {"name": "a", "logicalType": logical, "logicalTypeOptions": options} | ({"physicalType": kind} if kind else {})


def rows_of(values, kind):
    return " UNION ALL BY NAME ".join(f"SELECT CAST({value} AS {kind}) AS a" for value in values)


@pytest.mark.parametrize(("kind", "logical", "options", "good", "bad"), EVERY.values(), ids=EVERY)
def test_exactly_the_values_that_break_an_option_are_counted(load, parquet, kind, logical, options, good, bad):
    stored = kind or "FLOAT[]"
    contract = load(columns=[column_of(kind, logical, options)], apiVersion="v3.2.0" if logical == "vector" else "v3.1.0")
    kept = audit(contract, [parquet(rows_of([*good, "NULL"], stored))])
    assert [str(verdict) for verdict in kept.broken] == []
    assert len(kept.of_check("values")) >= 1
    for value in bad:
        result = audit(contract, [parquet(rows_of([value, *good], stored))])
        assert result.broken, f"{value} breaks nothing"
        assert {verdict.found for verdict in result.broken} == {f"1 of {len(good) + 1} rows breaks it"}
    nothing = audit(contract, [parquet(f"SELECT NULL::{stored} AS a LIMIT 0")])
    assert (nothing.rows, nothing.broken) == (0, [])


def test_the_parts_of_a_value_keep_their_own_promises(judge):
    items = {
        "logicalType": "object",
        "properties": [
            {"name": "code", "logicalType": "string", "required": True, "logicalTypeOptions": {"pattern": "^[A-Z]+$"}},
            {
                "name": "sizes",
                "logicalType": "array",
                "items": {"logicalType": "integer", "logicalTypeOptions": {"minimum": 1}},
            },
        ],
    }
    column = {"name": "a", "logicalType": "array", "items": items}
    kind = "STRUCT(code VARCHAR, sizes BIGINT[])[]"
    good = ["[]", "[{'code': 'A', 'sizes': [1, 2]}, {'code': 'B', 'sizes': NULL}]", "NULL"]
    assert judge(rows_of(good, kind), [column]).broken == []
    bad = ["[{'code': 'a', 'sizes': []}]", "[{'code': NULL, 'sizes': []}]", "[{'code': 'A', 'sizes': [1, 0]}]"]
    broken = judge(rows_of([*good, *bad], kind), [column]).broken
    assert [(verdict.rule.sentence, verdict.found) for verdict in broken] == [
        ("a has only items of which each has code", "1 of 6 rows breaks it"),
        ("a has only items of which each has code, which matches ^[A-Z]+$", "1 of 6 rows breaks it"),
        (
            "a has only items of which each has sizes, which has only items of which each is at least 1",
            "1 of 6 rows breaks it",
        ),
    ]


def test_the_keys_and_values_of_a_map_keep_their_own_promises(judge):
    short = {"logicalType": "string", "logicalTypeOptions": {"maxLength": 2}}
    positive = {"logicalType": "integer", "logicalTypeOptions": {"minimum": 1}, "required": True}
    column = {"name": "a", "logicalType": "map", "map": {"key": short, "value": positive}}
    kind = "MAP(VARCHAR, BIGINT)"
    good = ["MAP {'de': 1, 'fr': 2}", "MAP {}", "NULL"]
    assert judge(rows_of(good, kind), [column], apiVersion="v3.2.0").broken == []
    for bad in ("MAP {'deu': 1}", "MAP {'de': 0}", "MAP {'de': NULL}"):
        (verdict,) = judge(rows_of([*good, bad], kind), [column], apiVersion="v3.2.0").broken
        assert verdict.found == "1 of 4 rows breaks it"


@pytest.mark.parametrize(
    ("kind", "logical", "listed", "good", "bad"),
    [
        ("VARCHAR", "string", ["open", "won't"], ["'open'", "'won''t'", "NULL"], ["'Open'", "''"]),
        ("INTEGER", "integer", [1, 2], ["1", "2"], ["3"]),
        ("DECIMAL(10,2)", "number", [0.5, 1], ["0.50", "1.00"], ["0.51"]),
        ("BOOLEAN", "boolean", [True], ["true"], ["false"]),
        ("DATE", "date", ["2018-01-31"], ["'2018-01-31'"], ["'2018-02-01'"]),
        ("VARCHAR", "string", [None], ["NULL"], ["''"]),
    ],
)
def test_an_enumeration_allows_what_it_lists_and_nothing(judge, kind, logical, listed, good, bad):
    column = {"name": "a", "physicalType": kind, "logicalType": logical, "enum": [{"value": value} for value in listed]}
    assert judge(rows_of(good, kind), [column], apiVersion="v3.2.0").broken == []
    (verdict,) = judge(rows_of([*good, *bad], kind), [column], apiVersion="v3.2.0").broken
    assert verdict.found == f"{len(bad)} of {len(good) + len(bad)} rows {'breaks' if len(bad) == 1 else 'break'} it"


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (column_of("VARCHAR", "string", {"pattern": "(?=x)y"}), r"column 'a': the pattern '\(\?=x\)y' cannot be executed"),
        (column_of("VARCHAR", "string", {"pattern": r"(a)\1"}), "cannot be executed: RE2 does not have the back reference"),
        (column_of("VARCHAR", "string", {"pattern": "(["}), "cannot be executed"),
        (column_of("BLOB", "string", {"pattern": "x"}), "holds bytes and no text"),
        (column_of("INTEGER", "string", {"maxLength": 2}), "logicalType 'string' contradicts physicalType 'INTEGER'"),
        (column_of("VARCHAR", "integer", {"minimum": 2}), "logicalType 'integer' contradicts physicalType 'VARCHAR'"),
        (column_of("DECIMAL(10,2)", "integer", {}), "contradicts"),
        (column_of("DOUBLE", "integer", {}), "contradicts"),
        (column_of("VARCHAR[]", "string", {}), "contradicts"),
        (column_of("VARCHAR", "array", {}), "contradicts"),
        (column_of("BOOLEAN", "boolean", {"minimum": 1}), "minimum is no option of the logicalType 'boolean'"),
        (column_of("DATE", "date", {"minimum": "soon"}), "'soon' is no value of the type DATE"),
        (column_of("DATE", "date", {"minimum": "2018-01-31T12:00:00"}), "is no value of the type DATE"),
        (column_of("VARCHAR", "date", {"minimum": "2018-01-31", "format": "dd.MM.yyyy"}), "not of the column's format"),
        (column_of("VARCHAR", "date", {"format": "EEE dd"}), "'EEE' is none of"),
        (column_of("VARCHAR", "date", {"format": "yyyy-MM-dd'"}), "cannot be judged"),
        (column_of("TIMESTAMP", "timestamp", {"timezone": True}), "timezone is true, but 'TIMESTAMP' holds no time zone"),
        (column_of("TIMESTAMPTZ", "timestamp", {"timezone": False}), "holds a time zone"),
        (column_of("TIMESTAMPTZ", "timestamp", {"defaultTimezone": "Mars/Olympus"}), "'Mars/Olympus', which is no time zone"),
        (column_of("TIMESTAMPTZ", "timestamp", {"defaultTimezone": "../etc"}), "which is no time zone"),
        (column_of("DOUBLE", "number", {"minimum": float("inf")}), r"JSON does not have: \.inf"),
        (column_of("STRUCT(b INTEGER)", "object", {"required": ["c"]}), "requires the property 'c'"),
        ({"name": "a", "logicalType": "array"}, "does not imply one"),
        ({"name": "a", "physicalType": "INTEGER", "logicalType": "array"}, "contradicts"),
        (
            {"name": "a", "physicalType": "DATE[]", "logicalType": "array", "items": {"logicalType": "string"}},
            "'items'.*contradicts",
        ),
        (
            {"name": "a", "physicalType": "STRUCT(b DATE)", "logicalType": "object", "properties": [{"name": "c"}]},
            "its properties are c, but its type has b",
        ),
        (
            {"name": "a", "logicalType": "object", "properties": [{"name": "b", "logicalType": "object"}]},
            "does not imply one",
        ),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_when_the_contract_is_read(load, column, message):
    with pytest.raises(ContractError, match=rf"things\.v1\.odcs\.yaml: .*{message}"):
        load(columns=[column])


@pytest.mark.parametrize(
    ("column", "version", "message"),
    [
        ({"logicalType": "integer", "enum": [{"value": "many"}]}, "v3.2.0", "'many' is no value of the type ANY_INTEGER"),
        ({"logicalType": "integer", "enum": [{"value": 10**38}]}, "v3.2.0", "is no value of the type ANY_INTEGER"),
        (
            {"logicalType": "integer", "physicalType": "BIGINT", "enum": [{"value": 2**63}]},
            "v3.2.0",
            "is no value of the type BIGINT",
        ),
        (
            {"logicalType": "number", "physicalType": "DECIMAL(4,2)", "enum": [{"value": 0.005}]},
            "v3.2.0",
            "is no value of the type DECIMAL",
        ),
        (
            {"logicalType": "vector", "logicalTypeOptions": {"dimensions": 2, "elementType": "binary"}},
            "v3.2.0",
            "vector of 'binary'",
        ),
        ({"logicalType": "number", "semanticType": "measure"}, "v3.2.0", "is a measure"),
    ],
)
def test_what_3_2_can_say_and_no_port_can_keep_is_refused(load, column, version, message):
    with pytest.raises(ContractError, match=message):
        load(columns=[{"name": "a", **column}], apiVersion=version)


@pytest.mark.parametrize(
    ("column", "sentences"),
    [
        (column_of("VARCHAR", "string", {"format": "password"}), ("a is of the format password.",)),
        (column_of("BLOB", "string", {"format": "binary"}), ("a is of the format binary.",)),
        (column_of("VARCHAR", "string", {"format": "email"}), ()),
        (
            column_of("DATE", "date", {"format": "dd/MM/yyyy"}),
            ("a is shown as dd/MM/yyyy; it is stored as DATE, which has no format.",),
        ),
    ],
)
def test_a_format_that_no_data_can_prove_is_documentation(load, column, sentences):
    contract = load(columns=[column])
    assert contract.documented == sentences
    assert bool(sentences) != ("values" in contract.checks)


def test_the_length_of_a_binary_type_counts_bytes(judge):
    for text, broken in (("é", 0), ("aé", 1)):
        column = {"name": "a", "physicalType": "VARBINARY(2)"}
        assert len(judge(f"SELECT encode('{text}') AS a", [column]).broken) == broken
