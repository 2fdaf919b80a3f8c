"""Whether a column's new type holds every value of the old one."""

import re
from typing import Any

from mesh_capabilities.contract_change.catalogue import Change
from mesh_platform.contract.types import duckdb_type
from mesh_platform.errors import ContractError

_LADDERS = (("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"), ("FLOAT", "DOUBLE"))
"""Each type holds every value of those before it, and is written and compared as they are."""

_DECIMAL = re.compile(r"(?:DECIMAL|NUMERIC)\((\d+),(\d+)\)")
_TEXT = re.compile(r"(?:VARCHAR|CHAR|TEXT|STRING)(?:\((\d+)\))?")


def type_changes(name: str, old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """What changed between the types of two properties of one column."""
    before, after = _type_of(old), _type_of(new)
    if before != after:
        sort = "type widened" if _holds(after, before) else "type narrowed" if _holds(before, after) else "type replaced"
        how = {"type widened": "every", "type narrowed": "not every"}.get(sort)
        remark = f"holds {how} value of" if how else "is another type than"
        return [Change(sort, name, f"{name} was {before} and is {after}, which {remark} {before}", (name,))]
    logical = (old.get("logicalType"), new.get("logicalType"))
    if logical[0] != logical[1] and None not in logical:
        return [Change("logical type changed", name, f"{name} meant a {logical[0]} and means a {logical[1]}", (name,))]
    return []


def _type_of(entry: dict[str, Any]) -> str:
    physical, logical = entry.get("physicalType"), entry.get("logicalType")
    try:
        return duckdb_type(physical, logical)
    except ContractError:  # a type that no port stores can still be compared, letter by letter
        return re.sub(r"\s+", "", physical).upper() if physical else str(logical)


def _holds(wider: str, narrower: str) -> bool:
    for ladder in _LADDERS:
        if wider in ladder and narrower in ladder:
            return ladder.index(wider) >= ladder.index(narrower)
    wide, narrow = _DECIMAL.fullmatch(wider), _DECIMAL.fullmatch(narrower)
    if wide and narrow:
        (digits, scale), (fewer, coarser) = ((int(part[1]), int(part[2])) for part in (wide, narrow))
        return scale >= coarser and digits - scale >= fewer - coarser
    wide, narrow = _TEXT.fullmatch(wider), _TEXT.fullmatch(narrower)
    if wide and narrow:
        return wide[1] is None or (narrow[1] is not None and int(wide[1]) >= int(narrow[1]))
    return False
