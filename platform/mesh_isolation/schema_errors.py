"""What a document violates of a JSON Schema, in time linear in the document.

A schema that nests itself below `unevaluatedProperties`, as that of ODCS does, is evaluated several times at each level. The
time would multiply with every level. Here each definition judges each part once.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mesh_isolation.numbers import is_whole

if TYPE_CHECKING:
    from jsonschema import ValidationError

    Keyword = Callable[[Any, Any, Any, Mapping[str, Any]], Iterator[ValidationError] | None]


def schema_errors(schema: Mapping[str, Any], document: Any) -> list["ValidationError"]:
    """Every violation of `schema` in `document`. An integer may be written as a number without a fraction, as 5e0."""
    from jsonschema.validators import extend, validator_for

    known = validator_for(schema)
    kinds = known.TYPE_CHECKER
    whole = kinds.redefine("integer", lambda _, value: kinds.is_type(value, "integer") or is_whole(value))
    once = {"$ref": _once(known.VALIDATORS["$ref"])}
    return list(extend(known, validators=once, type_checker=whole)(schema).iter_errors(document))


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
