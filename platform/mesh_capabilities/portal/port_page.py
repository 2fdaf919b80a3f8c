"""The section of a port on its product's page: columns, contract, versions with their changes, checks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from mesh_capabilities.portal.addresses import column_anchor, port_anchor, product_path
from mesh_capabilities.portal.pictures import bars, strip
from mesh_capabilities.portal.portal_facts import PortalFacts, Row, grouped
from mesh_capabilities.portal.reading_guide import readings
from mesh_capabilities.portal.view import View, day, moment, number, span
from mesh_isolation.text import counted
from mesh_platform.errors import ContractError, MeshError
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.yaml_files import parse_mapping

ORIGINS = 4
"""How many origins of a column are listed in its row."""
VERSIONS = 30
"""How many versions are listed."""
CONTENTS = (
    ("read", "Read it"),
    ("columns", "Columns"),
    ("promise", "Contract"),
    ("sample", "Sample rows"),
    ("versions", "Versions"),
    ("checks", "Checks"),
)


@dataclass(frozen=True)
class ContractSentence:
    """One sentence of a contract."""

    text: str
    warns: bool = False
    """Whether data that break it are published with a warning."""
    asked_by: str = ""
    """The consumer that asked for it; empty for the contract itself."""


@dataclass(frozen=True)
class VersionEntry:
    """One version in the list of versions."""

    row: Row
    changes: Sequence[str]
    """What changed since the version before, in sentences; empty if nothing did."""
    seconds_since: float | None
    """Seconds since the version before; None for the first."""


def port_section(view: View, port: Row) -> dict[str, Any]:
    """The variables of the template `port.html` for one port."""
    facts, name = view.facts, port["port"]
    contract = facts.contract_of.get((name, port["major"]))
    columns = [row for row in facts.by("columns", "port")[name] if row["major"] == port["major"]]
    columns.sort(key=lambda row: row["position"])
    versions = version_entries(facts, port, view.home)
    rules = [row for row in facts.by("rules", "port")[name] if contract and row["contract"] == contract["contract"]]
    known = sum(row["major"] == port["major"] for row in facts.by("versions", "port")[name])
    return {
        "row": port,
        "anchor": port_anchor(name),
        "contents": CONTENTS,
        "contract": contract,
        "other_majors": [f"v{row['major']}" for row in facts.by("ports", "port")[name] if row["major"] != port["major"]],
        "readings": readings(
            name,
            view.data_path(name, port["major"]),
            port["contract"] or f"{name.replace('/', '.')}.v{port['major']}",
            (contract and contract["version"]) or f"{port['major']}.0.0",
        ),
        "columns": list(_columns(view, port, columns)),
        "unfollowed": next((row["problem"] for row in facts.by("unfollowed", "port")[name]), ""),
        "promises": list(promises(contract, rules)) if contract else [],
        "sample": view.sampler.take(port, columns),
        "versions": versions,
        "versions_left": known - len(versions),
        "charts": list(_charts(versions, contract)),
        "checks": list(_checks(view, name)),
    }


def promises(contract: Row, rules: Sequence[Row]) -> Iterator[ContractSentence]:
    """A contract as sentences: schema, keys, nulls, other rules, the expectations of consumers, and service levels.

    Rules with the same sentence for several columns become one sentence.
    """
    own = [rule for rule in rules if rule["source"] == "contract"]
    for rule in own:
        if rule["kind"] == "schema":
            yield _promise(f"The table {rule['sentence']}", rule)
    for rule in own:
        if rule["kind"] in ("primary_key", "unique"):
            yield _promise(rule["sentence"], rule)
    never_null = [column for rule in own if rule["kind"] == "required" for column in rule["columns"] or ()]
    if never_null:
        yield ContractSentence(f"Never null: {', '.join(never_null)}")
    for rule in own:
        if rule["kind"] not in ("schema", "primary_key", "unique", "required"):
            yield _promise(rule["sentence"], rule)
    for rule in rules:
        if rule["source"] != "contract":
            yield _promise(rule["sentence"].partition("; ")[0], rule, rule["source"])
    yield from map(ContractSentence, _service_levels(contract))


def _promise(text: str, rule: Row, asked_by: str = "") -> ContractSentence:
    return ContractSentence(
        text[:1].upper() + text[1:] if " " in text and asked_by else text, rule["severity"] == "warning", asked_by
    )


def _service_levels(contract: Row) -> Iterator[str]:
    if contract["freshness_seconds"]:
        yield f"A new version is published at least every {span(contract['freshness_seconds']).removeprefix('1 ')}."
    if contract["retention"]:
        yield f"Data are kept for {contract['retention']}."
    if contract["version_retention"]:
        yield f"Earlier versions stay readable: {contract['version_retention']}."
    if contract["support_channel"]:
        yield f"Questions are answered in {contract['support_channel']}."
    if contract["ends_on"]:
        yield f"The contract ends on {day(contract['ends_on'])}."


def version_entries(facts: PortalFacts, port: Row, home: MeshHome | None) -> list[VersionEntry]:
    """The newest versions of a port, the newest first."""
    rows = [row for row in facts.by("versions", "port")[port["port"]] if row["major"] == port["major"]]
    rows.sort(key=lambda row: row["version"])
    inputs: dict[int, dict[str, int]] = {}
    for row in facts.by("version_inputs", "port")[port["port"]]:
        if row["major"] == port["major"]:
            inputs.setdefault(row["version"], {})[row["input"]] = row["input_version"]
    folder = home.port(PortAddress.parse(port["port"]), port["major"]) if home and port["published"] else None
    entries = []
    for before, row in list(zip([None, *rows], rows))[-VERSIONS:]:
        changes = list(_changes(before, row, inputs, folder))
        seconds = (row["committed_at"] - before["committed_at"]).total_seconds() if before else None
        entries.append(VersionEntry(row, changes, seconds))
    return entries[::-1]


def _changes(before: Row | None, row: Row, inputs: dict[int, dict[str, int]], folder: Path | None) -> Iterator[str]:
    if row["rolled_back_to"] is not None:
        yield f"Rolled back to version {row['rolled_back_to']}."
    if before is None:
        yield "First known version."
        return
    if row["rows"] is not None and before["rows"] is not None and row["rows"] != before["rows"]:
        gone = before["rows"] - row["rows"]
        yield f"{counted(abs(gone), 'row')} {'fewer' if gone > 0 else 'more'}."
    if row["contract_digest"] != before["contract_digest"]:
        old, new = before["contract_version"], row["contract_version"]
        yield f"Contract {old} → {new}." if old != new else f"The text of contract {new} changed."
        if folder is not None:
            yield from _contract_changes(folder, before["contract_digest"], row["contract_digest"])
    newer = [
        f"{name} {was} → {now}"
        for name, now in sorted(inputs.get(row["version"], {}).items())
        if (was := inputs.get(before["version"], {}).get(name)) is not None and was != now
    ]
    if newer:
        yield f"Newer inputs: {', '.join(newer)}."


@lru_cache(maxsize=10_000)
def _contract_changes(folder: Path, old: str, new: str) -> tuple[str, ...]:
    """The changes between two contracts kept beside the data, in sentences; empty if one of them was not kept."""
    from mesh_capabilities.contract_change.compare import compare_documents
    from mesh_capabilities.kept_contracts import kept_contract

    try:
        texts = (kept_contract(folder, digest) or "" for digest in (old, new))
        documents = [parse_mapping(text, "a kept contract", ContractError) for text in texts]
        return tuple(change.sentence for change in compare_documents(*documents))
    except (MeshError, KeyError, TypeError, IndexError):  # an old contract may lack the shape that `compare_documents` expects
        return ()


def _columns(view: View, port: Row, rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    name = port["port"]
    upstream = grouped((edge for edge in view.facts.by("column_lineage", "port")[name] if edge["kind"] == "value"), "column")
    edges = view.facts.by("column_lineage", "from_port")[name]
    downstream = grouped((edge for edge in edges if edge["kind"] == "value"), "from_column")
    key_length = sum(bool(row["primary_key"]) for row in rows)
    lost = {row["column"]: row["problem"] for row in view.facts.by("unfollowed_columns", "port")[name]}
    for row in rows:
        origins = [_reference(view, edge["from_port"], edge["from_column"]) for edge in upstream[row["column"]]]
        yield {
            "row": row,
            "address": f"{name}.{row['column']}",
            "anchor": column_anchor(name, row["column"]),
            "chips": list(_chips(row, key_length)),
            "term": view.terms.get(row["glossary_term"] or row["business_name"] or row["column"]),
            "notes": list(_notes(row)),
            "unfollowed": lost.get(row["column"], ""),
            "origins": origins[:ORIGINS],
            "origins_left": max(len(origins) - ORIGINS, 0),
            "downstream": len({(edge["port"], edge["column"]) for edge in downstream[row["column"]]}),
        }


def _reference(view: View, port: str, column: str) -> dict[str, str]:
    product = view.facts.product_of(port)
    href = f"{product_path(product)}#{column_anchor(port, column)}" if product else ""
    return {"port": port, "column": column, "href": href}


def _chips(row: Row, key_length: int) -> Iterator[dict[str, str]]:
    if row["primary_key"]:
        part = f", part {row['key_position']} of {key_length}" if key_length > 1 and row["key_position"] else ""
        yield {"label": f"key{part}", "tone": "accent"}
    elif row["required"]:
        yield {"label": "never null", "tone": "outline"}
    if row["unique"] and not row["primary_key"]:
        yield {"label": "unique", "tone": "outline"}
    if row["unit"]:
        yield {"label": f"in {row['unit']}", "tone": "outline"}


def _notes(row: Row) -> Iterator[str]:
    """Further properties of a column, one sentence each."""
    for key, template in (
        ("currency_column", "The currency is in {}."),
        ("points_to", "References {}."),
        ("masking", "Masked by {}."),
        ("declassified_by", "Declassified by {}."),
        ("purpose", "Purpose: {}"),
        ("legal_basis", "Legal basis: {}"),
        ("retention", "Retention: {}"),
    ):
        if row[key]:
            yield template.format(row[key])


def _charts(versions: Sequence[VersionEntry], contract: Row | None) -> Iterator[dict[str, Any]]:
    oldest_first = versions[::-1]
    with_rows = [entry for entry in oldest_first if entry.row["rows"] is not None]
    if len(with_rows) > 1:
        rows = [entry.row["rows"] for entry in with_rows]
        titles = [
            f"Version {entry.row['version']}, {moment(entry.row['committed_at'])}: {counted(entry.row['rows'], 'row')}"
            for entry in with_rows
        ]
        label = f"Rows of the newest {counted(len(rows), 'version')}, from {number(rows[0])} to {number(rows[-1])}"
        yield {"title": "Rows", "newest": number(rows[-1]), "picture": bars(rows, titles, label)}
    later = [entry for entry in oldest_first if entry.seconds_since is not None]
    if later:
        limit = contract["freshness_seconds"] if contract else None
        seconds = [entry.seconds_since for entry in later]
        titles = [
            f"Version {entry.row['version']}: {span(round(entry.seconds_since))} after the version before" for entry in later
        ]
        promised = f", promised: at most {span(limit)}" if limit else ""
        label = f"Time between the newest {counted(len(seconds) + 1, 'version')}{promised}"
        yield {
            "title": f"Time between versions{promised}",
            "newest": span(round(seconds[-1])),
            "picture": bars(seconds, titles, label, limit),
        }


def _checks(view: View, port: str) -> Iterator[dict[str, Any]]:
    labels = {"good": "passed", "warn": "warned", "bad": "failed"}
    for check, results in sorted(grouped(view.facts.by("check_results", "port")[port], "check").items()):
        results = sorted(results, key=lambda row: row["at"])
        tones = [_tone(row) for row in results]
        titles = [f"{moment(row['at'])}: {labels[tone]}" for row, tone in zip(results, tones)]
        yield {
            "name": check,
            "tone": tones[-1],
            "label": labels[tones[-1]],
            "at": results[-1]["at"],
            "picture": strip(tones, titles, f"{check}: passed {tones.count('good')} of {len(tones)} times"),
        }


def _tone(row: Row) -> str:
    if row["passed"]:
        return "good"
    return "warn" if str(row["severity"]).lower().startswith("warn") else "bad"
