"""The file catalog.json: what the portal shows, for programs, in the shape of the JSON Schema that lies beside it."""

import json
from datetime import date, datetime
from typing import Any

from mesh_capabilities.portal.addresses import domain_page, product_page
from mesh_capabilities.portal.facts import Row
from mesh_capabilities.portal.view import View
from mesh_capabilities.portal.words import iso

FORMAT = 1
"""Raised when a reader of the old shape would misread the new one."""
_COLUMN = ("column", "type", "description", "required", "unique", "primary_key", "classification", "business_name", "unit")
_PRODUCT = ("purpose", "limitations", "usage", "version", "status", "owner", "owner_address", "channel", "tier", "archetype")


def catalog_document(view: View) -> str:
    """The document as text."""
    facts = view.facts
    document = {
        "format": FORMAT,
        "built_at": iso(facts.moment),
        "domains": [
            {**_of(row, "domain", "title", "description", "owner", "channel", "state", "problem"), "page": domain_page(name)}
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
        "page": product_page(name),
        "ports": [_port(view, port) for port in view.facts.ports_of[name]],
        "consumes": view.relations.producers(name),
        "consumed_by": view.relations.consumers(name),
        "policies": dict(sorted(view.judgement.counts(name).items())),
        "problem": row["problem"],
    }


def _port(view: View, port: Row) -> dict[str, Any]:
    facts, name = view.facts, port["port"]
    contract = facts.contract_of.get((name, port["major"]))
    columns = sorted(
        (row for row in facts.by("columns", "port")[name] if row["major"] == port["major"]), key=lambda r: r["position"]
    )
    origins: dict[str, list[str]] = {}
    for edge in facts.by("column_lineage", "port")[name]:
        if edge["kind"] == "value":
            origins.setdefault(edge["column"], []).append(f"{edge['from_port']}.{edge['from_column']}")
    return {
        "port": name,
        **_of(port, "major", "description", "grain", "contract"),
        "contract_version": contract["version"] if contract else None,
        "freshness_seconds": contract["freshness_seconds"] if contract else None,
        "published_version": port["served_version"],
        "published_at": iso(port["committed_at"]) or None,
        "rows": port["rows"],
        "location": view.data_path(name, port["major"]),
        "columns": [{**_of(row, *_COLUMN), "made_of": sorted(set(origins.get(row["column"], ())))} for row in columns],
        "rules": [
            {"check": rule["check"], "sentence": rule["sentence"], "severity": rule["severity"]}
            for rule in facts.by("rules", "port")[name]
            if contract and rule["contract"] == contract["contract"]
        ],
    }


def _of(row: Row, *keys: str) -> dict[str, Any]:
    return {key: iso(row[key]) if isinstance(row[key], (date, datetime)) else row[key] for key in keys}
