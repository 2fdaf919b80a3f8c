"""The page of a product: what it is, how to read it, whether to trust it, and who stands on it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from mesh_capabilities.portal.addresses import product_page
from mesh_capabilities.portal.facts import Row, grouped
from mesh_capabilities.portal.judgement import GRAVEST_FIRST
from mesh_capabilities.portal.machine.standard_files import published_file
from mesh_capabilities.portal.pages.home import group_of
from mesh_capabilities.portal.pages.port import port_section
from mesh_capabilities.portal.pages.scores import policy_anchor
from mesh_capabilities.portal.pictures.graph import Graph
from mesh_capabilities.portal.pictures.svg import draw
from mesh_capabilities.portal.view import View
from mesh_capabilities.portal.words import day

BESIDE = 860
"""Pixels that a picture may take beside the contents of the page."""
HURT, FINDINGS = 40, 8
"""How many products that would be hurt, and findings of one policy, are listed."""


def product(view: View, name: str) -> str:
    """The page as HTML."""
    facts, relations = view.facts, view.relations
    row = facts.products[name]
    # The port that is called as the product is what people come for.
    ports = [port_section(view, port) for port in sorted(facts.ports_of[name], key=lambda port: port["name"] != row["name"])]
    hurt = relations.hurt_by(name)
    domain = facts.domains.get(row["domain"])
    return view.render(
        "product.html",
        product_page(name),
        row=row,
        domain_title=(domain and domain["title"]) or row["domain"],
        ports=ports,
        due=_due(view, name),
        ending=_ending(row),
        consumers=[_consumer(view, name, consumer) for consumer in relations.consumers(name)],
        producers=[{"product": other, "ports": relations.arrows[other, name]} for other in relations.producers(name)],
        unknown_inputs=sorted({entry["input"] for entry in relations.unknown_inputs(name)}),
        hurt=hurt[:HURT],
        hurt_left=max(len(hurt) - HURT, 0),
        hurt_owners=sorted({facts.products[entry.product]["owner"] or "owner not known" for entry in hurt}),
        picture=_picture(view, name),
        judged=view.judgement.known,
        policies=list(_policies(view, name)),
        policy_counts=sorted(view.judgement.counts(name).items(), key=lambda entry: GRAVEST_FIRST.index(entry[0])),
        transitions=sorted(facts.by("transitions", "product")[name], key=lambda step: step["at"]),
        files=list(_files(view, row, ports)),
    )


def _due(view: View, name: str) -> Any:
    """When the product stops being as fresh as its contracts promise: the earliest moment of its ports."""
    moments = []
    for port in view.facts.ports_of[name]:
        contract = view.facts.contract_of.get((port["port"], port["major"]))
        if contract and contract["freshness_seconds"] and port["committed_at"]:
            moments.append(port["committed_at"] + timedelta(seconds=contract["freshness_seconds"]))
    return min(moments, default=None)


def _ending(row: Row) -> str:
    if row["status"] == "retired":
        return f"{row['name']} is retired: nothing new is published, and nobody should build on it."
    if row["status"] == "deprecated":
        end = f" and ends on {day(row['ends_on'])}" if row["ends_on"] else ""
        return f"{row['name']} is deprecated{end}."
    return ""


def _consumer(view: View, name: str, consumer: str) -> dict[str, Any]:
    ports = view.relations.arrows[name, consumer]
    columns = {
        port: len(
            {
                edge["from_column"]
                for edge in view.facts.by("column_lineage", "from_port")[port]
                if view.facts.product_of(edge["port"]) == consumer
            }
        )
        for port in ports
    }
    return {"product": consumer, "owner": view.facts.products[consumer]["owner"], "ports": ports, "columns": columns}


def _picture(view: View, name: str) -> Any:
    around = {*view.relations.producers(name), *view.relations.consumers(name)}
    if not around:
        return None
    by_domain = grouped((view.facts.products[other] for other in sorted({name, *around})), "domain")
    # The product itself stands between what it reads and what reads it, whatever domains these belong to.
    groups = []
    producers = view.relations.producers(name)
    consumers = [other for other in view.relations.consumers(name) if other not in producers]
    for part, members in (("reads", producers), ("is", [name]), ("read by", consumers)):
        for domain, rows in by_domain.items():
            chosen = [row for row in rows if row["product"] in members]
            if chosen:
                made = group_of(view, domain, chosen, here=name)
                groups.append(type(made)(f"{domain} {part}", made.label, made.href, made.nodes, made.colour))
    arrows = {(other, name) for other in producers} | {(name, other) for other in consumers}
    return draw(Graph.of(groups, arrows), "../../", f"Around {name}", BESIDE)


def _policies(view: View, name: str) -> Iterator[dict[str, Any]]:
    for policy, results in grouped(view.judgement.of_product[name], "policy").items():
        row = view.judgement.policies.get(policy)
        state = results[0]["state"]
        found = [result for result in results if result["state"] != "passed"]
        yield {
            "title": row["title"] if row else policy,
            "label": policy.replace("_", " "),
            "anchor": policy_anchor(policy),
            "state": state,
            "fix": row["fix"] if row else "",
            "results": found[:FINDINGS],
            "left": max(len(found) - FINDINGS, 0),
        }


def _files(view: View, row: Row, ports: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    yield {"what": "The product, an ODPS descriptor", "name": row["file"], "href": published_file(view, row["file"])}
    for port in ports:
        contract = port["contract"]
        if contract:
            what = f"The promise of {port['row']['name']}, an ODCS contract"
            yield {"what": what, "name": contract["file"], "href": published_file(view, contract["file"])}
        if port["row"]["model_file"]:
            yield {"what": f"The model of {port['row']['name']}", "name": port["row"]["model_file"], "href": None}
