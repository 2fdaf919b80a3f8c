"""What a derivation is: for each column of a query or port, the columns that its values and its rows come from."""

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from mesh_isolation.lexer import gap_end

ANY_COLUMN = "*"
"""The column of an origin that stands for every column of a relation whose columns are not known."""


class Relation(NamedTuple):
    """A table or view as SQL names it. A port of the mesh is `Relation(domain, port)`."""

    schema: str
    name: str


class Origin(NamedTuple):
    """A column of a relation."""

    relation: Relation
    column: str


_NAME = re.compile(r'"?(\w+)"?')
_SPACE = re.compile(r"(?:\s|--[^\n\r]*)+")


def named_relations(text: str) -> set[Relation]:
    """Two names with a dot between them, folded: every relation of a query, and other pairs that match no relation.

    In Python, as in the model that dbt compiles, the quotes of a relation are escaped.
    """
    text = text.replace('\\"', '"')
    end_of_gap, relations = gap_end(text, _SPACE), set()
    for schema in _NAME.finditer(text):
        dot = end_of_gap(schema.end())
        if text.startswith(".", dot) and (name := _NAME.match(text, end_of_gap(dot + 1))):
            relations.add(Relation(folded(schema[1]), folded(name[1])))
    return relations


def folded_relation(relation: Relation) -> Relation:
    """A relation with both names folded."""
    return Relation(folded(relation.schema), folded(relation.name))


def folded(name: str) -> str:
    """A name as DuckDB compares it: without the case of its ASCII letters, quoted or not."""
    return name.encode().lower().decode()


def touches(origins: frozenset[Origin], wanted: Set[Origin]) -> bool:
    """Whether one of the `wanted` columns is among the origins, or among the columns that ANY_COLUMN stands for."""
    if not origins.isdisjoint(wanted):
        return True
    relations = {origin.relation for origin in wanted}
    return any(origin.column == ANY_COLUMN and origin.relation in relations for origin in origins)


@dataclass(frozen=True)
class Derivation:
    """The origins of the columns of a query's result."""

    values: Mapping[str, frozenset[Origin]]
    """By column of the result, the columns that its value is computed from (direct lineage)."""
    rows: Mapping[str, frozenset[Origin]]
    """By column of the result, the columns that select its rows: filters, joins, groups (indirect lineage)."""
    named: frozenset[Origin]
    """The columns that the query names. It does not run without any of them. A star names none."""
    unfollowed: Mapping[str, str] = field(default_factory=dict)
    """By column of the result that is not followed, the reason. Its `values` and `rows` are then everything that it may be made
    of. A column that is not here and has no `values` is made of no column."""

    @cached_property
    def origins(self) -> frozenset[Origin]:
        """All columns of `values`, `rows` and `named`."""
        return self.named.union(*self.values.values(), *self.rows.values())

    @cached_property
    def relations(self) -> frozenset[Relation]:
        """The relations of all origins."""
        return frozenset(origin.relation for origin in self.origins)
