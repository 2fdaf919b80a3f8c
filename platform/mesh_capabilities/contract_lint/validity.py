"""Where and why a document is not what the official schema of its version asks for, as sentences.

Errors of the validator: https://python-jsonschema.readthedocs.io/en/stable/errors/
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesh_capabilities.contract_lint.executed import BY_PATH
from mesh_platform.errors import ContractError
from mesh_platform.standards import disagreements
from mesh_platform.yaml_files import Place

if TYPE_CHECKING:
    from jsonschema import ValidationError

_LONG = 160
"""A message that quotes more than so many characters of the document hides what it says."""

_KEYS = ("additionalProperties", "unevaluatedProperties")
_FORBIDDEN = "is not allowed here"
_KNOWN = {path.rpartition(".")[2] for path in BY_PATH}
"""The names of all keys that mean something somewhere."""


def invalidities(document: dict[str, Any], path: Path) -> Iterator[tuple[Place, str]]:
    """The place and the sentence of everything in `document` that is not valid ODCS."""
    try:
        errors = disagreements(document, path, "odcs", "mesh_platform.contract")
    except ContractError as problem:
        yield ("apiVersion",), str(problem).removeprefix(f"{path} ")
        return
    # A rule that fails leaves the keys it should have explained without an explanation: those are not to blame.
    broken = {tuple(error.absolute_path) for error in errors if error.validator not in _KEYS}
    found = [said for error in errors for said in _explained(error)]
    # Two keywords of a schema may forbid one key: that is one thing to correct.
    for place, sentence in dict.fromkeys(found):
        if not (place and place[:-1] in broken and place[-1] in _KNOWN and sentence.endswith(_FORBIDDEN)):
            yield place, sentence


def _explained(error: "ValidationError") -> Iterator[tuple[Place, str]]:
    place = tuple(error.absolute_path)
    if error.validator in _KEYS and isinstance(error.instance, dict):
        # The message ends with the names; the key itself is the place to look at, not what it stands in.
        for key in (key for key in error.instance if repr(key) in error.message):
            yield (*place, key), f"the key {key!r} {_FORBIDDEN}"
        return
    if deeper := _deeper(error):
        yield from _explained(deeper)
        return
    message = error.message
    choices = [inner.message.partition(" is a required")[0].strip("'") for inner in error.context or ()]
    if choices and all(inner.validator == "required" for inner in error.context):
        yield place, f"exactly one of {', '.join(choices)} is required here"
        return
    if len(message) > _LONG:
        message = message.replace(repr(error.instance), "what stands here")
    if error.context:
        message += f" ({' or '.join(dict.fromkeys(inner.message for inner in error.context[:3]))})"
    yield place, message if len(message) <= 3 * _LONG else f"{message[: 3 * _LONG]} …"


def _deeper(error: "ValidationError") -> "ValidationError | None":
    """Of several forms that were possible, the one that went furthest is the one that was meant."""
    further = [inner for inner in error.context or () if len(inner.absolute_path) > len(error.absolute_path)]
    return max(further, key=lambda inner: len(inner.absolute_path), default=None)
