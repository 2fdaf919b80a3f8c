"""The names that the platform reads from the open lists of the two standards, ODCS and ODPS; any other name is for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from mesh_isolation.misspelt import did_you_mean, listed_properties, misspelt_entries
from mesh_isolation.schema_errors import spelled_place
from mesh_isolation.text import brief_repr
from mesh_platform.errors import ContractError

CUSTOM_PROPERTIES = (
    *("completeDays", "limits", "nonFinite", "servedFrom", "setAside", "severity", "versionRetention"),  # contracts
    *("endsOn", "expectations", "latestDays", "successor"),  # descriptors
    *("declassified", "deprecatedFrom", "legalBasis", "masking", "processingPurpose", "tier"),  # read by capabilities
    *("unit", "unitOfMeasure", "currency", "currencyCode", "currencyColumn", "scale", "precision"),
    *("timezone", "timeZone", "calendar"),
)
"""Every `property` of `customProperties` that the core or a capability reads; `stated` reads no other."""
_ONLY_IN = dict.fromkeys(("expectations", "latestDays"), "inputPorts")
_ONLY_IN |= dict.fromkeys(("completeDays", "endsOn", "servedFrom", "versionRetention"), "")
"""The list whose entries have such a property; empty for the document itself. Anywhere else it would be ignored."""
_AGES = ("frequency", "fy", "latency", "ly", "freshness", "retention", "re")
SERVICE_LEVELS = (*_AGES, "endOfLife", "endOfSupport", "noticePeriod")
"""The same of `slaProperties`; `frequency` and the others of a time are read in any case."""


def stated(part: Mapping[str, Any], name: str) -> Sequence[Any]:
    """The values of the custom property `name` in `part`, which is a contract, a descriptor, or a part of one."""
    assert name in CUSTOM_PROPERTIES, f"{name} is read, and is not listed"
    return [entry.get("value") for entry in part.get("customProperties") or () if entry.get("property") == name]


def check_open_names(document: Mapping[str, Any], file: str = "") -> None:
    """Raises ContractError, which names the `file`, for an entry whose name is near to one that is read, and is none."""
    for place, name in listed_properties(document, "customProperties"):
        holder = next((step for step in reversed(place[:-2]) if isinstance(step, str)), "")
        if (right := _ONLY_IN.get(name, holder)) != holder:
            found = f"{file}{spelled_place(place[:-1], document)} has the property {name!r}, which is not read there."
            raise ContractError(found, f"State it for {f'an entry of {right}' if right else 'the document itself'}.", place)
    entries = misspelt_entries(document, "customProperties", CUSTOM_PROPERTIES)
    for place, name, similar in (*entries, *misspelt_entries(document, "slaProperties", SERVICE_LEVELS, str.lower)):
        found = f"{file}{spelled_place(place[:-1], document)} has the property {brief_repr(name)}, which nothing reads."
        raise ContractError(found, f"{did_you_mean(similar)} Otherwise give it a name that is less alike.", place)
