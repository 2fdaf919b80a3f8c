"""The names of checks: letters, digits and underscores, as Dagster asks for, and no two rules that mean one name."""

from collections.abc import Iterable

from mesh_platform.errors import ContractError

RESERVED = ("schema", "primary_key", "required", "unique", "values", "relationships", "service_levels", "dbt_tests")
"""The checks that every port may have; a quality rule of the same name would be taken for one of them."""


def check_name(name: str) -> str:
    """`name` with an underscore for each character that a check's name cannot have."""
    return "".join(character if character.isascii() and character.isalnum() else "_" for character in name)


def check_distinct(given: Iterable[str], unnamed: Iterable[str]) -> None:
    """Holds the names of quality rules apart.

    Args:
        given: the names that rules were given.
        unnamed: what the others measure; they share a check, as rules of one kind do.

    Raises ContractError when two names are one check, or a name is a check's that is there anyway.
    """
    taken = {check: f"the check {check!r}, which ports have by themselves" for check in RESERVED}
    taken |= {check_name(name): f"the unnamed rules of the metric {name!r}" for name in unnamed}
    for name in given:
        check = check_name(name)
        if check in taken:
            raise ContractError(
                f"the quality rule {name!r} would be shown as the check {check!r}, and so is {taken[check]}",
                "Give it another name.",
            )
        taken[check] = f"the quality rule {name!r}"
