"""What a document violates of a JSON Schema, in time linear in the document.

A schema that nests itself below `unevaluatedProperties`, as that of ODCS does, is evaluated several times at each level. The
time would multiply with every level. Here each definition judges each part once.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from mesh_isolation.numbers import WrittenInteger, WrittenNumber, is_whole
from mesh_isolation.text import brief

if TYPE_CHECKING:
    from jsonschema import ValidationError

    Keyword = Callable[[Any, Any, Any, Mapping[str, Any]], Iterator[ValidationError] | None]


KeyPath = tuple[str | int, ...]
"""The path to a part of a document, as keys and list positions from its root: `("schema", 0, "name")`."""


def schema_errors(schema: Mapping[str, Any], document: Any) -> list["ValidationError"]:
    """Every violation of `schema` in `document`, and every number in it that two readers of YAML take for different ones.

    An integer may be written as a number without a fraction, as 5e0.
    """
    from jsonschema import ValidationError
    from jsonschema.validators import extend, validator_for

    known = validator_for(schema)
    kinds = known.TYPE_CHECKER
    whole = kinds.redefine("integer", lambda _, value: kinds.is_type(value, "integer") or is_whole(value))
    once = {"$ref": _once(known.VALIDATORS["$ref"])}
    errors = list(extend(known, validators=once, type_checker=whole)(schema).iter_errors(document))
    texts = {tuple(error.absolute_path) for error in errors if error.validator == "type" and error.validator_value == "string"}
    for place, number in odd_numbers(document):
        value = int(number) if isinstance(number, int) else Decimal(number)
        way_out = "put it in quotes" if place in texts else "write it in decimal digits"
        if place not in texts and _may_be_text(place, document):
            way_out += ", or in quotes if it is a text"
        message = f"{number.text} is {value} to some readers of YAML; {way_out}"
        errors.append(ValidationError(message, path=place, instance=number))
    return errors


_NUMBERS = ("completeDays", "latestDays", "limits", "precision", "scale", "setAside", "versionRetention")
"""The custom properties that are read as a number. The value of another one may be a text."""


def _may_be_text(place: KeyPath, document: Any) -> bool:
    """Whether the part at a place, where the schema accepts any value, is in a custom property that may be a text."""
    if "customProperties" not in place[:-1]:
        return False
    start = len(place) - 1 - place[::-1].index("customProperties")
    entry = document
    for step in place[: start + 2]:
        entry = entry[step]
    return isinstance(entry, dict) and entry.get("property") not in _NUMBERS


def _once(keyword: "Keyword") -> "Keyword":
    """The keyword, with the errors of each of its values on each part of one document kept."""
    from jsonschema import ValidationError

    kept: dict[tuple[str, int], tuple[Any, list[ValidationError]]] = {}

    def judge(validator: Any, value: str, instance: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
        if (place := (value, id(instance))) not in kept:
            kept[place] = instance, list(keyword(validator, value, instance, schema) or ())
        # Whoever descends adds to the path of an error, so each gets its own.
        yield from map(ValidationError.create_from, kept[place][1])

    return judge


_DECIMAL = re.compile(r"[-+]?(?:(?:0|[1-9][0-9]*)|[0-9]*\.[0-9]*(?:[eE][-+]?[0-9]+)?)")
_TEXT = re.compile(r"(?:n?var)?char|text|string|bpchar", re.IGNORECASE)
_LISTED = ("validValues", "missingValues", "enum", "examples")
"""The lists of values of a column. Where it holds text, each means its own characters."""


def odd_numbers(document: Any) -> Iterator[tuple[KeyPath, WrittenInteger | WrittenNumber]]:
    """The place of each number in a document of YAML that is octal, hexadecimal, binary, of base 60, or has separators.

    YAML 1.1 reads 010 as 8 and 12:30 as 750, YAML 1.2 as 10 and as a text: https://yaml.org/spec/1.2.2/#103-core-schema. Values
    that are listed for a column of text are left out.
    """
    pending: list[tuple[KeyPath, Any, bool, bool]] = [((), document, False, False)]
    seen = set()
    while pending:
        place, part, of_text, listed = pending.pop()
        if isinstance(part, (WrittenInteger, WrittenNumber)) and not (of_text and listed) and not _DECIMAL.fullmatch(part.text):
            yield place, part
        if not isinstance(part, (dict, list)) or id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, dict) and (part.get("logicalType") or part.get("physicalType")):
            of_text = part.get("logicalType") == "string" or bool(_TEXT.match(str(part.get("physicalType") or "")))
        for step, inner in part.items() if isinstance(part, dict) else enumerate(part):
            pending.append(((*place, step), inner, of_text, listed or step in _LISTED))


_UNEXPECTED = ("additionalProperties", "unevaluatedProperties")
_LONG = 160
"""The length from which a message of the validator is shortened."""


def explained(schema: Mapping[str, Any], errors: Iterable["ValidationError"]) -> list[tuple[KeyPath, str]]:
    """The place and a sentence of every violation, once each. An unknown key is a place of its own.

    The validator's errors: https://python-jsonschema.readthedocs.io/en/stable/errors/
    """
    errors, known = list(errors), _keys(schema)
    # Where another rule of the schema fails, known keys are reported as unexpected, too; those reports are dropped.
    broken = {tuple(error.absolute_path) for error in errors if error.validator not in _UNEXPECTED}
    found: dict[tuple[KeyPath, str], None] = {}
    for error in errors:
        for place, key, sentence in _sentences(error, known):
            if key is None or not (place[:-1] in broken and key in known):
                found[place, sentence] = None  # two keywords of a schema may forbid the same key
    return list(found)


def _sentences(error: "ValidationError", known: set[str]) -> Iterator[tuple[KeyPath, str | None, str]]:
    """The place, the unexpected key if it is about one, and the sentence."""
    place = tuple(error.absolute_path)
    if error.validator in _UNEXPECTED and isinstance(error.instance, dict):
        # The message names the keys.
        for key in (key for key in error.instance if repr(key) in error.message):
            similar = [] if key in known else get_close_matches(str(key), sorted(known), n=2)
            hint = f" (similar: {', '.join(similar)})" if similar else " with this value" if key in known else ""
            yield (*place, key), key, f"the key {key!r} is not allowed here{hint}"
        return
    if deeper := _deeper(error):
        yield from _sentences(deeper, known)
        return
    message = error.message
    choices = [inner.message.partition(" is a required")[0].strip("'") for inner in error.context or ()]
    if choices and all(inner.validator == "required" for inner in error.context):
        yield place, None, f"exactly one of {', '.join(choices)} is required here"
        return
    if len(message) > _LONG:
        message = message.replace(repr(error.instance), "this value")
    if error.context:
        message += f" ({' or '.join(dict.fromkeys(inner.message for inner in error.context[:3]))})"
    yield place, None, message if len(message) <= 3 * _LONG else f"{message[: 3 * _LONG]} …"


def _deeper(error: "ValidationError") -> "ValidationError | None":
    """The alternative that matched furthest, which is probably the intended one."""
    further = [inner for inner in error.context or () if len(inner.absolute_path) > len(error.absolute_path)]
    return max(further, key=lambda inner: len(inner.absolute_path), default=None)


def _keys(schema: Any) -> set[str]:
    """All keys that a schema defines anywhere."""
    found, ahead = set(), [schema]
    while ahead:
        part = ahead.pop()
        if isinstance(part, Mapping):
            properties = part.get("properties")
            found |= {*properties} if isinstance(properties, Mapping) else set()
            ahead.extend(part.values())
        elif isinstance(part, list):
            ahead.extend(part)
    return found


def spelled_place(place: KeyPath, document: Any) -> str:
    """A place in words, entries of a list by their names: `schema[orders].properties[price].logicalType`."""
    text, part = "", document
    for step in place:
        try:
            part = part[step]
        except (KeyError, IndexError, TypeError):
            part = None
        named = part if isinstance(part, dict) else {}
        name = next((named[key] for key in ("name", "property") if isinstance(named.get(key), str)), step)
        text += f"[{brief(name)}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")
