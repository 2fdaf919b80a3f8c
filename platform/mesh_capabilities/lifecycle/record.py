"""The record of a product's lifecycle as text, and adding a transition to it."""

import re

from mesh_capabilities.yaml_text import yaml_text
from mesh_platform.product.record import Transition

_ACTOR = re.compile(r"team:[\w.-]+")


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
