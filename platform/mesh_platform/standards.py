"""Validating a document against the official JSON Schema of the standard and version that it declares."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mesh_isolation.schema_errors import KeyPath, explained, odd_numbers, schema_errors, spelled_place
from mesh_isolation.schema_files import quick_validator, schema_of, versions_of
from mesh_isolation.yaml_bounds import plain_json
from mesh_platform.errors import ContractError

_PACKAGES = {"odcs": "mesh_platform.contract", "odps": "mesh_platform.product", "expectation": "mesh_platform"}
"""The packages whose folders `schemas` hold the schema files: vendored ones of the standards, and the platform's own."""


def check_against(document: dict[str, Any], path: Path, standard: str) -> None:
    """Raises ContractError when `document` violates the schema that it declares; the message has the first five violations.

    Args:
        document: the parsed content of the file.
        path: the file, for the message.
        standard: `"odcs"`, `"odps"`, or `"expectation"` for an entry of the custom property `expectations`.
    """
    declared, plain, package = document.get("apiVersion"), checked_json(document, path), _PACKAGES[standard]
    # The fast validator takes a hundredth of the time, but does not report what is wrong.
    valid = declared in versions_of(package, standard) and quick_validator(package, standard, declared).is_valid(plain)
    if valid and not any(odd_numbers(document)):
        return
    refuse_violations(document, path, standard, disagreements(document, path, standard))


def checked_json(document: dict[str, Any], path: Path) -> Any:
    """The document as JSON has it. Raises ContractError for one that JSON cannot hold."""
    if (plain := plain_json(document)) is None:
        message = f"{path}: it contains what JSON does not have: .inf, a date or a set; or aliases repeat too much of it."
        raise ContractError(message, "Write it as text.")
    return plain


def refuse_violations(document: dict[str, Any], path: Path, standard: str, found: Sequence[tuple[KeyPath, str]]) -> None:
    """Raises ContractError with the first five of these violations, if there are any."""
    if found:
        named = [f"{spelled_place(place, document) or 'the document'}: {sentence}" for place, sentence in found[:5]]
        more = f"; and {len(found) - 5} more" if len(found) > 5 else ""
        declared = f"{standard.upper()} {document['apiVersion']}"
        raise ContractError(f"{path} is not valid {declared}: {'; '.join(named)}{more}.", "Correct the file.")


def disagreements(document: dict[str, Any], path: Path, standard: str) -> list[tuple[KeyPath, str]]:
    """The place and a sentence of every violation of the schema that `document` declares; the arguments are as above.

    Raises ContractError when the document declares no known version.
    """
    declared = document.get("apiVersion")
    known = versions_of(_PACKAGES[standard], standard)
    if declared not in known:
        message = f"{path} declares apiVersion {declared!r}, which is not a known version of {standard.upper()}."
        raise ContractError(message, f"Declare one of {', '.join(known)}.")
    schema = schema_of(_PACKAGES[standard], standard, declared)
    return explained(schema, schema_errors(schema, document))
