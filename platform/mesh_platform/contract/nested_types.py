"""The grammar of DuckDB's types: lists, structs and maps, down to the words that name a plain type."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from mesh_platform.errors import ContractError
from mesh_platform.names import identifier

_DEEPEST = 20
_TOKENS = re.compile(r'\s*("(?:[^"]|"")*"|\[\s*\]|\w+(?:\s*\(\s*\d+\s*(?:,\s*\d+\s*)?\))?|[(),]|\S)')


@dataclass(frozen=True)
class Leaf:
    """A plain type, by its name."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Items:
    """A list of values of one type."""

    item: "Type"

    def __str__(self) -> str:
        return f"{self.item}[]"


@dataclass(frozen=True)
class Mapped:
    """Keys of one type, each with a value of another."""

    key: "Type"
    value: "Type"

    def __str__(self) -> str:
        return f"MAP({self.key}, {self.value})"


@dataclass(frozen=True)
class Struct:
    """Named fields, each of its own type."""

    fields: tuple[tuple[str, "Type"], ...]

    def __str__(self) -> str:
        return f"STRUCT({', '.join(f'{identifier(name)} {part}' for name, part in self.fields)})"


Type = Leaf | Items | Mapped | Struct


def parse(text: str, leaf: Callable[[str], str]) -> Type:
    """A type as DuckDB spells it, taken apart.

    Args:
        text: `VARCHAR[]`, `STRUCT(a INTEGER, "b c" DATE)`.
        leaf: what a plain type, as it is written, is called; raises ContractError for one that is none.
    """
    reader = _Reader(_TOKENS.findall(text), text, leaf)
    kind = reader.type()
    if reader.tokens:
        raise reader.unreadable()
    return kind


class _Reader:
    def __init__(self, tokens: list[str], text: str, leaf: Callable[[str], str]) -> None:
        self.tokens, self.text, self.leaf = tokens, text, leaf

    def type(self, depth: int = 0) -> Type:
        if depth > _DEEPEST:
            raise self.unreadable()
        kind = self._plain(depth)
        while self._next() == "[]":
            self.tokens.pop(0)
            kind = Items(kind)
        return kind

    def _plain(self, depth: int) -> Type:
        word = self._next().upper()
        if word == "STRUCT" and self.tokens[1:2] == ["("]:
            return Struct(self._listed(lambda: (self._name(), self.type(depth + 1))))
        if word == "MAP" and self.tokens[1:2] == ["("]:
            parts = self._listed(lambda: self.type(depth + 1))
            if len(parts) != 2:
                raise self.unreadable()
            return Mapped(*parts)
        words = []
        while self._next() not in ("", ",", ")", "[]"):
            words.append(self.tokens.pop(0))
        return Leaf(self.leaf(" ".join(words)))

    def _listed(self, one: Callable) -> tuple:
        del self.tokens[:2]
        found = [one()]
        while self._next() == ",":
            self.tokens.pop(0)
            found.append(one())
        if self._next() != ")":
            raise self.unreadable()
        self.tokens.pop(0)
        return tuple(found)

    def _name(self) -> str:
        if self._next() in ("", ",", ")", "(", "[]"):
            raise self.unreadable()
        name = self.tokens.pop(0)
        return name[1:-1].replace('""', '"') if name.startswith('"') else name

    def _next(self) -> str:
        if not self.tokens:
            return ""
        return "[]" if re.fullmatch(r"\[\s*\]", self.tokens[0]) else self.tokens[0]

    def unreadable(self) -> ContractError:
        return ContractError(f"a port cannot store physicalType {self.text!r}: it is no type that can be read")
