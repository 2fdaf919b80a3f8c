"""A promise to export: columns, keys, options and quality rules, with names and texts that are meant to break something."""

from collections.abc import Callable

import pytest

from mesh_capabilities.contract_lint.contract_summary import ContractConsumer, ContractSummary
from mesh_platform.contract.document import contract_in, read_document

HOSTILE = [
    'a "quoted" name',
    "it's; DROP TABLE things; --",
    "select",
    "UPPER lower",
    "größe ☃ 🦆",
    "{{ this }} {% raw %}",
    "back\\slash",
    "<script>alert(1)</script>",
    "1st",
    "a,b)",
]


@pytest.fixture
def promise(company) -> Callable[..., ContractSummary]:
    """Writes the contract of shop/things and reads it as a promise."""

    def promise(port: str = "things", **said) -> ContractSummary:
        path = company.contract(port, **said)
        document = read_document(path)
        return ContractSummary(
            contract_in(document, path, company.root),
            document,
            "shop",
            "#data-shop",
            [ContractConsumer("books/sales", "books")],
        )

    return promise


@pytest.fixture
def things(promise) -> ContractSummary:
    """A composite key, a unique column, options, valid values, a pattern, a warning, and a query."""
    valid = {"metric": "invalidValues", "mustBe": 0}
    return promise(
        columns=[
            {"name": "id", "physicalType": "INTEGER", "primaryKey": True, "primaryKeyPosition": 1},
            {"name": "part", "logicalType": "string", "primaryKey": True, "primaryKeyPosition": 2},
            {"name": "code", "logicalType": "string", "unique": True, "logicalTypeOptions": {"pattern": "^[A-Z]{2}$"}},
            {
                "name": "price",
                "logicalType": "number",
                "physicalType": "DECIMAL(10,2)",
                "required": True,
                "logicalTypeOptions": {"minimum": 0, "exclusiveMaximum": 1000},
                "description": "What it costs: 100 % of {{ everything }}.",
            },
            {
                "name": "kind",
                "logicalType": "string",
                "quality": [{"name": "known_kind", **valid, "arguments": {"validValues": ["new", "it's old", "{{ x }}"]}}],
            },
            {
                "name": "mood",
                "logicalType": "string",
                "quality": [{"name": "m", **valid, "severity": "warning", "arguments": {"validValues": ["good"]}}],
            },
            {"name": "made_at", "logicalType": "timestamp"},
            {"name": "made_on", "logicalType": "date"},
            {"name": "sold", "logicalType": "boolean"},
        ],
        quality=[
            {"name": "has_rows", "metric": "rowCount", "mustBeGreaterThan": 0, "description": "There is a row."},
            {"name": "nice", "type": "text", "description": "The things are nice."},
        ],
    )


@pytest.fixture
def hostile_but(promise) -> Callable[[str], ContractSummary]:
    """A contract whose columns are called and described as nobody should, but for names with any of some characters."""

    def hostile_but(without: str) -> ContractSummary:
        names = [name for name in HOSTILE if not set(name) & set(without)]
        columns = [{"name": name, "logicalType": "string", "description": f"{name}\n*/ ]]> {name}"} for name in names]
        keyed = [{**columns[0], "primaryKey": True}, *({**column, "unique": True} for column in columns[1:])]
        return promise("hostile", columns=keyed)

    return hostile_but


@pytest.fixture
def hostile(hostile_but) -> ContractSummary:
    """The same with all of them."""
    return hostile_but("")


@pytest.fixture
def good_rows() -> str:
    """Rows that keep the promise of `things`, as SQL values in the order of its columns."""
    return """(1, 'a', 'AB', 9.99, 'new', 'bad', '2018-01-31 12:00:00+00', '2018-01-31', true),
        (1, 'b', NULL, 0, 'it''s old', NULL, NULL, NULL, NULL),
        (2, 'a', 'CD', 999.99, '{{ x }}', 'good', NULL, NULL, false)"""


BAD_ROWS = {
    "a pattern": "(3, 'a', 'ab', 1, 'new', NULL, NULL, NULL, NULL)",
    "a minimum": "(4, 'a', 'EF', -0.01, 'new', NULL, NULL, NULL, NULL)",
    "a maximum": "(5, 'a', 'GH', 1000, 'new', NULL, NULL, NULL, NULL)",
    "a value": "(6, 'a', 'IJ', 1, 'other', NULL, NULL, NULL, NULL)",
    "a null": "(7, 'a', 'KL', NULL, 'new', NULL, NULL, NULL, NULL)",
    "a null in the key": "(NULL, 'a', 'MN', 1, 'new', NULL, NULL, NULL, NULL)",
}


@pytest.fixture(params=BAD_ROWS.values(), ids=BAD_ROWS)
def bad_row(request) -> str:
    """A row that by itself breaks the promise of `things`."""
    return request.param
