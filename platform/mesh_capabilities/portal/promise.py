"""A contract as sentences: the rules that are checked, what consumers have asked for, and the service levels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mesh_capabilities.portal.facts import Row
from mesh_capabilities.portal.words import day, span


@dataclass(frozen=True)
class Promised:
    """One sentence of a promise."""

    said: str
    warns: bool = False
    """Whether data that break it are published all the same, with a warning."""
    asked_by: str = ""
    """The consumer that asked for it; empty for what the contract itself says."""


def sentences(contract: Row, rules: Sequence[Row]) -> Iterator[Promised]:
    """What is promised, in the order in which people ask: what a row is, what may be empty, the values, who relies on what.

    Rules that say the same of several columns are one sentence.
    """
    own = [rule for rule in rules if rule["source"] == "contract"]
    for rule in own:
        if rule["kind"] == "schema":
            yield _promised(f"The table {rule['sentence']}", rule)
    for rule in own:
        if rule["kind"] in ("primary_key", "unique"):
            yield _promised(rule["sentence"], rule)
    never_null = [column for rule in own if rule["kind"] == "required" for column in rule["columns"] or ()]
    if never_null:
        yield Promised(f"Never null: {', '.join(never_null)}")
    for rule in own:
        if rule["kind"] not in ("schema", "primary_key", "unique", "required"):
            yield _promised(rule["sentence"], rule)
    for rule in rules:
        if rule["source"] != "contract":
            yield _promised(rule["sentence"].partition("; ")[0], rule, rule["source"])
    yield from map(Promised, _service_levels(contract))


def _promised(said: str, rule: Row, asked_by: str = "") -> Promised:
    return Promised(said[:1].upper() + said[1:] if " " in said and asked_by else said, rule["severity"] == "warning", asked_by)


def _service_levels(contract: Row) -> Iterator[str]:
    if contract["freshness_seconds"]:
        yield f"There is a new version at least every {span(contract['freshness_seconds']).removeprefix('1 ')}."
    if contract["retention"]:
        yield f"The data are kept for {contract['retention']}."
    if contract["version_retention"]:
        yield f"Earlier versions stay readable: {contract['version_retention']}."
    if contract["support_channel"]:
        yield f"Questions are answered in {contract['support_channel']}."
    if contract["ends_on"]:
        yield f"The promise ends on {day(contract['ends_on'])}."
