"""The record of a product's lifecycle as text: one transition more."""

import re

from mesh_capabilities.yaml_text import yaml_text
from mesh_platform.product.record import Transition

_ACTOR = re.compile(r"team:[\w.-]+")


def check_actor(by: str) -> str:
    """`by` unchanged. Raises ValueError when it is no team: people change, and their names do not belong into files."""
    if not _ACTOR.fullmatch(by):
        raise ValueError(f"'{by}' is no team; write team:<name>, like team:sales")
    return by


def written(text: str, transition: Transition) -> str:
    """The text of a record with one transition more. `text` is what the file says now; empty for a new one."""
    head = text.rstrip("\n") or (
        f"# The steps in the life of {transition.product}, oldest first; written by `mesh product`.\ntransitions:"
    )
    first, *rest = yaml_text(transition.document()).rstrip("\n").split("\n")
    return "\n".join([head, f"  - {first}", *(f"    {line}" for line in rest)]) + "\n"
