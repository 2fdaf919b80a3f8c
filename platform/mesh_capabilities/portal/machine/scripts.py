"""The data of the search and of the lineage, as scripts: a page that was opened from disk may load those, and nothing else."""

import json
from collections.abc import Iterator
from typing import Any

from mesh_capabilities.portal.addresses import domain_page, port_anchor, port_data, product_page
from mesh_capabilities.portal.pages.indexes import owner_anchor, tag_anchor
from mesh_capabilities.portal.view import View

SEARCH = "data/search.js"
PORTS = "data/lineage/ports.js"


def search_index(view: View) -> str:
    """Everything that can be found, as one call of `meshSearch`.

    Products and ports with what they are, columns by the port that has them: their names in one text, since a mesh has
    twenty times as many columns as products.
    """
    facts = view.facts
    places = {name: at for at, name in enumerate(facts.products)}
    ports = [port for port in facts.ports.values() if port["product"] in places]
    at_port = {port["port"]: at for at, port in enumerate(ports)}
    columns: list[list[str]] = [[] for _ in ports]
    for row in facts.rows("columns"):
        at = at_port.get(row["port"])
        if at is not None and ports[at]["major"] == row["major"]:
            term = row["glossary_term"] or row["business_name"]
            columns[at].append(f"{row['column']}\t{term}" if term else row["column"])
    tags = sorted({tag for row in facts.products.values() for tag in row["tags"] or ()})
    return _call(
        "meshSearch",
        {
            "domains": [
                [row["title"] or name, row["description"] or "", domain_page(name)] for name, row in facts.domains.items()
            ],
            "products": [
                [
                    name,
                    row["purpose"] or "",
                    row["owner"] or "",
                    " ".join(row["tags"] or ()),
                    row["status"] or "",
                    product_page(name),
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
    """The ports that can be walked to, each with its page, the colour of its domain and the file that knows its columns."""
    facts = view.facts
    return _call(
        "meshPorts",
        {
            name: [f"{product_page(row['product'])}#{port_anchor(name)}", view.colours.get(row["domain"], 7), port_data(name)]
            for name, row in facts.ports.items()
            if row["product"] in facts.products
        },
    )


def lineage_of_ports(view: View) -> Iterator[tuple[str, str]]:
    """For each port its file and what stands in it: the columns, what they are made of, what is made of them."""
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
                    "up": _distinct((e["column"], e["from_port"], e["from_column"]) for e in up if e["kind"] == "value"),
                    "down": _distinct((e["from_column"], e["port"], e["column"]) for e in down if e["kind"] == "value"),
                    "rowsUp": _distinct((e["from_port"], e["from_column"]) for e in up if e["kind"] != "value"),
                    "rowsDown": _distinct((e["from_column"], e["port"]) for e in down if e["kind"] != "value"),
                    "tables": _distinct((e["input"],) for e in facts.by("inputs_used", "port")[name]),
                    "readers": _distinct((e["port"],) for e in facts.by("inputs_used", "input")[name]),
                },
            ),
        )


def _distinct(entries: Any) -> list[list[str]]:
    return [list(entry) for entry in sorted(set(entries))]


def _call(function: str, *arguments: Any) -> str:
    """A script that hands over data. JSON is JavaScript, but for two line ends that old engines stumble over."""
    text = ",".join(json.dumps(argument, ensure_ascii=False, separators=(",", ":")) for argument in arguments)
    for letter in ("\u2028", "\u2029"):
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return f"{function}({text})\n"
