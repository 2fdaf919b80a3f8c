"""What the platform does with every key of ODCS: the one table that `mesh contract lint` and the documentation read.

A key that the table does not know is not executed. Whoever makes the platform execute a key changes its line here.
"""

from collections.abc import Callable, Mapping
from typing import Any

from mesh_capabilities.contract_lint.executed_columns import described, parts
from mesh_capabilities.contract_lint.executed_quality import quality, relationships
from mesh_capabilities.contract_lint.key_use import PEOPLE, Key, Use, keys, own_property

_COLUMN, _TABLE = "schema[].properties[].", "schema[]."
_EXECUTED, _DOCUMENTED, _IGNORED = Use.EXECUTED, Use.DOCUMENTED, Use.IGNORED


def _counted_by_people(level: Mapping[str, Any], contract: Mapping[str, Any]) -> str:
    """Why a retention is for people: it is counted from something that stands in no column."""
    counted = level.get("element") or contract.get("slaDefaultElement")
    return "" if counted else "without element no data can prove it; policies ask for it where data are personal"


def _level(name: str, held: str, needs: str = "", only_words: Callable[..., str] | None = None) -> list[Key]:
    """The lines of a service level that is held against something."""
    entry = f"slaProperties[{name}]"
    return [
        Key(entry, _EXECUTED, held, needs=needs, only_words=only_words),
        *keys(_EXECUTED, f"{entry}.", {"property value unit": held, "element": "the columns of times to look at"}),
        Key(f"{entry}.description", _DOCUMENTED, "the rule's sentence"),
        *keys(_DOCUMENTED, f"{entry}.", {"driver id customProperties authoritativeDefinitions": PEOPLE}),
        Key(f"{entry}.valueExt", _IGNORED, "a service level has one value"),
        *keys(_IGNORED, f"{entry}.", {"schedule scheduler": "every candidate is audited; freshness is looked at all the time"}),
    ]


TABLE: tuple[Key, ...] = (
    *keys(
        _EXECUTED,
        "",
        {
            "apiVersion kind": "choose the official schema that the file is held against",
            "id version domain": "held against the file's name and place",
            "dataProduct": "held against the product that publishes the port",
            "schema schema[]": "the one table of the port",
            "slaProperties": "the service levels",
        },
    ),
    Key("slaDefaultElement", _EXECUTED, "the columns of the service levels that name none", needs="slaProperties"),
    *_level(
        "frequency",
        "the age of the newest version, in `mesh status` and Dagster; with an element, its newest value's in the audit",
    ),
    *_level("latency", "a rule of the audit: the age of the newest value (also freshness)", needs="element"),
    *_level("retention", "a rule of the audit: the age of the oldest value", only_words=_counted_by_people),
    Key("slaProperties[]", _DOCUMENTED, "no data can prove it"),
    *keys(
        _DOCUMENTED,
        "",
        {
            "name description tags authoritativeDefinitions contractCreatedTs context price": PEOPLE,
            "status": "for people: a draft is published like an active contract",
            "team": "the descriptor of the product says who owns the port",
            "support": "domain.yaml says where consumers reach the owner",
        },
    ),
    *keys(
        _IGNORED,
        "",
        {
            "tenant": "a mesh has one tenant",
            "servers": "a port is served from the home of the mesh",
            "roles": "whoever may open the folder reads the port",
        },
    ),
    *keys(
        _EXECUTED,
        _TABLE,
        {"name": "the port's name", "properties properties[]": "the columns that the port has, no more and no fewer"},
    ),
    *keys(
        _DOCUMENTED,
        _TABLE,
        {
            "description dataGranularityDescription": "shown wherever the port is",
            "id businessName physicalType logicalType deprecated synonyms": PEOPLE,
            "authoritativeDefinitions tags customProperties context": PEOPLE,
        },
    ),
    Key(f"{_TABLE}physicalName", _IGNORED, "the table is called by its name"),
    *relationships(_TABLE),
    Key(f"{_TABLE}relationships[].from", _EXECUTED, "the columns that point"),
    *own_property("", "versionRetention", "how long versions are kept: `mesh ports vacuum`"),
    Key("customProperties[servedFrom]", _EXECUTED, "the newest major, over which this one is a view"),
    *keys(_EXECUTED, "customProperties[servedFrom].", {"property value": "the newest major, over which this one is a view"}),
    *keys(_DOCUMENTED, "customProperties[servedFrom].", {"id description vendor": PEOPLE}),
    *quality(_TABLE),
    Key(f"{_TABLE}quality[duplicateValues].arguments.properties", _EXECUTED, "the columns that together occur once"),
    Key(f"{_COLUMN}name", _EXECUTED, "the column's name"),
    *described(_COLUMN),
    *keys(
        _EXECUTED,
        _COLUMN,
        {
            "unique": "a rule of the audit: no value twice",
            "primaryKey": "a rule of the audit: the key's columns are never null and identify a row",
        },
    ),
    Key(f"{_COLUMN}primaryKeyPosition", _EXECUTED, "the order of the key's columns", needs="primaryKey"),
    Key(f"{_COLUMN}partitioned", _EXECUTED, "the port is cut into the days of this column"),
    Key(f"{_COLUMN}partitionKeyPosition", _DOCUMENTED, "one column cuts a port, so there is no order to keep"),
    *own_property(_COLUMN, "setAside", "how many rows that break the column's own rules are set aside"),
    *relationships(_COLUMN),
    Key(f"{_COLUMN}relationships[].from", _IGNORED, "it is the column itself"),
    *quality(_COLUMN),
    *parts(f"{_COLUMN}items."),
)

BY_PATH: Mapping[str, Key] = {key.path: key for key in TABLE}
