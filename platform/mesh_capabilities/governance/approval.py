"""Who may approve an exception, and a signature that declassifies a column: no team approves for its own domain."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from mesh_isolation.text import brief_repr
from mesh_platform.contract.open_names import stated
from mesh_platform.errors import MeshError
from mesh_platform.project import OWNER, load_domain

_KEYS = ("by", "on", "why")


def same_team(one: str, other: str) -> bool:
    """Whether two texts are spellings of one team, or of one address, or the one is an address of the other."""
    texts = (one, other)
    if "@" in one and "@" in other:
        return _team(one) == _team(other)
    return bool(_team(one)) and len({_team(text.partition("@")[0]) for text in texts}) == 1


def own_names(root: Path, domain: str) -> tuple[str, ...]:
    """What a domain itself is called: its name and, if its `domain.yaml` can be read, the team that owns it and its channel."""
    try:
        folder = load_domain(root, domain)
    except MeshError:
        return (domain,)
    return (domain, folder.owner, folder.channel)


def is_team(text: str) -> bool:
    """Whether a text is a team, `team:platform`, or an address, in letters that no other spelling looks like."""
    return text.isascii() and bool(OWNER.fullmatch(text)) and bool(_team(text))


def signature_of(column: Mapping[str, Any]) -> object:
    """The value of the custom property `declassified` of a column's entry in a contract; None without one."""
    signatures = stated(column, "declassified")
    return signatures[0] if len(signatures) == 1 else signatures or None


def signature_problem(signature: object, own: Collection[str], today: date) -> str:
    """Why a signature does not count, in words that follow its name; empty if it counts.

    Args:
        signature: as `signature_of` gives it; it counts if it is one mapping with the keys `by`, `on` and `why`.
        own: the names of the domain whose column it is for, as `own_names` gives them.
        today: the day, UTC.
    """
    if not isinstance(signature, Mapping):
        return "is not one mapping with by, on and why"
    if missing := [key for key in _KEYS if not _text(signature.get(key))]:
        return f"has no {', '.join(missing)}{' (write the key on in quotes)' if True in signature else ''}"
    by = _text(signature["by"])
    if any(same_team(by, team) for team in own):
        return f"is by {brief_repr(by)}, the team whose domain it is for; another team has to sign"
    if not is_team(by):
        return f"is by {brief_repr(by)}, which is no team; write the team as team:platform, or an address"
    day = signed_on(signature)
    if day is None:
        return f"is of {brief_repr(_text(signature['on']))}, which is no date; write it like 2027-01-31"
    return f"is of {day}, which is in the future" if day > today else ""


def signed_on(signature: object) -> date | None:
    """The day of a signature; None without a date."""
    try:
        return date.fromisoformat(_text(signature.get("on"))) if isinstance(signature, Mapping) else None
    except ValueError:
        return None


def _team(text: str) -> str:
    """What the spellings of one team have in common: not the word team, case, blanks, signs and the forms of a letter."""
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).casefold())
    return "".join(word for word in words if word not in ("team", "the"))


def _text(value: Any) -> str:
    return " ".join(str(value).split()) if value is not None else ""
