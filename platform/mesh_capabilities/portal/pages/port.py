"""The part of a product's page that shows one port: how to read it, its columns, its promise, its versions and checks."""

from collections.abc import Iterator, Sequence
from typing import Any

from mesh_capabilities.portal.addresses import column_anchor, port_anchor, product_page
from mesh_capabilities.portal.facts import Row, grouped
from mesh_capabilities.portal.history import VersionEntry, history
from mesh_capabilities.portal.pictures.charts import bars, strip
from mesh_capabilities.portal.promise import sentences
from mesh_capabilities.portal.reading import readings
from mesh_capabilities.portal.view import View
from mesh_capabilities.portal.words import counted, moment, number, span

ORIGINS = 4
"""How many of the columns that one is made of are listed beside it."""
CONTENTS = (
    ("read", "Read it"),
    ("columns", "Columns"),
    ("promise", "Promise"),
    ("sample", "A few rows"),
    ("versions", "Versions"),
    ("checks", "Checks"),
)


def port_section(view: View, port: Row) -> dict[str, Any]:
    """What the template `port.html` shows of one port."""
    facts, name = view.facts, port["port"]
    contract = facts.contract_of.get((name, port["major"]))
    columns = [row for row in facts.by("columns", "port")[name] if row["major"] == port["major"]]
    columns.sort(key=lambda row: row["position"])
    versions = history(facts, port, view.home)
    rules = [row for row in facts.by("rules", "port")[name] if contract and row["contract"] == contract["contract"]]
    known = sum(row["major"] == port["major"] for row in facts.by("versions", "port")[name])
    return {
        "row": port,
        "anchor": port_anchor(name),
        "contents": CONTENTS,
        "contract": contract,
        "late_majors": [f"v{row['major']}" for row in facts.by("ports", "port")[name] if row["major"] != port["major"]],
        "readings": readings(
            name,
            view.data_path(name, port["major"]),
            port["contract"] or f"{name.replace('/', '.')}.v{port['major']}",
            contract["version"] if contract else f"{port['major']}.0.0",
        ),
        "columns": list(_columns(view, port, columns)),
        "unfollowed": next((row["problem"] for row in facts.by("unfollowed", "port")[name]), ""),
        "promised": list(sentences(contract, rules)) if contract else [],
        "sample": view.sampler.take(port, columns),
        "versions": versions,
        "versions_left": known - len(versions),
        "charts": list(_charts(versions, contract)),
        "checks": list(_checks(view, name)),
    }


def _columns(view: View, port: Row, rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    name = port["port"]
    origins = grouped((e for e in view.facts.by("column_lineage", "port")[name] if e["kind"] == "value"), "column")
    onward = grouped((e for e in view.facts.by("column_lineage", "from_port")[name] if e["kind"] == "value"), "from_column")
    key_length = sum(bool(row["primary_key"]) for row in rows)
    for row in rows:
        made_of = [_reference(view, edge["from_port"], edge["from_column"]) for edge in origins[row["column"]]]
        term = view.terms.get(row["glossary_term"] or row["business_name"] or row["column"])
        yield {
            "row": row,
            "address": f"{name}.{row['column']}",
            "anchor": column_anchor(name, row["column"]),
            "chips": list(_chips(row, key_length)),
            "term": term,
            "notes": list(_notes(row)),
            "made_of": made_of[:ORIGINS],
            "made_of_left": max(len(made_of) - ORIGINS, 0),
            "goes_into": len({(edge["port"], edge["column"]) for edge in onward[row["column"]]}),
        }


def _chips(row: Row, key_length: int) -> Iterator[dict[str, str]]:
    if row["primary_key"]:
        part = f", part {row['key_position']} of {key_length}" if key_length > 1 and row["key_position"] else ""
        yield {"said": f"key{part}", "tone": "accent"}
    elif row["required"]:
        yield {"said": "never null", "tone": "outline"}
    if row["unique"] and not row["primary_key"]:
        yield {"said": "no value twice", "tone": "outline"}
    if row["unit"]:
        yield {"said": f"in {row['unit']}", "tone": "outline"}


def _notes(row: Row) -> Iterator[str]:
    """What else is said of a column, a line each."""
    for key, said in (
        ("currency_column", "The currency stands in {}."),
        ("points_to", "Points to {}."),
        ("masking", "Masked by {}."),
        ("declassified_by", "Declassified by {}."),
        ("purpose", "Kept for: {}"),
        ("legal_basis", "Legal basis: {}"),
        ("retention", "Kept: {}"),
    ):
        if row[key]:
            yield said.format(row[key])


def _reference(view: View, port: str, column: str) -> dict[str, str]:
    product = view.facts.product_of(port)
    href = f"{product_page(product)}#{column_anchor(port, column)}" if product else ""
    return {"port": port, "column": column, "href": href}


def _charts(versions: Sequence[VersionEntry], contract: Row | None) -> Iterator[dict[str, Any]]:
    oldest_first = versions[::-1]
    counted_rows = [entry for entry in oldest_first if entry.row["rows"] is not None]
    if len(counted_rows) > 1:
        rows = [entry.row["rows"] for entry in counted_rows]
        titles = [
            f"Version {e.row['version']}, {moment(e.row['committed_at'])}: {counted(e.row['rows'], 'row')}"
            for e in counted_rows
        ]
        label = f"Rows of the newest {len(rows)} versions, from {number(rows[0])} to {number(rows[-1])}"
        yield {"title": "Rows", "newest": number(rows[-1]), "picture": bars(rows, titles, label)}
    waited = [entry for entry in oldest_first if entry.late_by is not None]
    if waited:
        limit = contract["freshness_seconds"] if contract else None
        spans = [entry.late_by for entry in waited]
        titles = [f"Version {entry.row['version']}: {span(round(entry.late_by))} after the one before" for entry in waited]
        promised = f", promised at most {span(limit)}" if limit else ""
        label = f"Time between the newest {len(spans) + 1} versions{promised}"
        yield {
            "title": f"Time between versions{promised}",
            "newest": span(round(spans[-1])),
            "picture": bars(spans, titles, label, limit),
        }


def _checks(view: View, port: str) -> Iterator[dict[str, Any]]:
    for check, results in sorted(grouped(view.facts.by("check_results", "port")[port], "check").items()):
        results = sorted(results, key=lambda row: row["at"])
        states = [_state(row) for row in results]
        titles = [f"{moment(row['at'])}: {_SAID[state]}" for row, state in zip(results, states)]
        passed = sum(state == "good" for state in states)
        yield {
            "name": check,
            "tone": states[-1],
            "said": _SAID[states[-1]],
            "at": results[-1]["at"],
            "picture": strip(states, titles, f"{check}: passed {passed} of {len(states)} times"),
        }


_SAID = {"good": "passed", "warn": "warned", "bad": "failed"}


def _state(row: Row) -> str:
    if row["passed"]:
        return "good"
    return "warn" if str(row["severity"]).lower().startswith("warn") else "bad"
