"""The glossary: the business terms that contracts name, and the columns that several ports share, with what they mean there."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from mesh_capabilities.portal.addresses import segment
from mesh_capabilities.portal.facts import Facts, Row

COLUMNS, MEANINGS = 24, 6
"""How many columns of a meaning, and meanings of a term, are listed."""


@dataclass
class Meaning:
    """What one or several contracts say that a term means."""

    text: str
    columns: list[Row] = field(default_factory=list)


@dataclass
class Term:
    """A word with its meanings, the most common first."""

    name: str
    named: bool
    """Whether a contract calls it a business term; else it is the name of a column that several ports have."""
    meanings: list[Meaning] = field(default_factory=list)

    @property
    def anchor(self) -> str:
        """Its place on the page."""
        return f"term-{segment(self.name)}"

    @property
    def count(self) -> int:
        """How many columns carry it."""
        return sum(len(meaning.columns) for meaning in self.meanings)


def terms(facts: Facts) -> Mapping[str, Term]:
    """Every term by its name."""
    grouped: dict[str, tuple[bool, list[Row]]] = {}
    shared: dict[str, list[Row]] = {}
    for row in facts.rows("columns"):
        if facts.product_of(row["port"]) is None or facts.ports[row["port"]]["major"] != row["major"]:
            continue
        if name := row["glossary_term"] or row["business_name"]:
            grouped.setdefault(name, (True, []))[1].append(row)
        else:
            shared.setdefault(row["column"], []).append(row)
    for name, rows in shared.items():
        if len({row["port"] for row in rows}) > 1 and name not in grouped:
            grouped[name] = (False, rows)
    return {name: Term(name, named, _meanings(rows)) for name, (named, rows) in sorted(grouped.items(), key=_spelled)}


def letter(name: str) -> str:
    """Under which letter a term stands."""
    return _spelled((name, None))[0][:1].upper() or "#"


def _meanings(rows: Sequence[Row]) -> list[Meaning]:
    found: dict[str, Meaning] = {}
    for row in rows:
        text = " ".join((row["description"] or "").split())
        found.setdefault(text, Meaning(text)).columns.append(row)
    return sorted(found.values(), key=lambda meaning: -len(meaning.columns))


def _spelled(entry: tuple[str, object]) -> tuple[str, str]:
    return _plain(entry[0]), entry[0]


@lru_cache(maxsize=10_000)
def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in letters if letter.isalnum()).lower()
