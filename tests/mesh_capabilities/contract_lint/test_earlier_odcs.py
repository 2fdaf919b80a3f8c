"""Contracts of ODCS v2.2: converted to v3.1.0, which every command says."""

from pathlib import Path

import pytest
import yaml

from mesh_capabilities.contract_lint.earlier_odcs import VERSIONS, convert, earlier_errors, read_any_document
from mesh_capabilities.contract_lint.lint import lint_file
from mesh_platform.contract.document import load_contract, read_document
from mesh_platform.errors import ContractError

BERTHS = """\
apiVersion: v2.2.2
kind: DataContract
uuid: harbour.berths.v1
version: 1.0.0
status: production
type: tables
datasetName: harbour
quantumName: berths
datasetDomain: harbour
username: reader
password: hidden
description: {purpose: Who lies where.}
dataset:
  - table: berths
    priorTableName: moorings
    dataGranularity: One row per berth.
    columns:
      - {column: berth_id, logicalType: integer, physicalType: int64, isPrimaryKey: true}
      - {column: vessel, logicalType: varchar(40), physicalType: varchar(40), isNullable: true, clusterStatus: true}
      - {column: since, logicalType: datetime, physicalType: timestamp(6), isNullable: false, sampleValues: ['2020-01-01']}
    quality:
      - {code: Q1, templateName: nulls, toolName: checker, dimension: completeness, column: berth_id, severity: error}
      - {templateName: odd, toolName: checker, dimension: beauty, description: No odd berths.}
price: {priceAmount: 3.5, priceCurrency: EUR, priceUnit: megabyte}
stakeholders: [{username: ada, role: owner, dateIn: '2021-01-01'}]
roles: [{role: reader, access: read}]
slaDefaultColumn: berths.since
slaProperties: [{property: frequency, value: 1, unit: d, column: berths.since}]
"""
REMARK = "read as v3.1.0, converted from v2.2.2"


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "berths.yaml"
    path.write_text(BERTHS, "utf-8")
    return path


@pytest.fixture
def new(old):
    return convert(yaml.safe_load(BERTHS)).document


def test_a_converted_document_is_valid_odcs(new, tmp_path):
    path = tmp_path / "berths.v1.odcs.yaml"
    path.write_text(yaml.safe_dump(new), "utf-8")
    assert read_document(path) == new


def test_a_converted_document_is_the_contract_of_a_port(new, tmp_path):
    path = tmp_path / "domains/harbour/contracts/berths.v1.odcs.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump(new), "utf-8")
    contract = load_contract(path, tmp_path)
    assert [(column.name, column.type, column.length) for column in contract.columns] == [
        ("berth_id", "BIGINT", None),
        ("vessel", "VARCHAR", 40),
        ("since", "TIMESTAMP", None),
    ]
    assert contract.primary_key == ("berth_id",)
    assert contract.grain == "One row per berth."
    assert contract.documented == ("checker: Q1 nulls", "No odd berths.")
    assert contract.freshness.days == 1


def test_a_column_that_does_not_say_that_it_is_nullable_is_required(new):
    assert [column["required"] for column in new["schema"][0]["properties"]] == [True, False, True]


def test_what_has_no_key_in_v3_is_a_custom_property_and_a_password_is_left_out(new):
    table = new["schema"][0]
    custom = [new, table, table["properties"][1], table["quality"][1]]
    names = [{entry["property"]: entry["value"] for entry in part["customProperties"]} for part in custom]
    assert names[0] == {"type": "tables"}
    assert names[1] == {"priorTableName": "moorings"}
    assert names[2] == {"clusterStatus": True}
    assert names[3] == {"templateName": "odd", "toolName": "checker", "dimension": "beauty"}
    assert table["quality"][0]["dimension"] == "completeness"
    assert "hidden" not in str(new)


def test_the_document_that_is_converted_does_not_change():
    document = yaml.safe_load(BERTHS)
    convert(document)
    assert document == yaml.safe_load(BERTHS)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_of_v2_2_is_read(old, version):
    text = BERTHS.replace("v2.2.2", version)
    old.write_text(text, "utf-8")
    assert earlier_errors(yaml.safe_load(text)) == []
    document, remark = read_any_document(old)
    assert remark == f"read as v3.1.0, converted from {version}"
    assert document["apiVersion"] == "v3.1.0"


def test_what_v2_2_1_writes_as_a_text_is_a_boolean_or_a_number(old, new):
    text = BERTHS.replace("v2.2.2", "v2.2.1").replace("isPrimaryKey: true", "isPrimaryKey: 'true'")
    text = text.replace("priceAmount: 3.5", "priceAmount: '3.5'").replace("value: 1,", "value: '1',")
    text = text.replace("    dataGranularity", "    description: [Who lies, where.]\n    dataGranularity")
    old.write_text(text, "utf-8")
    document, _ = read_any_document(old)
    assert document["schema"][0].pop("description") == "Who lies\nwhere."
    assert document == new
    old.write_text(text.replace("v2.2.1", "v2.2.2"), "utf-8")
    with pytest.raises(ContractError, match="'true' is not of type 'boolean'"):
        read_any_document(old)


def test_lint_says_what_it_reads_and_names_lines_of_the_file(old):
    linted = lint_file(old)
    assert linted.good
    (first, *_) = (finding for finding in linted.findings if finding.key == "apiVersion")
    assert first.sentence.startswith(REMARK)
    assert "mesh contract import --odcs" in first.sentence
    (roles,) = (finding for finding in linted.findings if finding.key == "roles")
    assert BERTHS.splitlines()[roles.line - 1].startswith("roles:")


@pytest.mark.parametrize(
    ("old_text", "new_text", "line", "found"),
    [
        ("uuid: harbour.berths.v1\n", "", 1, "'uuid' is a required property"),
        ("physicalType: int64", "physicalType: 3", 18, "3 is not of type 'string'"),
        ("physicalType: int64", "physicalType: uuid", 18, "VARCHAR, with format: uuid"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(old, old_text, new_text, line, found):
    old.write_text(BERTHS.replace(old_text, new_text), "utf-8")
    (finding,) = [finding for finding in lint_file(old).findings if found in finding.sentence]
    assert finding.line == line


def test_a_file_that_is_not_valid_v2_2_is_refused(old):
    old.write_text(BERTHS.replace("version: 1.0.0\n", ""), "utf-8")
    with pytest.raises(ContractError, match=r"is not valid ODCS v2\.2\.2: the document: 'version' is a required property"):
        read_any_document(old)


def test_a_port_is_not_published_under_v2_2(old, tmp_path):
    with pytest.raises(ContractError, match=r"declares apiVersion 'v2\.2\.2'"):
        load_contract(old, tmp_path)


def test_a_converted_contract_is_written_and_does_not_differ(call, old, tmp_path):
    target = tmp_path / "new.odcs.yaml"
    assert REMARK in call.text("contract", "import", "--odcs", old, "--to", target)
    assert target.read_text("utf-8").startswith(f"# 'berths.yaml', {REMARK}.\n")
    result = call("contract", "diff", old, target)
    assert f"berths.yaml is {REMARK}" in result.output
    assert "0 changes" in result.output
    assert lint_file(Path(target)).good


def test_data_are_tested_against_a_contract_of_v2_2(call, shop, old, parquet, tmp_path):
    text = BERTHS.replace("logicalType: integer, physicalType: int64", "logicalType: integer, physicalType: int4")
    old.write_text(text, "utf-8")
    file = parquet("SELECT 1::INTEGER AS berth_id, 'Ada' AS vessel, now()::TIMESTAMP AS since")
    result = call("contract", "test", "shop/things", "--file", file, "--contract", old)
    assert f"is {REMARK}" in result.output
    assert "keeps harbour.berths.v1" in result.output
