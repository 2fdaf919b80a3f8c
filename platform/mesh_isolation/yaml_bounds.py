"""YAML that a team has written, within bounds: dates stay text, numbers stay exact, no key occurs twice, size is limited."""

import math
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import yaml

from mesh_isolation.numbers import WrittenInteger, WrittenNumber


class PlainLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML without implicit dates, because the JSON Schemas of the standards expect strings.

    A key that a mapping has twice is an error. PyYAML would keep the last value, and a reader of the file may see the first:
    https://yaml.org/spec/1.2.2/#3213-node-comparison
    """

    def construct_document(self, node: yaml.Node) -> Any:
        self._refuse_repeated_keys(node)
        return super().construct_document(node)

    def _refuse_repeated_keys(self, document: yaml.Node) -> None:
        # Before anything is constructed: a merge (`<<`) adds keys to the node, which its own keys then override.
        pending, seen = [document], set()
        while pending:
            node = pending.pop()
            if isinstance(node, yaml.ScalarNode) or id(node) in seen:
                continue
            seen.add(id(node))
            if isinstance(node, yaml.SequenceNode):
                pending += node.value
                continue
            lines: dict[Any, int] = {}
            for key, value in node.value:
                pending += [key, value]
                if not isinstance(key, yaml.ScalarNode):
                    continue
                line = key.start_mark.line + 1
                name = key.value if key.tag == "tag:yaml.org,2002:merge" else self.construct_object(key)
                if first := lines.get(name):
                    raise yaml.MarkedYAMLError(problem=f"the key {key.value!r} is in line {first} and again in line {line}")
                lines[name] = line


_TIMES = PlainLoader.yaml_implicit_resolvers["0"]
PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in PlainLoader.yaml_implicit_resolvers.items()
}

_DIGITS, _EXPONENT = 4_300, 400
"""The most digits of a number, as for Python's integers, and its largest exponent. A DOUBLE ends at 308."""


def _decimal(loader: PlainLoader, node: yaml.ScalarNode) -> Any:
    """A number with a point: a decimal with the digits of the text. Only .inf and .nan are floats."""
    text = loader.construct_scalar(node)
    plain = text.replace("_", "").lower()
    try:
        if plain.lstrip("+-") in (".inf", ".nan"):
            return loader.construct_yaml_float(node)
        number = WrittenNumber(text)
    except InvalidOperation:
        raise _marked(node, f"{text!r} is no number") from None
    if len(text) > _DIGITS or abs(number.adjusted()) > _EXPONENT:
        raise _marked(node, f"the most digits of a number are {_DIGITS:,}, and its largest exponent is {_EXPONENT}")
    return number


def _integer(loader: PlainLoader, node: yaml.ScalarNode) -> int:
    text = loader.construct_scalar(node)
    if len(text) > _DIGITS:
        raise _marked(node, f"the most digits of a number are {_DIGITS:,}")
    number = loader.construct_yaml_int(node)
    return number if str(number) == text else WrittenInteger(number, text)


def _marked(node: yaml.Node, problem: str) -> yaml.MarkedYAMLError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


PlainLoader.add_constructor("tag:yaml.org,2002:float", _decimal)
PlainLoader.add_constructor("tag:yaml.org,2002:int", _integer)

_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.(?:0|[0-9]*[1-9]))?")
"""A number that every reader of YAML writes as it is written here."""


def misread_text(node: yaml.Node) -> str | None:
    """What YAML 1.1 reads in a value that is written without quotes and meant as text; None if it reads this text.

    https://yaml.org/type: NO is a boolean, 12:30 a number of base 60, 010 one of base 8, 1_000 has a separator.
    """
    if not isinstance(node, yaml.ScalarNode) or node.style:  # in quotes, or a block
        return None
    kind = node.tag.rpartition(":")[2]
    if kind == "str":
        times = (pattern for tag, pattern in _TIMES if tag == "tag:yaml.org,2002:timestamp")
        return "a date" if any(pattern.match(node.value) for pattern in times) else None
    plain = yaml.constructor.SafeConstructor()
    if kind == "null":
        return None if node.value == "null" else "no value"
    if kind == "bool":
        return f"the boolean {str(plain.construct_yaml_bool(node)).lower()}"
    if kind not in ("int", "float") or _PLAIN_NUMBER.fullmatch(node.value):
        return None
    try:
        return f"the number {plain.construct_yaml_int(node) if kind == 'int' else plain.construct_yaml_float(node)}"
    except ValueError:
        return "a number"


DEPTH = 100
"""The deepest nesting of lists and mappings: libyaml recurses, and deeper files could crash the process."""


LARGEST = 1_000_000
"""The most characters of a file: reading one of 1,000,000 takes seconds."""


def too_deep(text: str) -> int | None:
    """The first line that is nested deeper than DEPTH; None if there is none.

    Raises yaml.YAMLError for invalid YAML, and for a text of more than LARGEST characters.
    """
    if len(text) > LARGEST:
        raise yaml.MarkedYAMLError(problem=f"it has {len(text):,} characters; the most is {LARGEST:,}")
    depth = 0
    for event in yaml.parse(text, Loader=PlainLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEPTH:
                return event.start_mark.line + 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return None


VALUES = 1_000_000
"""The most values of a document, each counted where an alias repeats it: a reader of the document meets every one."""


def plain_json(document: Any) -> Any:
    """A document with the types of JSON alone, and with plain numbers in place of written ones; None if it holds anything else.

    JSON has no .inf, no date, no set, and no key that is not a text. Aliases may repeat parts of the document, but not one
    that contains itself, and not beyond VALUES.
    """
    try:
        plain, values = _plain(document, {})
    except (TypeError, RecursionError):
        return None
    return plain if values <= VALUES else None


def _plain(part: Any, known: dict[int, tuple[Any, int] | None]) -> tuple[Any, int]:
    """A part, and the number of values in it, with itself. `known` has None for each part that is being copied."""
    if not isinstance(part, (dict, list)):
        return _plain_value(part), 1
    if id(part) not in known:
        known[id(part)] = None
        if isinstance(part, dict) and not all(isinstance(key, str) for key in part):
            raise TypeError("a key is no text")
        inner = [_plain(value, known) for value in (part.values() if isinstance(part, dict) else part)]
        values = [value for value, _ in inner]
        copy = dict(zip(part, values)) if isinstance(part, dict) else values
        known[id(part)] = copy, 1 + sum(count for _, count in inner)
    if (copied := known[id(part)]) is None:
        raise TypeError("a part contains itself")
    return copied


def _plain_value(value: Any) -> Any:
    if isinstance(value, WrittenInteger):
        return int(value)
    if isinstance(value, Decimal) and value.is_finite():
        return Decimal(value)
    if isinstance(value, int) and value.bit_length() > _DIGITS * 3:
        raise TypeError("the number has more digits than Python writes")
    if isinstance(value, (str, int, type(None))) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise TypeError(f"{type(value).__name__} is not JSON")


RULES = 1_000
"""The most quality rules of a contract: each costs time at every publish."""


def too_many_rules(document: Mapping[str, Any]) -> str | None:
    """The reason, if a document has more than RULES quality rules, whether it is valid or not."""

    def parts(whole: Any, key: str) -> list[Any]:
        return value if isinstance(whole, Mapping) and isinstance(value := whole.get(key), list) else []

    tables = parts(document, "schema")
    columns = (column for table in tables for column in parts(table, "properties"))
    number = sum(len(parts(part, "quality")) for part in (*tables, *columns))
    return f"has {number:,} quality rules; the most is {RULES:,}" if number > RULES else None
