"""Reading a policy: a SQL file that opens with a comment saying what must hold, why, since when, and what to do about it.

```sql
-- id: accountable_owner
-- title: Every product has an owner who can be written to.
-- why: Somebody has to answer for it.
-- severity: error
-- scope: products
-- phase: [ci, publish]
-- fix: Name the team in the product's file.
-- owner: team:platform
-- effective from: 2026-01-01
select product as subject, 'nobody owns it' as message, file as evidence from products where owner is null
```
"""

import re
from datetime import date
from pathlib import Path
from typing import Any

from mesh_capabilities.governance.policy import Phase, Policy
from mesh_capabilities.governance.scope import SCOPES, Scope
from mesh_platform.errors import PolicyError
from mesh_platform.yaml_files import parse_mapping

_REQUIRED = ("id", "title", "why", "severity", "scope", "phase", "fix", "owner", "effective from")
_OPTIONAL = ("warns from", "privacy")
_ID = re.compile(r"[a-z][a-z0-9_]*")
_OWNER = re.compile(r"team:[a-z][a-z0-9_]*")
_SCOPE = re.compile(r"(\w+)(?:\s+where\s+(.+))?", re.IGNORECASE | re.DOTALL)


def read_policy(path: Path, file: str, domain: str | None = None) -> Policy:
    """The policy that a file holds. Raises PolicyError, naming the file and the way out.

    Args:
        path: the file.
        file: how people call it: its path from the repository's root.
        domain: the domain whose policy it is; None for one of the whole mesh.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise PolicyError(f"{file} cannot be read: {problem}.", "A policy is a text file in UTF-8.") from None
    header, query = _split(text)
    if not header:
        raise PolicyError(f"{file} has no header.", "Begin it with comment lines: -- id: …, -- title: …")
    said = parse_mapping(header, f"the header of {file}", PolicyError)
    _check_keys(said, file)
    if not query.strip():
        raise PolicyError(f"{file} has no query below its header.", "Select subject, message and evidence of what is wrong.")
    effective = _day(said["effective from"], "effective from", file)
    warns = _day(said["warns from"], "warns from", file) if "warns from" in said else effective
    if warns > effective:
        raise PolicyError(f"{file} warns from {warns}, after it is effective from {effective}.", "Let it warn first.")
    return Policy(
        id=_identity(said["id"], path.stem, file, domain),
        title=_sentence(said["title"]),
        why=_sentence(said["why"]),
        severity=_one_of(said["severity"], ("error", "warning"), "severity", file),
        scope=_scope(said["scope"], file),
        phases=_phases(said["phase"], file),
        fix=_sentence(said["fix"]),
        owner=_owner(said["owner"], file),
        effective_from=effective,
        warns_from=warns,
        query=query,
        file=file,
        domain=domain,
        privacy=_yes_or_no(said.get("privacy", False), file),
    )


def _split(text: str) -> tuple[str, str]:
    """The leading comment without its dashes, and what comes after it, at the line at which it stands in the file."""
    lines = text.splitlines()
    end = next((number for number, line in enumerate(lines) if not line.startswith("--")), len(lines))
    header = "\n".join(line.removeprefix("--").removeprefix(" ") for line in lines[:end])
    return header, "\n" * end + "\n".join(lines[end:])


def _check_keys(said: dict[str, Any], file: str) -> None:
    missing = [key for key in _REQUIRED if said.get(key) in (None, "", [])]
    if missing:
        raise PolicyError(f"The header of {file} does not say {', '.join(missing)}.", "Add a line for each.")
    strange = [str(key) for key in said if key not in (*_REQUIRED, *_OPTIONAL)]
    if strange:
        known = ", ".join((*_REQUIRED, *_OPTIONAL))
        raise PolicyError(f"The header of {file} says {', '.join(strange)}, which nothing reads.", f"It may say {known}.")


def _identity(said: Any, stem: str, file: str, domain: str | None) -> str:
    expected = f"{domain}.{stem}" if domain else stem
    if said != expected or not _ID.fullmatch(stem):
        raise PolicyError(
            f"{file} has the id {said!r}.",
            f"It is called as its file is, {'after its domain, ' if domain else ''}in small letters, digits and underscores: "
            f"{expected}.",
        )
    return expected


def _scope(said: Any, file: str) -> Scope:
    parts = _SCOPE.fullmatch(str(said).strip())
    if not parts or parts[1] not in SCOPES:
        raise PolicyError(
            f"{file} has the scope {said!r}.", f"Name one of {', '.join(SCOPES)}, and a condition after `where` if you like."
        )
    return Scope(SCOPES[parts[1]], (parts[2] or "").strip())


def _phases(said: Any, file: str) -> tuple[Phase, ...]:
    names = said if isinstance(said, list) else [part.strip() for part in str(said).split(",")]
    return tuple(Phase(_one_of(name, tuple(Phase), "phase", file)) for name in names)


def _owner(said: Any, file: str) -> str:
    if not _OWNER.fullmatch(str(said)):
        raise PolicyError(f"{file} is owned by {said!r}.", "An owner is a team: write team:platform, say.")
    return said


def _yes_or_no(said: Any, file: str) -> bool:
    if not isinstance(said, bool):
        raise PolicyError(f"{file} says privacy: {said!r}.", "Write true or false.")
    return said


def _one_of(said: Any, allowed: tuple[str, ...], key: str, file: str) -> str:
    if said not in allowed:
        raise PolicyError(f"{file} has the {key} {said!r}.", f"Write {' or '.join(allowed)}.")
    return str(said)


def _day(said: Any, key: str, file: str) -> date:
    try:
        return date.fromisoformat(str(said))
    except ValueError:
        raise PolicyError(f"{file} says {key}: {said}.", "Write a day, like 2027-01-31.") from None


def _sentence(said: Any) -> str:
    return " ".join(str(said).split())
