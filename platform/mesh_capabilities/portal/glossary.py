"""The glossary: the business terms of the contracts, and the column names that several ports share, with their meanings."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from mesh_capabilities.portal.addresses import term_anchor
from mesh_capabilities.portal.portal_facts import PortalFacts, Row

COLUMNS, MEANINGS = 24, 6
"""How many columns of a meaning, and how many meanings of a term, are listed."""


@dataclass
class Meaning:
    """One meaning of a term, with the columns that have it."""

    text: str
    columns: list[Row] = field(default_factory=list)


@dataclass
class Term:
    """A term with its meanings, the most common first."""

    name: str
    named: bool
    """Whether a contract names it as a business term; otherwise it is a column name that several ports share."""
    meanings: list[Meaning] = field(default_factory=list)

    @property
    def anchor(self) -> str:
        """Its anchor on the page."""
        return term_anchor(self.name)

    @property
    def count(self) -> int:
        """How many columns have it."""
        return sum(len(meaning.columns) for meaning in self.meanings)


def terms(facts: PortalFacts) -> Mapping[str, Term]:
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
    return {name: Term(name, named, _meanings(rows)) for name, (named, rows) in sorted(grouped.items(), key=_sort_key)}


def letter(name: str) -> str:
    """The letter under which a term is listed."""
    return _sort_key((name, None))[0][:1].upper() or "#"


def _meanings(rows: Sequence[Row]) -> list[Meaning]:
    meanings: dict[str, Meaning] = {}
    for row in rows:
        text = " ".join((row["description"] or "").split())
        meanings.setdefault(text, Meaning(text)).columns.append(row)
    return sorted(meanings.values(), key=lambda meaning: -len(meaning.columns))


def _sort_key(entry: tuple[str, object]) -> tuple[str, str]:
    return _plain(entry[0]), entry[0]


@lru_cache(maxsize=10_000)
def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in letters if letter.isalnum()).lower()
