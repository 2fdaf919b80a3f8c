"""A policy: a rule of the mesh, as a SQL file whose header gives the reason and the fix.

```sql
-- id: accountable_owner
-- title: Every product has an owner with an address.
-- why: Consumers must be able to reach the team that is accountable for the data.
-- severity: error
-- scope: products
-- phase: [ci, publish]
-- fix: Name the team in the product's descriptor.
-- owner: team:platform
-- effective from: 2026-01-01
select product as subject, 'it has no owner' as message, file as evidence from products where owner is null
```

The header is YAML behind SQL comment marks. The query below it returns one row per violation.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from mesh_capabilities.errors import PolicyError
from mesh_isolation.team_files import UnreadableFile, read_team_text
from mesh_platform.yaml_files import parse_mapping


class PolicyStage(StrEnum):
    """What a violation means today."""

    DRAFT = "draft"
    """It is reported as a draft and has no effect."""
    WARN = "warn"
    """It is a warning."""
    BLOCK = "block"
    """It fails the check, and refuses the publish where the policy applies to publishing."""


class Phase(StrEnum):
    """When a policy is evaluated."""

    CI = "ci"
    PUBLISH = "publish"
    ON_DEMAND = "on demand"


@dataclass(frozen=True)
class Subjects:
    """The subjects of one kind, and the location of each in the mesh, as SQL expressions over a metadata table."""

    name: str
    example: str
    table: str
    """The table whose rows are the subjects; the condition of a scope refers to its columns."""
    subject: str
    domain: str
    product: str
    """The product that the subject is part of, or NULL."""
    port: str
    """The port that the subject is part of, `sales/orders`, or NULL."""
    file: str
    """The file in which the owner fixes a violation."""
    line: str = "NULL::INTEGER"
    joined: str = ""
    """A join that the expressions above need."""

    def query(self, condition: str = "") -> str:
        """A SELECT of subject, domain, product, port, file and line, one row per subject."""
        parts = {"domain": self.domain, "product": self.product, "port": self.port, "file": self.file, "line": self.line}
        listing = ", ".join(f"any_value({sql}) AS {name}" for name, sql in parts.items())
        # On separate lines, so that a comment at the end of the condition ends there.
        judged = f"(SELECT * FROM {self.table} WHERE (\n{condition}\n))" if condition else self.table
        return f"SELECT {self.subject} AS subject, {listing}\nFROM {judged} AS judged {self.joined}\nGROUP BY ALL"


@dataclass(frozen=True)
class Scope:
    """The subjects of one policy: all of one kind, or those that meet a condition."""

    subjects: Subjects
    condition: str = ""
    """SQL over the columns of the table; empty for all rows."""

    @property
    def query(self) -> str:
        """The SELECT of the subjects in scope. Check it with `check_statement` before it is executed."""
        return self.subjects.query(self.condition)

    def __str__(self) -> str:
        return f"{self.subjects.name} where {self.condition}" if self.condition else self.subjects.name


_NONE = "NULL::VARCHAR"

SCOPES = {
    subjects.name: subjects
    for subjects in (
        Subjects("domains", "sales", "domains", "domain", "domain", _NONE, _NONE, "file"),
        Subjects("products", "sales/orders", "products", "product", "domain", "product", _NONE, "file"),
        Subjects("ports", "sales/orders", "ports", "port", "domain", "product", "port", "model_file"),
        Subjects("contracts", "sales.orders.v1", "contracts", "contract", "domain", "product", "port", "file", "line"),
        Subjects(
            "columns",
            "sales.orders.v1.order_id",
            "columns",
            "judged.contract || '.' || judged.\"column\"",
            "promise.domain",
            "promise.product",
            "judged.port",
            "promise.file",
            "judged.line",
            "LEFT JOIN (SELECT contract, any_value(domain) AS domain, any_value(product) AS product, any_value(file) AS file "
            "FROM contracts GROUP BY contract) AS promise ON promise.contract = judged.contract",
        ),
        Subjects(
            "changes",
            "sales.orders.v1",
            "contract_changes",
            "contract",
            "split_part(contract, '.', 1)",
            _NONE,
            "split_part(contract, '.', 1) || '/' || split_part(contract, '.', 2)",
            "'domains/' || split_part(contract, '.', 1) || '/contracts/' "
            "|| split_part(contract, '.', 2) || '.' || split_part(contract, '.', 3) || '.odcs.yaml'",
        ),
    )
}
"""The kinds of subjects that a policy's header can name as its scope."""


@dataclass(frozen=True)
class Policy:
    """One policy file."""

    id: str
    """`accountable_owner`; of a domain's own policies, `finance.no_personal_data`."""
    title: str
    """What must hold, as a sentence."""
    why: str
    severity: str
    """`error` or `warning`; a policy of severity `warning` never blocks."""
    scope: Scope
    """Which subjects are evaluated."""
    phases: tuple[Phase, ...]
    fix: str
    """What to do about a violation."""
    owner: str
    """The team that is accountable for the policy: `team:platform`."""
    effective_from: date
    """The day from which violations count as the severity says."""
    warns_from: date
    """The day from which violations warn; before it the policy is a draft."""
    query: str
    """One SELECT of subject, message and evidence; each row is a violation."""
    file: str
    """Its path from the repository's root."""
    domain: str | None = None
    """The domain that owns it and whose subjects it evaluates; None for the whole mesh."""
    privacy: bool = False
    """Whether it protects personal data; such a policy cannot be waived."""

    def stage(self, today: date) -> PolicyStage:
        """What a violation means on that day."""
        if today < self.warns_from:
            return PolicyStage.DRAFT
        return PolicyStage.BLOCK if today >= self.effective_from and self.severity == "error" else PolicyStage.WARN


_REQUIRED = ("id", "title", "why", "severity", "scope", "phase", "fix", "owner", "effective from")
_OPTIONAL = ("warns from", "privacy")
_ID = re.compile(r"[a-z][a-z0-9_]*")
_OWNER = re.compile(r"team:[a-z][a-z0-9_]*")
_SCOPE = re.compile(r"(\w+)(?:\s+where\s+(.+))?", re.IGNORECASE | re.DOTALL)


def read_policy(path: Path, file: str, domain: str | None = None) -> Policy:
    """Reads a policy file. Raises PolicyError, which names the file and the fix.

    Args:
        path: the file.
        file: its path from the repository's root, for messages.
        domain: the domain that owns the policy; None for a policy of the whole mesh.
    """
    try:
        text = read_team_text(path)
    except UnreadableFile as problem:
        raise PolicyError(f"{file} {problem.strerror}.", problem.way_out) from None
    comment, query = _split(text)
    if not comment:
        raise PolicyError(f"{file} has no header.", "Begin it with comment lines: -- id: …, -- title: …")
    header = parse_mapping(comment, f"the header of {file}", PolicyError)
    _check_keys(header, file)
    if not query.strip():
        raise PolicyError(f"{file} has no query below its header.", "Add a SELECT of subject, message and evidence.")
    effective_from = _day(header["effective from"], "effective from", file)
    warns_from = _day(header["warns from"], "warns from", file) if "warns from" in header else effective_from
    if warns_from > effective_from:
        raise PolicyError(
            f"{file} has warns from {warns_from}, later than effective from {effective_from}.",
            "Choose a date for warns from that is not later.",
        )
    return Policy(
        id=_identity(header["id"], path.stem, file, domain),
        title=_one_line(header["title"]),
        why=_one_line(header["why"]),
        severity=_one_of(header["severity"], ("error", "warning"), "severity", file),
        scope=_scope(header["scope"], file),
        phases=_phases(header["phase"], file),
        fix=_one_line(header["fix"]),
        owner=_owner(header["owner"], file),
        effective_from=effective_from,
        warns_from=warns_from,
        query=query,
        file=file,
        domain=domain,
        privacy=_boolean(header.get("privacy", False), "privacy", file),
    )


def _split(text: str) -> tuple[str, str]:
    """The leading comment without its dashes, and the rest, padded so that its line numbers are those of the file."""
    lines = text.splitlines()
    end = next((number for number, line in enumerate(lines) if not line.startswith("--")), len(lines))
    comment = "\n".join(line.removeprefix("--").removeprefix(" ") for line in lines[:end])
    return comment, "\n" * end + "\n".join(lines[end:])


def _check_keys(header: dict[str, Any], file: str) -> None:
    missing = [key for key in _REQUIRED if header.get(key) in (None, "", [])]
    if missing:
        raise PolicyError(f"The header of {file} has no {', '.join(missing)}.", "Add a line for each.")
    unknown = [str(key) for key in header if key not in (*_REQUIRED, *_OPTIONAL)]
    if unknown:
        raise PolicyError(
            f"The header of {file} has unknown keys: {', '.join(unknown)}.",
            f"The known keys are {', '.join((*_REQUIRED, *_OPTIONAL))}.",
        )


def _identity(value: Any, stem: str, file: str, domain: str | None) -> str:
    expected = f"{domain}.{stem}" if domain else stem
    if value != expected or not _ID.fullmatch(stem):
        raise PolicyError(
            f"{file} has the id {value!r}.",
            f"The id is the file's name{' after the domain' if domain else ''}, in lowercase letters, digits and underscores: "
            f"{expected}.",
        )
    return expected


def _scope(value: Any, file: str) -> Scope:
    parts = _SCOPE.fullmatch(str(value).strip())
    if not parts or parts[1] not in SCOPES:
        raise PolicyError(
            f"{file} has the scope {value!r}.",
            f"Write one of {', '.join(SCOPES)}, optionally followed by `where` and a condition.",
        )
    return Scope(SCOPES[parts[1]], (parts[2] or "").strip())


def _phases(value: Any, file: str) -> tuple[Phase, ...]:
    names = value if isinstance(value, list) else [part.strip() for part in str(value).split(",")]
    return tuple(Phase(_one_of(name, tuple(Phase), "phase", file)) for name in names)


def _owner(value: Any, file: str) -> str:
    if not _OWNER.fullmatch(str(value)):
        raise PolicyError(f"{file} has the owner {value!r}.", "The owner is a team, like team:platform.")
    return value


def _boolean(value: Any, key: str, file: str) -> bool:
    if not isinstance(value, bool):
        raise PolicyError(f"{file} has {key}: {value!r}.", "Write true or false.")
    return value


def _one_of(value: Any, allowed: tuple[str, ...], key: str, file: str) -> str:
    if value not in allowed:
        raise PolicyError(f"{file} has the {key} {value!r}.", f"Write {' or '.join(allowed)}.")
    return str(value)


def _day(value: Any, key: str, file: str) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise PolicyError(f"{file} has {key}: {value}.", "Write a date, like 2027-01-31.") from None


def _one_line(value: Any) -> str:
    return " ".join(str(value).split())
