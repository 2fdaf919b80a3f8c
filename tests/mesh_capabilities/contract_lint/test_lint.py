"""Lint: every finding with its line; errors where a contract is none, warnings and notes where nobody executes it."""

import shutil
from pathlib import Path

import pytest
import yaml

from mesh_capabilities.contract_lint.lint import LintLevel, lint_file
from mesh_platform.errors import ContractError

PLACE = "domains/shop/contracts/things.v1.odcs.yaml"

VALID = """\
apiVersion: v3.1.0
kind: DataContract
id: shop.things.v1
version: 1.0.0
status: active
domain: shop
schema:
  - name: things
    properties:
      - name: id
        logicalType: string
        physicalType: VARCHAR
        primaryKey: true
"""


@pytest.fixture
def findings(company):
    """What lint says of a text in the place of a port's contract: level, line, key, sentence."""

    def findings(text, place=PLACE, root=True):
        path = company.write(place, text)
        reported = lint_file(path, company.root if root else None).findings
        return [(finding.level, finding.line, finding.key, finding.sentence) for finding in reported]

    return findings


def errors(findings):
    return [(line, key, sentence) for level, line, key, sentence in findings if level == LintLevel.ERROR]


def changed(old, new):
    assert old in VALID
    return VALID.replace(old, new)


def test_a_valid_contract_has_no_error_and_its_documentation_is_listed(findings):
    assert findings(VALID) == [
        (LintLevel.NOTE, 5, "status", "a draft is published like an active contract, and may change within its version"),
    ]


def test_a_key_that_a_reader_may_count_on_is_a_warning(findings):
    said = findings(VALID + "        encryptedName: id_encrypted\nservers:\n  - {server: x, type: local, path: ./x}\n")
    assert [(level, line, key) for level, line, key, _ in said if level == LintLevel.WARNING] == [
        (LintLevel.WARNING, 14, "schema[].properties[].encryptedName"),
        (LintLevel.WARNING, 15, "servers"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "key", "words"),
    [
        (changed("v3.1.0", "v3.9.0"), 1, "apiVersion", "declares apiVersion 'v3.9.0'"),
        (changed("apiVersion: v3.1.0\n", ""), 1, "apiVersion", "declares apiVersion None"),
        (changed("status: active", "statsu: active\nstatus: active"), 5, "statsu", "the key 'statsu' is not allowed here"),
        (
            changed("        primaryKey: true", "        primarykey: true"),
            13,
            "schema[].properties[].primarykey",
            "not allowed",
        ),
        (
            changed("primaryKey: true", "primaryKey: 'yes'"),
            13,
            "schema[].properties[].primaryKey",
            "'yes' is not of type 'boolean'",
        ),
        (changed("version: 1.0.0\n", ""), 1, "", "'version' is a required property"),
        (changed("logicalType: string", "logicalType: text"), 11, "schema[].properties[].logicalType", "'text' is not one of"),
    ],
)
def test_what_is_not_valid_odcs_is_told_at_its_line(findings, text, line, key, words):
    ((found_line, found_key, sentence),) = errors(findings(text))
    assert (found_line, found_key) == (line, key)
    assert words in sentence


def test_all_errors_are_told_and_not_only_the_first(findings):
    text = changed("primaryKey: true", "primaryKey: 'yes'").replace("kind: DataContract", "kind: Contract")
    assert [line for line, *_ in errors(findings(text))] == [2, 13]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (changed("VARCHAR", "GEOMETRY"), 10, "a port cannot store physicalType 'GEOMETRY'"),
        (VALID + "      - name: id\n        physicalType: DATE\n", 10, "it promises id twice"),
        (changed("id: shop.things.v1", "id: shop.others.v1"), 3, "its id is 'shop.others.v1'"),
        (changed("version: 1.0.0", "version: '1'"), 4, "is not of the form major.minor.patch"),
        (
            VALID + "        quality:\n          - {type: custom, name: soda, engine: soda, implementation: x}\n",
            15,
            "for the engine 'soda', which is not registered",
        ),
        (VALID + "    quality:\n      - {metric: rowCount}\n", 15, "exactly one of mustBe, mustNotBe, "),
        (VALID + "slaProperties:\n  - {property: frequency, value: 1, unit: fortnight}\n", 15, "the unit 'fortnight'"),
    ],
)
def test_what_no_port_can_keep_is_told_where_it_stands(findings, text, line, words):
    found = errors(findings(text))
    assert [number for number, *_ in found] == [line]
    assert words in found[0][2]


AT = "      - {name: at, logicalType: timestamp}\n"


@pytest.mark.parametrize("element", ["gone", "things.gone", "others.at", "at, gone", "at,", "','"])
@pytest.mark.parametrize("name", ["endOfLife", "endOfSupport", "noticePeriod", "latency", "frequency", "retention"])
def test_an_element_that_names_no_column_is_an_error_with_its_line(findings, name, element):
    value = "2030-01-31" if name.startswith("end") else "P90D"
    level = f"  - {{property: {name}, value: {value}, element: {element!r}}}\n".replace('"', "")
    found = errors(findings(f"{VALID}{AT}slaProperties:\n  - {{property: availability, value: 99, element: x}}\n{level}"))
    assert [(line, key) for line, key, _ in found] == [(17, "slaProperties[]")]
    assert f"slaProperties.{name} looks at " in found[0][2]
    assert "write table.column, the name of a column, or that of the table" in found[0][2]


@pytest.mark.parametrize("element", ["at", "things.at", "at, things.at", "things"])
@pytest.mark.parametrize("name", ["endOfLife", "noticePeriod", "latency", "frequency", "retention"])
def test_a_column_is_named_with_and_without_its_table(findings, name, element):
    value = "2030-01-31" if name.startswith("end") else "P90D"
    said = findings(f"{VALID}{AT}slaProperties:\n  - {{property: {name}, value: {value}, element: '{element}'}}\n")
    assert errors(said) == []
    warnings = [key for level, _, key, _ in said if level == LintLevel.WARNING]
    assert warnings == (["slaProperties[latency]"] if (name, element) == ("latency", "things") else [])


@pytest.mark.parametrize(
    ("level", "words"),
    [
        *(
            (
                f"{{property: {name}, value: {value}}}",
                f"slaProperties.{name} is {value}, which is no day; write one like 2027-01-31",
            )
            for name in ("endOfLife", "endOfSupport")
            for value in ("'2027-1-31'", "20270131", "'31.01.2027'", "'2027-02-30'", "'soon'")
        ),
        ("{property: noticePeriod, value: 12, unit: M}", "slaProperties.noticePeriod has the unit 'M'; write one of s, sec,"),
        ("{property: noticePeriod, value: 12, unit: Months}", "slaProperties.noticePeriod has the unit 'Months'; write one of"),
        ("{property: noticePeriod, value: 4, unit: quarters}", "slaProperties.noticePeriod has the unit 'quarters'; write"),
        ("{property: noticePeriod, value: P12M, unit: d}", "slaProperties.noticePeriod is 'P12M', which is no number of days"),
    ],
)
def test_an_end_or_a_notice_that_cannot_be_read_is_an_error_with_its_line(findings, level, words):
    found = errors(findings(f"{VALID}slaProperties:\n  - {{property: availability, value: 99}}\n  - {level}\n"))
    assert [(line, key) for line, key, _ in found] == [(16, "slaProperties[]")]
    assert found[0][2].startswith(words)


BROKEN_COLUMNS = {
    "a day that is not required": (
        "{name: d, physicalType: DATE, logicalType: date, partitioned: true, partitionKeyPosition: 1}",
        "it is partitioned by d, which is not required",
    ),
    "a type that no port stores": ("{name: d, physicalType: GEOMETRY}", "cannot store physicalType 'GEOMETRY'"),
    "types that contradict each other": ("{name: d, physicalType: DATE, logicalType: integer}", "integer"),
}


@pytest.mark.parametrize(("column", "words"), BROKEN_COLUMNS.values(), ids=BROKEN_COLUMNS)
@pytest.mark.parametrize(
    "more",
    [
        "slaProperties:\n  - {property: freshness, value: 1, unit: d, element: things.d}\n",
        "    relationships:\n      - {from: things.d, to: things.e}\n",
        "    relationships:\n      - {from: things.e, to: things.d}\n",
        "    quality:\n      - {metric: duplicateValues, mustBe: 0, arguments: {properties: [d]}}\n",
        "customProperties:\n  - {property: completeDays, value: true}\n",
    ],
)
def test_a_column_that_cannot_be_read_is_one_error_whatever_refers_to_it(findings, column, words, more):
    if "completeDays" in more and "partitioned" not in column:
        pytest.skip("no port by day")
    found = errors(findings(f"{VALID}      - {column}\n      - {{name: e, physicalType: DATE}}\n{more}"))
    assert [line for line, *_ in found] == [14], found
    assert words in found[0][2]


def test_what_is_wrong_beside_a_column_that_cannot_be_read_is_told(findings):
    column, levels = BROKEN_COLUMNS["a type that no port stores"][0], "{property: latency, value: 1, unit: M, element: at}"
    rule = "    quality:\n      - {metric: rowCount, mustBe: 1, unit: dozens}\n"
    found = errors(findings(f"{VALID}{AT}      - {column}\n{rule}slaProperties:\n  - {levels}\n"))
    assert sorted(line for line, *_ in found) == [15, 17, 19]


def test_every_rule_that_no_port_can_keep_is_told(findings):
    rules = ["{metric: nullValues, mustBe: 0}", "{metric: rowCount, mustBe: 1}", "{type: custom, engine: x, implementation: y}"]
    text = VALID + "    quality:\n" + "".join(f"      - {rule}\n" for rule in rules)
    assert [line for line, *_ in errors(findings(text))] == [15, 17]


def test_a_query_that_does_not_run_is_told_before_any_data_is_there(findings):
    query = "        query: select count(*) from ${object} where no = 1\n"
    said = findings(VALID + "    quality:\n      - type: sql\n        mustBe: 0\n" + query)
    ((line, key, sentence),) = errors(said)
    assert (line, key) == (17, "schema[].quality[].query")
    assert "it cannot be executed: Binder Error" in sentence


DOZENS = "          - {metric: nullValues, mustBe: 0, unit: dozens}\n"
OPTIONS, RULE = "        logicalTypeOptions:\n", "        quality:\n          - metric: invalidValues\n            mustBe: 0\n"
LIST = "      - name: tags\n        logicalType: array\n        items:\n          logicalType: string\n"


@pytest.mark.parametrize(
    ("more", "line", "key", "words"),
    [
        (
            f"{OPTIONS}          minLength: 1\n          pattern: '('\n          maxLength: 5\n",
            16,
            "schema[].properties[].logicalTypeOptions.pattern",
            "the pattern '(' cannot be executed",
        ),
        (
            f"{RULE}            arguments:\n              pattern: '['\n              validValues: [a]\n",
            18,
            "schema[].properties[].quality[].arguments.pattern",
            "the pattern '[' cannot be executed",
        ),
        (
            f"{RULE}            arguments:\n              pattern: '['\n",
            18,
            "schema[].properties[].quality[].arguments.pattern",
            "the pattern '[' cannot be executed",
        ),
        (
            f"{RULE}            arguments:\n              pattern: a\n{DOZENS}",
            19,
            "schema[].properties[].quality[]",
            "it counts in 'dozens'",
        ),
        (
            f"{RULE}            arguments: {{pattern: a}}\n            customProperties:\n"
            "              - {property: theirs, value: 1}\n              - {property: setAside, value: many}\n",
            20,
            "schema[].properties[].quality[].customProperties[]",
            "setAside is 'many'",
        ),
        (
            f"{LIST}          logicalTypeOptions:\n            pattern: '(?=x)'\n",
            19,
            "schema[].properties[].items.logicalTypeOptions.pattern",
            "the pattern '(?=x)' cannot be executed",
        ),
        (
            "        relationships:\n          - to: things.id\n          - to: things.nothing\n",
            16,
            "schema[].properties[].relationships[]",
            "names the column 'nothing', which does not exist",
        ),
        (
            "      - name: at\n        logicalType: timestamp\nslaProperties:\n"
            "  - {property: latency, value: 1, unit: d, element: at}\n"
            "  - {property: retention, value: 1, unit: d, element: id}\n",
            18,
            "slaProperties[]",
            "looks at 'id', which is VARCHAR and no time",
        ),
        (
            "      - name: address\n        logicalType: object\n        properties:\n"
            "          - {name: city, logicalType: string}\n"
            "          - {name: since, logicalType: date, logicalTypeOptions: {minimum: once}}\n",
            18,
            "schema[].properties[].properties[].logicalTypeOptions.minimum",
            "once",
        ),
        (
            "    quality:\n      - {name: a, metric: rowCount, mustBe: 1}\n      - {name: a, metric: rowCount, mustBe: 1}\n",
            16,
            "schema[].quality[]",
            "would be shown as the check 'a'",
        ),
        (
            "customProperties:\n  - {property: versionRetention, value: long}\n",
            14,
            "customProperties",
            "customProperties.versionRetention is 'long'",
        ),
    ],
)
def test_a_single_option_argument_or_entry_is_blamed(findings, more, line, key, words):
    found = errors(findings(VALID + more))
    assert [(found_line, found_key) for found_line, found_key, _ in found] == [(line, key)]
    assert words in found[0][2]


def test_several_options_and_rules_are_blamed_each_at_its_line(findings):
    options = f"{OPTIONS}          pattern: '('\n"
    date = "      - name: day\n        logicalType: date\n        logicalTypeOptions: {minimum: yesterday, maximum: tomorrow}\n"
    rule = f"        quality:\n{DOZENS}"
    said = errors(findings(VALID + options + rule + date))
    assert sorted((line, key.rpartition(".")[2]) for line, key, _ in said) == [
        (15, "pattern"),
        (17, "quality[]"),
        (20, "maximum"),
        (20, "minimum"),
    ]


def test_a_query_of_a_contract_reads_and_writes_no_file_while_it_is_linted(findings, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    query = f"        query: select count(*) from read_csv('{secret}')\n"
    found = errors(findings(VALID + "    quality:\n      - type: sql\n        name: x\n" + query + "        mustBe: 1\n"))
    assert "calls 'read_csv', which it may not call" in found[0][2]


@pytest.mark.parametrize("text", ["", "- a list\n", "a: 1\na: 2\n", "a:\n\tb: 1\n", "a: *x\n"])
def test_a_file_that_cannot_be_read_has_one_error_and_no_note(findings, text):
    assert [level for level, *_ in findings(text)] == [LintLevel.ERROR]


@pytest.mark.parametrize("root", [True, False])
def test_a_contract_of_two_tables_is_an_error_in_a_mesh_and_a_warning_elsewhere(findings, root):
    text = VALID + "  - name: others\n    properties: [{name: id, physicalType: DATE}]\n"
    said = {sentence: level for level, _, _, sentence in findings(text, root=root)}
    assert said["a port is one table, but the contract's schema describes 2"] == (
        LintLevel.ERROR if root else LintLevel.WARNING
    )


def test_a_file_outside_of_a_mesh_is_held_against_the_standard_only(findings):
    assert errors(findings(changed("shop.things.v1", "anything"), "anywhere/x.yaml", root=False)) == []


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ContractError, match="nothing.yaml does not exist"):
        lint_file(tmp_path / "nothing.yaml")


def test_a_folder_is_no_contract(tmp_path):
    with pytest.raises(ContractError, match="is a folder and not a file"):
        lint_file(tmp_path)


def test_a_thousand_columns_are_linted(findings):
    columns = [{"name": f"c{number}", "physicalType": "INTEGER"} for number in range(1_000)]
    document = yaml.safe_load(VALID)
    document["schema"][0]["properties"] = columns
    columns[999]["physicalType"] = "GEOMETRY"
    assert len(errors(findings(yaml.safe_dump(document)))) == 1


def test_a_path_with_spaces_and_quotes_is_linted(company, findings):
    place = "a 'folder' of/the \"shop\"/x.odcs.yaml"
    assert errors(findings(VALID, place, root=False)) == []
    shutil.rmtree(company.root / "a 'folder' of")


UNQUOTED = {
    "NO": "the boolean false",
    "yes": "the boolean true",
    "On": "the boolean true",
    "true": "the boolean true",
    "12:30": "the number 750",
    "010": "the number 8",
    "0x1F": "the number 31",
    "1_000": "the number 1000",
    "+1": "the number 1",
    "1.10": "the number 1.1",
    ".5": "the number 0.5",
    "190:20:30.15": "the number 685230.15",
    ".inf": "the number inf",
    "2017-01-05": "a date",
    "2017-01-05T10:00:00Z": "a date",
    "~": "no value",
    "NULL": "no value",
}
PLAIN = ["DE", "7", "-7", "0", "1.5", "null", "y", "09:00", "1e3", "'NO'", '"010"', "2017-1-5x", "!!str NO"]
PLACES = {
    "a list": "        quality:\n          - metric: invalidValues\n            mustBe: 0\n            arguments:\n"
    "              validValues:\n                - XX\n                - {}\n",
    "missing values": "        quality:\n          - metric: missingValues\n            mustBe: 0\n            arguments:\n"
    "              missingValues:\n                - XX\n                - {}\n",
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("text", "reads"), UNQUOTED.items())
def test_a_text_that_yaml_reads_as_something_else_is_an_error_with_its_line(findings, place, text, reads):
    found = errors(findings(VALID + PLACES[place].format(text)))
    assert [line for line, *_ in found] == [20]
    words = f"{text} without quotes is {reads} to YAML, and the column holds texts; put it in quotes: {text!r}"
    assert found[0][2].endswith(words)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("text", PLAIN)
def test_a_text_that_yaml_reads_as_it_is_written_is_no_error(findings, place, text):
    assert errors(findings(VALID + PLACES[place].format(text))) == []


@pytest.mark.parametrize(
    ("kind", "text", "lines"),
    [("string", "NO", [17]), ("integer", "010", [17]), ("date", "2017-01-05", []), ("boolean", "yes", [])],
)
def test_only_a_column_of_texts_is_misread(findings, kind, text, lines):
    column = f"      - name: other\n        logicalType: {kind}\n        enum:\n          - value: {text}\n"
    document = (VALID + column).replace("v3.1.0", "v3.2.0")
    assert [line for line, *_ in errors(findings(document))] == lines


def test_a_part_of_a_column_is_misread_like_a_column(findings):
    column = "      - name: tags\n        logicalType: array\n        items:\n          logicalType: string\n          enum:\n"
    document = (VALID + column + "            - value: NO\n").replace("v3.1.0", "v3.2.0")
    assert [line for line, *_ in errors(findings(document))] == [19]


@pytest.mark.parametrize(
    ("make", "found"), [(Path.mkdir, "is a folder"), (lambda path: path.symlink_to(path.name), "is a link")]
)
def test_a_contract_that_cannot_be_opened_is_a_finding_of_its_own(company, make, found):
    path = company.root / "domains/shop/contracts/odd.v1.odcs.yaml"
    path.parent.mkdir(parents=True)
    make(path)
    linted = lint_file(path, company.root)
    assert (linted.good, found in linted.findings[0].sentence) == (False, True)
