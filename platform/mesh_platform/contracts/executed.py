"""What the platform does with every key of ODCS: the one table that `mesh contract lint` and the documentation read.

A key that the table does not know is not executed. Whoever makes the platform execute a key changes its line here.
"""

from collections.abc import Mapping

from mesh_platform.contracts.key_use import Key, Use


def _keys(use: Use, below: str, said: Mapping[str, str]) -> list[Key]:
    """The lines of several keys below one path; `said` is `"name other_name" → sentence`."""
    return [Key(f"{below}{name}", use, says) for names, says in said.items() for name in names.split()]


_PEOPLE = "for people"
_COLUMN, _TABLE = "schema[].properties[].", "schema[]."
_OPTIONS = f"{_COLUMN}logicalTypeOptions."
_EXECUTED, _DOCUMENTED, _IGNORED = Use.EXECUTED, Use.DOCUMENTED, Use.IGNORED


def _quality(below: str) -> list[Key]:
    """Quality rules stand below a table and below a column, and are told apart by metric or type."""
    entry, library, invalid = f"{below}quality[].", f"{below}quality[library].", f"{below}quality[invalidValues]."
    operators = "mustBe mustNotBe mustBeGreaterThan mustBeGreaterOrEqualTo mustBeLessThan mustBeLessOrEqualTo"
    return [
        *_keys(_EXECUTED, below, {"quality": "each entry is a rule of the audit", "quality[]": "a rule of the audit"}),
        Key(f"{below}quality[text]", _DOCUMENTED, "only people can execute a rule in words"),
        Key(f"{below}quality[custom]", _IGNORED, "no engine is registered for it, so the contract is refused"),
        *_keys(
            _EXECUTED,
            entry,
            {
                "type": "how the rule is executed",
                "name id": "the check's name: the name, else the id",
                f"{operators} mustBeBetween mustNotBeBetween": "the comparison that what is measured must pass",
                "unit": "percent compares the share of the rows",
                "severity": "warning and info show and do not block; everything else blocks",
            },
        ),
        *_keys(
            _DOCUMENTED,
            entry,
            {
                "description": "the rule's sentence",
                "dimension method businessImpact tags customProperties authoritativeDefinitions": _PEOPLE,
            },
        ),
        *_keys(
            _IGNORED,
            entry,
            {
                "schedule scheduler": "every candidate is audited before it is published, whenever that is",
                "engine implementation": "they belong to custom rules",
            },
        ),
        *_keys(_EXECUTED, library, {"metric rule": "what is measured", "arguments": "what the metric needs to know"}),
        *_keys(_EXECUTED, invalid, {"arguments.validValues arguments.pattern": "which values are valid"}),
        Key(f"{below}quality[missingValues].arguments.missingValues", _EXECUTED, "which values count as missing"),
        Key(f"{below}quality[sql].query", _EXECUTED, "runs on the candidate"),
    ]


TABLE: tuple[Key, ...] = (
    *_keys(
        _EXECUTED,
        "",
        {
            "apiVersion kind": "choose the official schema that the file is held against",
            "id version domain": "held against the file's name and place",
            "dataProduct": "held against the product that publishes the port",
            "schema schema[]": "the one table of the port",
            "slaProperties slaProperties[frequency]": "the promised frequency",
            "slaProperties[frequency].property slaProperties[frequency].value slaProperties[frequency].unit": (
                "`mesh status` and Dagster's freshness hold the newest version against it"
            ),
        },
    ),
    *_keys(
        _DOCUMENTED,
        "",
        {
            "name description tags authoritativeDefinitions customProperties contractCreatedTs context price": _PEOPLE,
            "status": "for people: a draft is published like an active contract",
            "team": "the descriptor of the product says who owns the port",
            "support": "domain.yaml says where consumers reach the owner",
            "slaProperties[frequency].description slaProperties[frequency].driver": _PEOPLE,
            "slaProperties[frequency].id slaProperties[frequency].customProperties": _PEOPLE,
            "slaProperties[frequency].authoritativeDefinitions": _PEOPLE,
        },
    ),
    *_keys(
        _IGNORED,
        "",
        {
            "tenant": "a mesh has one tenant",
            "servers": "a port is served from the home of the mesh",
            "roles": "whoever may open the folder reads the port",
            "slaDefaultElement": "an SLA holds for the whole port",
            "slaProperties[]": "nothing holds this property against the data",
            "slaProperties[frequency].valueExt slaProperties[frequency].element": "an SLA has one value, for the whole port",
            "slaProperties[frequency].schedule slaProperties[frequency].scheduler": "freshness is looked at all the time",
        },
    ),
    *_keys(
        _EXECUTED,
        _TABLE,
        {"name": "the port's name", "properties properties[]": "the columns that the port has, no more and no fewer"},
    ),
    *_keys(
        _DOCUMENTED,
        _TABLE,
        {
            "description dataGranularityDescription": "shown wherever the port is",
            "id businessName physicalType logicalType deprecated synonyms": _PEOPLE,
            "authoritativeDefinitions tags customProperties context": _PEOPLE,
        },
    ),
    *_keys(
        _IGNORED,
        _TABLE,
        {"physicalName": "the table is called by its name", "relationships": "no other port is looked at"},
    ),
    *_quality(_TABLE),
    *_keys(
        _EXECUTED,
        _COLUMN,
        {
            "name": "the column's name",
            "physicalType": "the column's type, to the letter",
            "required": "a rule of the audit: never null",
            "unique": "a rule of the audit: no value twice",
            "primaryKey": "a rule of the audit: the key's columns are never null and identify a row",
            "logicalTypeOptions": "rules of the audit",
        },
    ),
    Key(f"{_COLUMN}logicalType", _EXECUTED, "implies the type where there is no physicalType", overruled_by="physicalType"),
    Key(f"{_COLUMN}primaryKeyPosition", _EXECUTED, "the order of the key's columns", needs="primaryKey"),
    *_keys(
        _EXECUTED,
        _OPTIONS,
        {
            "minimum maximum exclusiveMinimum exclusiveMaximum": "a rule of the audit: the range of the values",
            "minLength maxLength": "a rule of the audit: how many characters",
            "pattern": "a rule of the audit: a regular expression (RE2) that finds something in every value",
        },
    ),
    *_keys(
        _IGNORED,
        _OPTIONS,
        {
            "format multipleOf timezone defaultTimezone": "no rule looks at it",
            "minItems maxItems uniqueItems minProperties maxProperties required": "a port stores plain values",
            "dimensions elementType distanceMetric normalized": "a port stores plain values",
            "embeddingModel embeddingModelVersion": "a port stores plain values",
        },
    ),
    *_keys(
        _DOCUMENTED,
        _COLUMN,
        {
            "description": "shown wherever the column is",
            "classification": "shown in the UI; nothing is masked",
            "id businessName deprecated synonyms examples criticalDataElement semanticType": _PEOPLE,
            "transformSourceObjects transformLogic transformDescription": _PEOPLE,
            "authoritativeDefinitions tags customProperties": _PEOPLE,
        },
    ),
    *_keys(
        _IGNORED,
        _COLUMN,
        {
            "physicalName": "the column is called by its name",
            "enum": "no rule holds the values against it",
            "relationships": "no other port is looked at",
            "partitioned partitionKeyPosition": "a port is one table without partitions",
            "encryptedName": "nothing is encrypted",
            "items properties map": "a port stores plain values",
        },
    ),
    *_quality(_COLUMN),
    Key(f"{_TABLE}quality[duplicateValues].arguments.properties", _EXECUTED, "the columns that together occur once"),
)

BY_PATH: Mapping[str, Key] = {key.path: key for key in TABLE}
