"""The record of a product's lifecycle beside its descriptor: reading every transition, and adding one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from mesh_capabilities.yaml_text import yaml_text
from mesh_platform.errors import ContractError
from mesh_platform.product.descriptor import Stage
from mesh_platform.yaml_files import read_mapping

RECORD_SUFFIX = ".lifecycle.yaml"
"""How the name of the file beside the descriptor ends that records every transition: time, actor and reason."""

_ACTOR = re.compile(r"team:[\w.-]+")


@dataclass(frozen=True)
class Transition:
    """One transition between two stages."""

    product: str
    """`sales/orders`."""
    source: Stage
    target: Stage
    at: datetime
    """In UTC, to the second."""
    by: str
    """The team that made it, as Dagster writes an owner: `team:sales`."""
    why: str
    successor: str | None = None
    """For a deprecation, the product to use instead."""
    ends: date | None = None
    """For a deprecation, the last day on which the product is supported."""


def record_file(descriptor: Path) -> Path:
    """The path of the record of the product with the descriptor `<product>.odps.yaml`."""
    return descriptor.with_name(descriptor.name.removesuffix(".odps.yaml") + RECORD_SUFFIX)


def read_transitions(path: Path) -> list[Transition]:
    """The transitions in the file, oldest first; none if the file does not exist.

    Args:
        path: `domains/<domain>/products/<product>.lifecycle.yaml`.

    Raises ContractError when the file is not a valid record.
    """
    if not path.is_file():
        return []
    entries = read_mapping(path, ContractError).get("transitions")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ContractError(
            f"{path} has no list of transitions.", "Restore the file as `mesh product` wrote it, for example from Git."
        )
    product = f"{path.parents[1].name}/{path.name.removesuffix(RECORD_SUFFIX)}"
    return [_transition(entry, product, path, number) for number, entry in enumerate(entries, start=1)]


def check_actor(by: str) -> str:
    """`by` unchanged. Raises ValueError when it is not a team: people change teams, so their names are not recorded."""
    if not _ACTOR.fullmatch(by):
        raise ValueError(f"'{by}' is not a team; write team:<name>, like team:sales")
    return by


def entry_of(transition: Transition) -> dict[str, str]:
    """The transition as an entry of the file, without empty keys."""
    entry = {
        "from": transition.source.value,
        "to": transition.target.value,
        "at": transition.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "by": transition.by,
        "why": transition.why,
        "successor": transition.successor,
        "ends": transition.ends.isoformat() if transition.ends else None,
    }
    return {key: value for key, value in entry.items() if value is not None}


def written(text: str, transition: Transition) -> str:
    """The text of a record with one more transition. `text` is the current text of the file; empty for a new one."""
    head = text.rstrip("\n") or (
        f"# The lifecycle of {transition.product}, oldest transition first; written by `mesh product`.\ntransitions:"
    )
    first, *rest = yaml_text(entry_of(transition)).rstrip("\n").split("\n")
    return "\n".join([head, f"  - {first}", *(f"    {line}" for line in rest)]) + "\n"


def _transition(entry: Mapping[str, Any], product: str, path: Path, number: int) -> Transition:
    if missing := [key for key in ("from", "to", "at", "by", "why") if not str(entry.get(key) or "").strip()]:
        raise ContractError(f"{path}: transition {number} has no {' and no '.join(missing)}.", "Add it.")
    try:
        moment = datetime.fromisoformat(str(entry["at"]))
        return Transition(
            product,
            Stage(entry["from"]),
            Stage(entry["to"]),
            moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC),
            str(entry["by"]),
            str(entry["why"]),
            entry.get("successor"),
            date.fromisoformat(str(entry["ends"])) if entry.get("ends") else None,
        )
    except ValueError as problem:
        raise ContractError(f"{path}: transition {number} cannot be read: {problem}.", "Correct it.") from problem
