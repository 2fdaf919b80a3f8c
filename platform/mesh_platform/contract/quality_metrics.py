"""The library metrics of ODCS, at a column or at the table.

The metrics: https://bitol-io.github.io/open-data-contract-standard/latest/data-quality/#metrics
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mesh_platform.contract.bounds import Bound, bound_of, states_bound
from mesh_platform.contract.claims import NeverNull
from mesh_platform.contract.column import Column
from mesh_platform.contract.measure import Measure
from mesh_platform.contract.patterns import matches
from mesh_platform.contract.rule import no_duplicates
from mesh_platform.contract.values import among, typed
from mesh_platform.errors import ContractError
from mesh_platform.names import identifier

_EARLIER = {"duplicateCount": "duplicateValues", "validValues": "invalidValues"}
"""What 3.0 calls the metrics of today, under `rule`."""

_UNITS = (None, "rows", "percent")


def library_measure(
    rule: Mapping[str, Any], columns: Mapping[str, Column], column: Column | None, key: tuple[str, ...]
) -> tuple[Measure, Bound]:
    """What an entry of type `library` measures, and the bound it states. Raises ContractError."""
    said = rule.get("metric") or rule.get("rule")
    if rule.get("unit") not in _UNITS:
        raise ContractError(f"it counts in {rule['unit']!r}; a metric counts in rows or percent")
    arguments = rule.get("arguments") or {}
    if said == "validValues":
        # 3.0 lists the values beside the rule; none may be another unless it says how many.
        arguments = {"validValues": rule.get("validValues"), **arguments}
        rule = rule if states_bound(rule) else {**rule, "mustBe": 0}
    measured = _measure(_EARLIER.get(said, said), arguments, columns, column, key)
    if rule.get("unit") == "percent":
        measured = _share(measured)
    return measured, bound_of(rule)


def _measure(
    metric: Any, arguments: Mapping[str, Any], columns: Mapping[str, Column], column: Column | None, key: tuple[str, ...]
) -> Measure:
    if metric == "rowCount":
        return Measure("count(*)", "the number of rows")
    if metric == "duplicateValues":
        return _duplicates(arguments, columns, column, key)
    if metric not in _COUNTED:
        raise ContractError(f"there is no library metric {metric!r}")
    if column is None:
        raise ContractError(f"the metric {metric!r} judges a column; move the rule below one")
    failing = _COUNTED[metric](column, arguments)
    claim = NeverNull(column.name) if metric == "nullValues" else None
    sentence = f"the number of {metric} in {column.name}"
    return Measure(f"count(*) FILTER (WHERE {failing})", sentence, (column.name,), failing, claim)


def _share(measured: Measure) -> Measure:
    if not measured.columns:
        raise ContractError("the number of rows in percent of the rows is always 100")
    return replace(
        measured,
        expression=f"({measured.expression}) * 100.0 / greatest(count(*), 1)",
        sentence=f"{measured.sentence}, in percent of the rows,",
        percent=True,
    )


def _duplicates(
    arguments: Mapping[str, Any], columns: Mapping[str, Column], column: Column | None, key: tuple[str, ...]
) -> Measure:
    stated = arguments.get("properties")
    if stated is not None and not (isinstance(stated, list) and all(isinstance(name, str) for name in stated)):
        raise ContractError("the argument properties is a list of column names")
    names = (column.name,) if column else tuple(dict.fromkeys(stated or key))
    if not names:
        raise ContractError("the metric 'duplicateValues' needs properties: there is no primary key to judge")
    if unknown := [name for name in names if name not in columns]:
        raise ContractError(f"the metric 'duplicateValues' is about {', '.join(unknown)}, which the contract does not promise")
    found = no_duplicates("", names, "")
    return Measure(found.measure, f"the number of duplicates in {', '.join(names)}", names, found.failing, found.claim)


def _null(column: Column, arguments: Mapping[str, Any]) -> str:
    return f"{identifier(column.name)} IS NULL"


def _missing(column: Column, arguments: Mapping[str, Any]) -> str:
    missing = _listed(arguments, "missingValues") or [None, ""]
    name, known = identifier(column.name), []
    for value in missing:
        try:
            known += [typed(value, column.type)] if value is not None else []
        except ContractError:
            continue  # no value of the column's type is written like that, so none is missing in that way
    failing = f"{name} IS NULL" if None in missing else "FALSE"
    return f"({failing} OR coalesce({among(name, known)}, FALSE))" if known else failing


def _invalid(column: Column, arguments: Mapping[str, Any]) -> str:
    name, tests = identifier(column.name), []
    if valid := _listed(arguments, "validValues"):
        known = [typed(value, column.type) for value in valid if value is not None]
        tests.append(f"NOT {among(name, known)}" if known else f"{name} IS NOT NULL")
    if pattern := arguments.get("pattern"):
        if not isinstance(pattern, str):
            raise ContractError("the argument pattern is a text")
        tests.append(f"NOT {matches(f'{name}::VARCHAR', pattern)}")
    if not tests:
        raise ContractError("the metric 'invalidValues' needs the argument validValues or pattern")
    return f"({' OR '.join(tests)})"


def _listed(arguments: Mapping[str, Any], name: str) -> list:
    said = arguments.get(name)
    if said is not None and not isinstance(said, list):
        raise ContractError(f"the argument {name} is a list of values")
    return said or []


_COUNTED = {"nullValues": _null, "missingValues": _missing, "invalidValues": _invalid}
