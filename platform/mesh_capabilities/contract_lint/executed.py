"""What the platform does with every key of ODCS: the one table that `mesh contract lint` and the documentation read."""

from collections.abc import Callable, Mapping
from typing import Any

from mesh_capabilities.contract_lint.key_use import PEOPLE, Key, Use, keys, own_property
from mesh_platform.contract.column import Column
from mesh_platform.contract.options import judges_format
from mesh_platform.contract.types import duckdb_type
from mesh_platform.errors import ContractError

_EXECUTED, _DOCUMENTED, _IGNORED = Use.EXECUTED, Use.DOCUMENTED, Use.IGNORED


def described(below: str) -> list[Key]:
    """The lines of what a column and a part of one have in common."""
    options, enum = f"{below}logicalTypeOptions.", f"{below}enum[]."
    return [
        *keys(
            _EXECUTED,
            below,
            {
                "physicalType": "the type, to the letter",
                "logicalType": "agrees with physicalType, and implies it where there is none",
                "required": "a rule of the audit: never null",
                "logicalTypeOptions": "rules of the audit",
                "enum": "a rule of the audit: no other value",
                "items properties": "the parts that the type has, with rules of their own",
                "map map.key map.value": "the parts that the type has, with rules of their own",
            },
        ),
        Key(f"{enum}value", _EXECUTED, "a value that there may be"),
        *keys(_DOCUMENTED, enum, {"label id description customProperties authoritativeDefinitions tags": PEOPLE}),
        *keys(
            _EXECUTED,
            options,
            {
                "minimum maximum exclusiveMinimum exclusiveMaximum": "a rule of the audit: the range of the values",
                "minLength maxLength": "a rule of the audit: how many characters, or bytes",
                "pattern": "a rule of the audit: a regular expression (RE2) that finds something in every value",
                "multipleOf": "a rule of the audit: no remainder",
                "timezone": "held against the type, or the format of times kept as text",
                "defaultTimezone": "where the moments are that name no time zone: in limits and in service levels",
                "minItems maxItems uniqueItems": "a rule of the audit: the items of a list",
                "minProperties maxProperties required": "a rule of the audit: the fields of a struct that are not null",
                "dimensions normalized": "a rule of the audit: the length of a vector",
            },
        ),
        Key(
            f"{options}format",
            _EXECUTED,
            "a rule of the audit; for people where the column keeps times as times, or nobody has a grammar of the format",
            only_words=_format_in_words,
        ),
        Key(
            f"{options}elementType",
            _EXECUTED,
            "implies the type of a vector where there is no physicalType; for people beside one",
            only_words=lambda _, column: "physicalType decides" if column.get("physicalType") is not None else "",
        ),
        *keys(_DOCUMENTED, options, {"distanceMetric embeddingModel embeddingModelVersion": PEOPLE}),
        *keys(
            _DOCUMENTED,
            below,
            {
                "description": "shown wherever the column is",
                "classification": "shown in the UI; nothing is masked",
                "semanticType": "for people; a measure, which is not stored, is refused",
                "id businessName deprecated synonyms examples criticalDataElement": PEOPLE,
                "transformSourceObjects transformLogic transformDescription": PEOPLE,
                "authoritativeDefinitions tags": PEOPLE,
            },
        ),
        *keys(
            _IGNORED,
            below,
            {
                "physicalName": "it is called by its name",
                "encryptedName": "nothing is encrypted",
            },
        ),
    ]


def parts(below: str) -> list[Key]:
    """The lines of a part of a column, wherever it lies."""
    return [
        Key(f"{below}name", _EXECUTED, "the name of a struct's field; nothing else needs one"),
        *described(below),
        Key(f"{below}customProperties", _DOCUMENTED, "for people; what may be set aside is said at the column"),
        *keys(
            _IGNORED,
            below,
            {
                "unique primaryKey primaryKeyPosition": "only a whole column is a key",
                "partitioned partitionKeyPosition": "only a whole column cuts a port into days",
                "quality relationships": "a rule stands below the column, or below the table",
            },
        ),
    ]


def _format_in_words(options: Mapping[str, Any], column: Mapping[str, Any]) -> str:
    physical, logical, form = column.get("physicalType"), column.get("logicalType"), options.get("format")
    if not (isinstance(logical, str) and isinstance(form, str) and isinstance(physical, str | None)):
        return ""
    try:
        held = judges_format(Column("", duckdb_type(physical, logical), options=dict(options), logical=logical))
    except ContractError:
        return ""
    return "" if held else PEOPLE


_OPERATORS = "mustBe mustNotBe mustBeGreaterThan mustBeGreaterOrEqualTo mustBeLessThan mustBeLessOrEqualTo"
_executed_quality_EXECUTED, _executed_quality_DOCUMENTED, _executed_quality_IGNORED = Use.EXECUTED, Use.DOCUMENTED, Use.IGNORED


def quality(below: str) -> list[Key]:
    """The lines of `quality` below one path; its entries are told apart by metric or type."""
    entry, library, custom = f"{below}quality[].", f"{below}quality[library].", f"{below}quality[custom]"
    return [
        *keys(
            _executed_quality_EXECUTED,
            below,
            {"quality": "each entry is a rule of the audit", "quality[]": "a rule of the audit"},
        ),
        Key(f"{below}quality[text]", _executed_quality_DOCUMENTED, "only people can execute a rule in words"),
        Key(f"{entry}type", _executed_quality_EXECUTED, "how the rule is executed"),
        Key(f"{entry}name", _executed_quality_EXECUTED, "the check's name"),
        Key(f"{entry}id", _executed_quality_EXECUTED, "the check's name where it has no other", overruled_by="name"),
        *keys(
            _executed_quality_EXECUTED,
            entry,
            {
                f"{_OPERATORS} mustBeBetween mustNotBeBetween": "the comparison that what is measured must pass",
                "unit": "percent compares the share of the rows",
                "severity": "warning and info show and do not block; everything else blocks",
            },
        ),
        *own_property(entry, "setAside", "how many bad rows are set aside while the others are published"),
        *keys(
            _executed_quality_DOCUMENTED,
            entry,
            {
                "description": "the rule's sentence",
                "dimension method businessImpact tags authoritativeDefinitions": PEOPLE,
            },
        ),
        *keys(
            _executed_quality_IGNORED,
            entry,
            {
                "schedule scheduler": "every candidate is audited before it is published, whenever that is",
            },
        ),
        *keys(
            _executed_quality_EXECUTED,
            library,
            {"metric rule": "what is measured", "arguments": "what the metric needs to know"},
        ),
        *keys(
            _executed_quality_EXECUTED,
            f"{below}quality[invalidValues].",
            {"arguments.validValues arguments.pattern": "which values are valid"},
        ),
        Key(f"{below}quality[validValues].validValues", _executed_quality_EXECUTED, "what 3.0 calls the argument validValues"),
        Key(
            f"{below}quality[missingValues].arguments.missingValues",
            _executed_quality_EXECUTED,
            "which values count as missing",
        ),
        Key(f"{below}quality[sql].query", _executed_quality_EXECUTED, "runs on the candidate"),
        Key(f"{below}quality[sql].unit", _executed_quality_DOCUMENTED, "the query says what it counts"),
        Key(
            custom,
            _executed_quality_EXECUTED,
            "judged by the engine that is registered under its name; without one it is refused",
        ),
        *keys(_executed_quality_EXECUTED, f"{custom}.", {"engine": "who judges", "implementation": "what the engine is told"}),
        Key(f"{custom}.unit", _executed_quality_IGNORED, "the engine says what passes"),
        Key(f"{custom}.customProperties", _executed_quality_DOCUMENTED, "for people; an engine's rule sets no rows aside"),
    ]


def relationships(below: str) -> list[Key]:
    """The lines of `relationships` below one path, but for `from`."""
    entry = f"{below}relationships[]."
    return [
        *keys(
            _executed_quality_EXECUTED,
            below,
            {"relationships relationships[]": "a rule of the audit: every known key occurs there"},
        ),
        Key(f"{entry}to", _executed_quality_EXECUTED, "the column that is pointed to, here or in another port"),
        *own_property(entry, "severity", "warning and info show and do not block; everything else blocks"),
        Key(f"{entry}type", _executed_quality_DOCUMENTED, "the standard knows foreign keys only"),
        Key(f"{entry}id", _executed_quality_DOCUMENTED, PEOPLE),
    ]


_COLUMN, _TABLE = "schema[].properties[].", "schema[]."
_executed_EXECUTED, _executed_DOCUMENTED, _executed_IGNORED = Use.EXECUTED, Use.DOCUMENTED, Use.IGNORED


def _counted_by_people(level: Mapping[str, Any], contract: Mapping[str, Any]) -> str:
    """Why a retention is for people: it is counted from something that stands in no column."""
    counted = level.get("element") or contract.get("slaDefaultElement")
    return "" if counted else "without element no data can prove it; policies ask for it where data are personal"


def _level(name: str, held: str, needs: str = "", only_words: Callable[..., str] | None = None) -> list[Key]:
    """The lines of a service level that is held against something."""
    entry = f"slaProperties[{name}]"
    return [
        Key(entry, _executed_EXECUTED, held, needs=needs, only_words=only_words),
        *keys(_executed_EXECUTED, f"{entry}.", {"property value unit": held, "element": "the columns of times to look at"}),
        Key(f"{entry}.description", _executed_DOCUMENTED, "the rule's sentence"),
        *keys(_executed_DOCUMENTED, f"{entry}.", {"driver id customProperties authoritativeDefinitions": PEOPLE}),
        Key(f"{entry}.valueExt", _executed_IGNORED, "a service level has one value"),
        *keys(
            _executed_IGNORED,
            f"{entry}.",
            {"schedule scheduler": "every candidate is audited; freshness is looked at all the time"},
        ),
    ]


TABLE: tuple[Key, ...] = (
    *keys(
        _executed_EXECUTED,
        "",
        {
            "apiVersion kind": "choose the official schema that the file is held against",
            "id version domain": "held against the file's name and place",
            "dataProduct": "held against the product that publishes the port",
            "schema schema[]": "the one table of the port",
            "slaProperties": "the service levels",
        },
    ),
    Key("slaDefaultElement", _executed_EXECUTED, "the columns of the service levels that name none", needs="slaProperties"),
    *_level(
        "frequency",
        "the age of the newest version, in `mesh status` and Dagster; with an element, its newest value's in the audit",
    ),
    *_level("latency", "a rule of the audit: the age of the newest value (also freshness)", needs="element"),
    *_level("retention", "a rule of the audit: the age of the oldest value", only_words=_counted_by_people),
    Key("slaProperties[]", _executed_DOCUMENTED, "no data can prove it"),
    *keys(
        _executed_DOCUMENTED,
        "",
        {
            "name description tags authoritativeDefinitions contractCreatedTs context price": PEOPLE,
            "status": "for people: a draft is published like an active contract",
            "team": "the descriptor of the product says who owns the port",
            "support": "domain.yaml says where consumers reach the owner",
        },
    ),
    *keys(
        _executed_IGNORED,
        "",
        {
            "tenant": "a mesh has one tenant",
            "servers": "a port is served from the home of the mesh",
            "roles": "whoever may open the folder reads the port",
        },
    ),
    *keys(
        _executed_EXECUTED,
        _TABLE,
        {"name": "the port's name", "properties properties[]": "the columns that the port has, no more and no fewer"},
    ),
    *keys(
        _executed_DOCUMENTED,
        _TABLE,
        {
            "description dataGranularityDescription": "shown wherever the port is",
            "id businessName physicalType logicalType deprecated synonyms": PEOPLE,
            "authoritativeDefinitions tags customProperties context": PEOPLE,
        },
    ),
    Key(f"{_TABLE}physicalName", _executed_IGNORED, "the table is called by its name"),
    *relationships(_TABLE),
    Key(f"{_TABLE}relationships[].from", _executed_EXECUTED, "the columns that point"),
    *own_property("", "versionRetention", "how long versions are kept: `mesh ports vacuum`"),
    Key("customProperties[servedFrom]", _executed_EXECUTED, "the newest major, over which this one is a view"),
    *keys(
        _executed_EXECUTED,
        "customProperties[servedFrom].",
        {"property value": "the newest major, over which this one is a view"},
    ),
    *keys(_executed_DOCUMENTED, "customProperties[servedFrom].", {"id description vendor": PEOPLE}),
    *quality(_TABLE),
    Key(f"{_TABLE}quality[duplicateValues].arguments.properties", _executed_EXECUTED, "the columns that together occur once"),
    Key(f"{_COLUMN}name", _executed_EXECUTED, "the column's name"),
    *described(_COLUMN),
    *keys(
        _executed_EXECUTED,
        _COLUMN,
        {
            "unique": "a rule of the audit: no value twice",
            "primaryKey": "a rule of the audit: the key's columns are never null and identify a row",
        },
    ),
    Key(f"{_COLUMN}primaryKeyPosition", _executed_EXECUTED, "the order of the key's columns", needs="primaryKey"),
    Key(f"{_COLUMN}partitioned", _executed_EXECUTED, "the port is cut into the days of this column"),
    Key(f"{_COLUMN}partitionKeyPosition", _executed_DOCUMENTED, "one column cuts a port, so there is no order to keep"),
    *own_property(_COLUMN, "setAside", "how many rows that break the column's own rules are set aside"),
    *relationships(_COLUMN),
    Key(f"{_COLUMN}relationships[].from", _executed_IGNORED, "it is the column itself"),
    *quality(_COLUMN),
    *parts(f"{_COLUMN}items."),
)

BY_PATH: Mapping[str, Key] = {key.path: key for key in TABLE}
