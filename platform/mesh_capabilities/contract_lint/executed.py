"""What the platform does with every key of ODCS: the table that `mesh contract lint` and docs/contracts/README.md show.

A key that is not in the table is not executed. Change its line here when the platform begins to execute a key.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from mesh_capabilities.contract_lint.key_use import PEOPLE, KeyUse, Use, keys, of_part, own_property, unnamed
from mesh_platform.contract.column import Column
from mesh_platform.contract.options import judges_format
from mesh_platform.contract.types import duckdb_type
from mesh_platform.errors import ContractError

_EXECUTED, _DOCUMENTED, _IGNORED = Use.EXECUTED, Use.DOCUMENTED, Use.IGNORED


def column_keys(below: str) -> list[KeyUse]:
    """The lines that a column and a part of a column have in common."""
    options, enum = f"{below}logicalTypeOptions.", f"{below}enum[]."
    return [
        *keys(
            _EXECUTED,
            below,
            {
                "physicalType": "the exact type",
                "logicalType": "must agree with physicalType; implies it where it is missing, for a number with any width",
                "required": "audit rule: never null",
                "logicalTypeOptions": "audit rules",
                "enum": "audit rule: the only allowed values",
                "items properties": "the parts of the type, with their own rules",
                "map map.key map.value": "the parts of the type, with their own rules",
            },
        ),
        KeyUse(f"{enum}value", _EXECUTED, "an allowed value"),
        *keys(_DOCUMENTED, enum, {"label id description customProperties authoritativeDefinitions tags": PEOPLE}),
        *keys(
            _EXECUTED,
            options,
            {
                "minimum maximum exclusiveMinimum exclusiveMaximum": "audit rule: the range of the values",
                "minLength maxLength": "audit rule: the number of characters or bytes",
                "pattern": "audit rule: a regular expression of ECMA-262 with a match in every value",
                "multipleOf": "audit rule: no remainder",
                "timezone": "must agree with the type, or with the format of a time kept as text",
                "defaultTimezone": "the time zone of values without one, in limits and service levels",
                "minItems maxItems uniqueItems": "audit rule: the items of a list",
                "minProperties maxProperties required": "audit rule: the non-null fields of a struct",
                "dimensions normalized": "audit rule: the length of a vector",
            },
        ),
        KeyUse(
            f"{options}format",
            _EXECUTED,
            "an audit rule; for people where the column has a time type, or where the format is not known",
            only_words=_format_in_words,
        ),
        KeyUse(
            f"{options}elementType",
            _EXECUTED,
            "implies the type of a vector without physicalType; for people beside one",
            only_words=lambda _, column: "physicalType decides" if column.get("physicalType") is not None else "",
        ),
        *keys(_DOCUMENTED, options, {"distanceMetric embeddingModel embeddingModelVersion": PEOPLE}),
        *keys(
            _DOCUMENTED,
            below,
            {
                "description": "shown with the column",
                "classification": "shown in the UI; messages show hashes of personal values",
                "semanticType": "for people; a measure is refused, because it is not stored",
                "id businessName deprecated synonyms examples criticalDataElement": PEOPLE,
                "transformSourceObjects transformLogic transformDescription": PEOPLE,
                "authoritativeDefinitions tags": PEOPLE,
            },
        ),
        *keys(
            _IGNORED,
            below,
            {
                "physicalName": "the column has its name",
                "encryptedName": "nothing is encrypted",
            },
        ),
    ]


def part_keys(below: str) -> list[KeyUse]:
    """The lines of a part of a column, at any depth."""
    return [
        KeyUse(f"{below}name", _EXECUTED, "the name of a struct's field"),
        *column_keys(below),
        KeyUse(f"{below}customProperties", _DOCUMENTED, "for people; setAside and nonFinite belong to the column"),
        *keys(
            _IGNORED,
            below,
            {
                "unique primaryKey primaryKeyPosition": "only a whole column is a key",
                "partitioned partitionKeyPosition": "only a whole column partitions a port",
                "quality relationships": "rules belong to the column or the table",
            },
        ),
    ]


def _format_in_words(options: Mapping[str, Any], column: Mapping[str, Any]) -> str:
    physical, logical, form = column.get("physicalType"), column.get("logicalType"), options.get("format")
    if not (isinstance(logical, str) and isinstance(form, str) and isinstance(physical, str | None)):
        return ""
    try:
        executed = judges_format(Column("", duckdb_type(physical, logical), options=dict(options), logical=logical))
    except ContractError:
        return ""
    return "" if executed else PEOPLE


_OPERATORS = "mustBe mustNotBe mustBeGreaterThan mustBeGreaterOrEqualTo mustBeLessThan mustBeLessOrEqualTo"


def quality_keys(below: str) -> list[KeyUse]:
    """The lines of `quality` below one path; entries are distinguished by metric or type."""
    entry, library, custom = f"{below}quality[].", f"{below}quality[library].", f"{below}quality[custom]"
    return [
        *keys(
            _EXECUTED,
            below,
            {"quality": "each entry is an audit rule", "quality[]": "an audit rule"},
        ),
        KeyUse(f"{below}quality[text]", _DOCUMENTED, "a rule in words cannot be executed"),
        KeyUse(f"{entry}type", _EXECUTED, "how the rule is executed"),
        KeyUse(f"{entry}name", _EXECUTED, "the check's name"),
        KeyUse(f"{entry}id", _EXECUTED, "the check's name where name is missing", overruled_by="name"),
        *keys(
            _EXECUTED,
            entry,
            {
                f"{_OPERATORS} mustBeBetween mustNotBeBetween": "the comparison that the measure must pass",
                "unit": "percent compares the share of all rows, or the change since the version before",
                "severity": "warning and info do not block; everything else blocks",
            },
        ),
        *own_property(entry, "setAside", "how many failing rows are set aside while the others are published"),
        *keys(
            _DOCUMENTED,
            entry,
            {
                "description": "the rule's sentence",
                "dimension method businessImpact tags authoritativeDefinitions": PEOPLE,
            },
        ),
        *keys(
            _IGNORED,
            entry,
            {
                "schedule scheduler": "every candidate is audited before it is published",
            },
        ),
        *keys(
            _EXECUTED,
            library,
            {"metric rule": "the metric", "arguments": "the arguments of the metric"},
        ),
        *keys(
            _EXECUTED,
            f"{below}quality[invalidValues].",
            {"arguments.validValues arguments.pattern": "which values are valid"},
        ),
        KeyUse(
            f"{below}quality[rowCount].arguments.comparedWith",
            _EXECUTED,
            "previousVersion: compares the change since the version before, in percent; not for ports by day",
        ),
        KeyUse(f"{below}quality[validValues].validValues", _EXECUTED, "the argument validValues in ODCS 3.0"),
        KeyUse(
            f"{below}quality[missingValues].arguments.missingValues",
            _EXECUTED,
            "which values count as missing",
        ),
        KeyUse(f"{below}quality[sql].query", _EXECUTED, "one SELECT over the candidate, within limits"),
        *own_property(f"{below}quality[sql].", "limits", "the seconds and megabytes that the query may take"),
        KeyUse(f"{below}quality[sql].unit", _DOCUMENTED, "the query determines what it counts"),
        KeyUse(
            custom,
            _EXECUTED,
            "executed by the registered engine; refused without one",
        ),
        *keys(_EXECUTED, f"{custom}.", {"engine": "the engine's name", "implementation": "passed to the engine"}),
        KeyUse(f"{custom}.unit", _IGNORED, "the engine decides what passes"),
        KeyUse(f"{custom}.customProperties", _DOCUMENTED, "for people; an engine cannot set rows aside"),
    ]


def relationship_keys(below: str) -> list[KeyUse]:
    """The lines of `relationships` below one path, except `from`."""
    entry = f"{below}relationships[]."
    return [
        *keys(
            _EXECUTED,
            below,
            {"relationships relationships[]": "audit rule: every non-null key exists there"},
        ),
        KeyUse(f"{entry}to", _EXECUTED, "the referenced column, in a port of its domain or a declared input"),
        *own_property(entry, "severity", "warning and info do not block; everything else blocks"),
        KeyUse(f"{entry}type", _DOCUMENTED, "the standard has foreign keys only"),
        KeyUse(f"{entry}id", _DOCUMENTED, PEOPLE),
    ]


_COLUMN, _TABLE = "schema[].properties[].", "schema[]."


def _counted_by_people(level: Mapping[str, Any], contract: Mapping[str, Any]) -> str:
    """Why a retention is for people: its element is not a column."""
    return "" if level.get("element") else "cannot be checked without element; policies require it for personal data"


def _level(name: str, effect: str, needs: str = "", only_words: Callable[..., str] | None = None) -> list[KeyUse]:
    """The lines of a service level that is checked."""
    entry = f"slaProperties[{name}]"
    return [
        KeyUse(entry, _EXECUTED, effect, needs=needs, only_words=only_words),
        *keys(_EXECUTED, f"{entry}.", {"property value unit": effect, "element": "the time columns to check"}),
        KeyUse(f"{entry}.description", _DOCUMENTED, "the rule's sentence"),
        *keys(_DOCUMENTED, f"{entry}.", {"driver id customProperties authoritativeDefinitions": PEOPLE}),
        KeyUse(f"{entry}.valueExt", _IGNORED, "a service level has one value"),
        *keys(
            _IGNORED,
            f"{entry}.",
            {"schedule scheduler": "every candidate is audited; freshness is checked continuously"},
        ),
    ]


TABLE: tuple[KeyUse, ...] = (
    *keys(
        _EXECUTED,
        "",
        {
            "apiVersion kind": "select the official schema for validation",
            "id version domain": "must agree with the file's name and folder",
            "dataProduct": "must agree with the product that publishes the port",
            "schema schema[]": "the one table of the port",
            "slaProperties": "the service levels",
        },
    ),
    KeyUse("slaDefaultElement", _EXECUTED, "the columns of service levels without element", needs="slaProperties"),
    *_level(
        "frequency",
        "the age of the newest version, in `mesh status` and Dagster; with element, that of the newest value in the audit, too",
    ),
    *_level("latency", "audit rule: the age of the newest value (also freshness)", needs="element"),
    *_level("retention", "audit rule: the age of the oldest value", only_words=_counted_by_people),
    KeyUse("slaProperties[]", _DOCUMENTED, "cannot be checked with data"),
    *keys(
        _DOCUMENTED,
        "",
        {
            "name description tags authoritativeDefinitions contractCreatedTs context price": PEOPLE,
            "status": "a draft is published like an active contract, and may change within its version",
            "team": "the product descriptor names the owner",
            "support": "domain.yaml names the contact",
        },
    ),
    *keys(
        _IGNORED,
        "",
        {
            "tenant": "a mesh has one tenant",
            "servers": "ports are served from the mesh home",
            "roles": "access to the folder is access to the port",
        },
    ),
    *keys(
        _EXECUTED,
        _TABLE,
        {"name": "the port's name", "properties properties[]": "exactly the columns of the port"},
    ),
    *keys(
        _DOCUMENTED,
        _TABLE,
        {
            "description dataGranularityDescription": "shown with the port",
            "id businessName physicalType logicalType deprecated synonyms": PEOPLE,
            "authoritativeDefinitions tags customProperties context": PEOPLE,
        },
    ),
    KeyUse(f"{_TABLE}physicalName", _IGNORED, "the table has its name"),
    *relationship_keys(_TABLE),
    KeyUse(f"{_TABLE}relationships[].from", _EXECUTED, "the referencing columns"),
    *own_property("", "versionRetention", "how long `mesh ports vacuum` keeps versions"),
    *own_property("", "completeDays", "true: a served day that the build has no row of is removed; otherwise it stays")[2:],
    KeyUse("customProperties[servedFrom]", _EXECUTED, "the newest major; this one is a view over it"),
    *keys(
        _EXECUTED,
        "customProperties[servedFrom].",
        {"property value": "the newest major; this one is a view over it"},
    ),
    *keys(_DOCUMENTED, "customProperties[servedFrom].", {"id description vendor": PEOPLE}),
    *quality_keys(_TABLE),
    KeyUse(f"{_TABLE}quality[duplicateValues].arguments.properties", _EXECUTED, "the columns that are unique together"),
    KeyUse(f"{_COLUMN}name", _EXECUTED, "the column's name"),
    *column_keys(_COLUMN),
    *keys(
        _EXECUTED,
        _COLUMN,
        {
            "unique": "audit rule: no duplicate values",
            "primaryKey": "audit rule: the key's columns are never null and identify a row",
        },
    ),
    KeyUse(f"{_COLUMN}primaryKeyPosition", _EXECUTED, "the order of the key's columns", needs="primaryKey"),
    KeyUse(f"{_COLUMN}partitioned", _EXECUTED, "partitions the port by the days of this column"),
    KeyUse(f"{_COLUMN}partitionKeyPosition", _DOCUMENTED, "a port is partitioned by one column"),
    *own_property(_COLUMN, "setAside", "how many rows that break the column's rules are set aside"),
    *own_property(_COLUMN, "nonFinite", "`allowed`: NaN and the infinities keep every limit of a FLOAT or DOUBLE")[2:],
    *relationship_keys(_COLUMN),
    KeyUse(f"{_COLUMN}relationships[].from", _IGNORED, "the column itself"),
    *quality_keys(_COLUMN),
    *part_keys(f"{_COLUMN}items."),
)

BY_PATH: Mapping[str, KeyUse] = {key.path: key for key in TABLE}
_ALL = tuple(unnamed(key.path) for key in TABLE)


@cache
def has_keys(path: str) -> bool:
    """Whether the table has lines below a line. Otherwise its value, which may be a mapping or a list, is read as a whole."""
    below = unnamed(path)
    return any(line.startswith((of_part(f"{below}."), of_part(f"{below}[]."))) for line in _ALL)
