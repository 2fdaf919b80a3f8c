"""The portal's files for programs: catalog.json, search and lineage scripts, copies of contracts and descriptors."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from mesh_capabilities.portal.addresses import (
    domain_path,
    owner_anchor,
    port_anchor,
    port_data,
    product_path,
    segment,
    tag_anchor,
)
from mesh_capabilities.portal.portal_facts import Row
from mesh_capabilities.portal.view import View, iso
from mesh_isolation.team_files import real_path

FORMAT = 1
"""The format of catalog.json. Incremented by a change that breaks its readers."""
_COLUMN = ("column", "type", "description", "required", "unique", "primary_key", "classification", "business_name", "unit")
_PRODUCT = ("purpose", "limitations", "usage", "version", "status", "owner", "owner_address", "channel", "tier", "archetype")


def catalog_document(view: View) -> str:
    """The text of catalog.json: what the portal shows, in the shape of catalog.schema.json."""
    facts = view.facts
    document = {
        "format": FORMAT,
        "built_at": iso(facts.moment),
        "domains": [
            {**_of(row, "domain", "title", "description", "owner", "channel", "state", "problem"), "page": domain_path(name)}
            for name, row in facts.domains.items()
        ],
        "products": [_product(view, row) for row in facts.products.values()],
        "policies": [
            _of(row, "policy", "title", "why", "severity", "scope", "stage", "owner", "fix") for row in facts.rows("policies")
        ],
        "policy_results": [
            _of(row, "policy", "subject", "state", "message", "evidence", "waiver")
            for row in facts.rows("policy_results")
            if row["state"] != "passed"
        ],
    }
    return json.dumps(document, ensure_ascii=False) + "\n"


def _product(view: View, row: Row) -> dict[str, Any]:
    name = row["product"]
    return {
        "product": name,
        "domain": row["domain"],
        **_of(row, *_PRODUCT),
        "tags": list(row["tags"] or ()),
        "successor": row["successor"],
        "ends_on": iso(row["ends_on"]) or None,
        "page": product_path(name),
        "ports": [_port(view, port) for port in view.facts.ports_of[name]],
        "consumes": view.relations.producers(name),
        "consumed_by": view.relations.consumers(name),
        "policies": dict(sorted(view.policy_results.counts(name).items())),
        "problem": row["problem"],
    }


def _port(view: View, port: Row) -> dict[str, Any]:
    facts, name = view.facts, port["port"]
    contract = facts.contract_of.get((name, port["major"]))
    columns = sorted(
        (row for row in facts.by("columns", "port")[name] if row["major"] == port["major"]), key=lambda row: row["position"]
    )
    origins: dict[str, list[str]] = {}
    for edge in facts.by("column_lineage", "port")[name]:
        if edge["kind"] == "value":
            origins.setdefault(edge["column"], []).append(f"{edge['from_port']}.{edge['from_column']}")
    lost = {row["column"] for row in facts.by("unfollowed_columns", "port")[name]}
    whole = bool(facts.by("unfollowed", "port")[name])
    return {
        "port": name,
        **_of(port, "major", "description", "grain", "contract"),
        "contract_version": contract["version"] if contract else None,
        "freshness_seconds": contract["freshness_seconds"] if contract else None,
        "published_version": port["served_version"],
        "published_at": iso(port["committed_at"]) or None,
        "rows": port["rows"],
        "location": view.data_path(name, port["major"]),
        "columns": [
            {
                **_of(row, *_COLUMN),
                "made_of": sorted(set(origins.get(row["column"], ()))),
                "followed": not whole and row["column"] not in lost,
            }
            for row in columns
        ],
        "rules": [
            {"check": rule["check"], "sentence": rule["sentence"], "severity": rule["severity"]}
            for rule in facts.by("rules", "port")[name]
            if contract and rule["contract"] == contract["contract"]
        ],
    }


def _of(row: Row, *keys: str) -> dict[str, Any]:
    return {key: iso(row[key]) if isinstance(row[key], (date, datetime)) else row[key] for key in keys}


_KINDS = {".odcs.yaml": "odcs", ".odps.yaml": "odps"}


def published_file(view: View, file: str | None) -> str | None:
    """The path of the portal's copy of a contract or descriptor; None for other files and files that do not exist."""
    source = _source(view, file)
    if source is None or file is None:
        return None
    path = PurePosixPath(file)
    suffix = next(suffix for suffix in _KINDS if path.name.endswith(suffix))
    parts = path.name.removesuffix(suffix).split(".")
    name = ".".join(segment(part) for part in parts)
    return f"standards/{_KINDS[suffix]}/{segment(path.parts[1])}/{name}{suffix}"


def standard_files(view: View) -> Iterator[tuple[str, bytes]]:
    """The path and the content of every copy of a contract (ODCS) or descriptor (ODPS)."""
    for table in ("products", "contracts"):
        for row in view.facts.rows(table):
            target, source = published_file(view, row["file"]), _source(view, row["file"])
            if target and source:
                yield target, source.read_bytes()


def _source(view: View, file: str | None) -> Path | None:
    if view.root is None or not file or not file.endswith(tuple(_KINDS)):
        return None
    path = real_path(view.root / file)
    within = path.is_relative_to(real_path(view.root) / "domains")
    return path if within and len(PurePosixPath(file).parts) >= 3 and path.is_file() else None


SEARCH = "data/search.js"
PORTS = "data/lineage/ports.js"


def search_index(view: View) -> str:
    """The index of the search, as one call of `meshSearch`. A page opened from disk can load scripts, but not JSON.

    The column names of each port are one text, since a mesh has about twenty times as many columns as products.
    """
    facts = view.facts
    places = {name: index for index, name in enumerate(facts.products)}
    ports = [port for port in facts.ports.values() if port["product"] in places]
    index_of = {port["port"]: index for index, port in enumerate(ports)}
    columns: list[list[str]] = [[] for _ in ports]
    for row in facts.rows("columns"):
        index = index_of.get(row["port"])
        if index is not None and ports[index]["major"] == row["major"]:
            term = row["glossary_term"] or row["business_name"]
            columns[index].append(f"{row['column']}\t{term}" if term else row["column"])
    tags = sorted({tag for row in facts.products.values() for tag in row["tags"] or ()})
    return _call(
        "meshSearch",
        {
            "domains": [
                [row["title"] or name, row["description"] or "", domain_path(name)] for name, row in facts.domains.items()
            ],
            "products": [
                [
                    name,
                    row["purpose"] or "",
                    row["owner"] or "",
                    " ".join(row["tags"] or ()),
                    row["status"] or "",
                    product_path(name),
                ]
                for name, row in facts.products.items()
            ],
            "ports": [
                [row["port"], row["description"] or "", places[row["product"]], port_anchor(row["port"])] for row in ports
            ],
            "columns": ["\n".join(names) for names in columns],
            "owners": [
                [row["owner"], f"owners.html#{owner_anchor(row['owner'])}", row["products"]] for row in facts.rows("owners")
            ],
            "tags": [[tag, f"owners.html#{tag_anchor(tag)}"] for tag in tags],
            "terms": [[term.name, f"glossary.html#{term.anchor}"] for term in view.terms.values() if term.named],
        },
    )


def lineage_ports(view: View) -> str:
    """All ports with a page, as one call of `meshPorts`: the page, the colour of the domain, and the file with the lineage."""
    facts = view.facts
    return _call(
        "meshPorts",
        {
            name: [f"{product_path(row['product'])}#{port_anchor(name)}", view.colours.get(row["domain"], 7), port_data(name)]
            for name, row in facts.ports.items()
            if row["product"] in facts.products
        },
    )


def lineage_of_ports(view: View) -> Iterator[tuple[str, str]]:
    """The path and the content of each port's lineage file: its columns, their origins, and the columns downstream of them."""
    facts = view.facts
    for name, port in facts.ports.items():
        if port["product"] not in facts.products:
            continue
        rows = [row for row in facts.by("columns", "port")[name] if row["major"] == port["major"]]
        rows.sort(key=lambda row: row["position"])
        up, down = facts.by("column_lineage", "port")[name], facts.by("column_lineage", "from_port")[name]
        yield (
            port_data(name),
            _call(
                "meshLineage",
                name,
                {
                    "columns": [row["column"] for row in rows],
                    "up": _distinct(
                        (edge["column"], edge["from_port"], edge["from_column"]) for edge in up if edge["kind"] == "value"
                    ),
                    "down": _distinct(
                        (edge["from_column"], edge["port"], edge["column"]) for edge in down if edge["kind"] == "value"
                    ),
                    "rowsUp": _distinct((edge["from_port"], edge["from_column"]) for edge in up if edge["kind"] != "value"),
                    "rowsDown": _distinct((edge["from_column"], edge["port"]) for edge in down if edge["kind"] != "value"),
                    "tables": _distinct((row["input"],) for row in facts.by("inputs_used", "port")[name]),
                    "readers": _distinct((row["port"],) for row in facts.by("inputs_used", "input")[name]),
                },
            ),
        )


def _distinct(entries: Any) -> list[list[str]]:
    return [list(entry) for entry in sorted(set(entries))]


def _call(function: str, *arguments: Any) -> str:
    """A script that calls a function with data. JSON is JavaScript except for two line separators in old engines."""
    text = ",".join(json.dumps(argument, ensure_ascii=False, separators=(",", ":")) for argument in arguments)
    for separator in ("\u2028", "\u2029"):
        text = text.replace(separator, f"\\u{ord(separator):04x}")
    return f"{function}({text})\n"
