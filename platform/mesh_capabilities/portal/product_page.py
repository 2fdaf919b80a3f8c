"""The page of a product: purpose, ports, consumers, policies, lifecycle."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from mesh_capabilities.portal.addresses import policy_anchor, product_path
from mesh_capabilities.portal.data_files import published_file
from mesh_capabilities.portal.overview_pages import group_of
from mesh_capabilities.portal.pictures import Graph, draw
from mesh_capabilities.portal.port_page import port_section
from mesh_capabilities.portal.portal_facts import WORST_FIRST, Row, grouped
from mesh_capabilities.portal.view import View, day

PICTURE_WIDTH = 860
"""How wide a picture may be, in pixels, beside the page's table of contents."""
DOWNSTREAM, FINDINGS = 40, 8
"""How many downstream products, and findings of one policy, are listed."""


def product_page(view: View, name: str) -> str:
    """The page of a product as HTML."""
    facts, relations = view.facts, view.relations
    row = facts.products[name]
    # The port with the name of the product comes first.
    ports = [port_section(view, port) for port in sorted(facts.ports_of[name], key=lambda port: port["name"] != row["name"])]
    downstream = relations.downstream(name)
    domain = facts.domains.get(row["domain"])
    return view.render(
        "product.html",
        product_path(name),
        row=row,
        domain_title=(domain and domain["title"]) or row["domain"],
        ports=ports,
        due=_due(view, name),
        ending=_ending(row),
        consumers=[_consumer(view, name, consumer) for consumer in relations.consumers(name)],
        producers=[{"product": other, "ports": relations.arrows[other, name]} for other in relations.producers(name)],
        unknown_inputs=sorted({entry["input"] for entry in relations.unknown_inputs(name)}),
        downstream=downstream[:DOWNSTREAM],
        downstream_left=max(len(downstream) - DOWNSTREAM, 0),
        downstream_owners=sorted({facts.products[entry.product]["owner"] or "owner not known" for entry in downstream}),
        picture=_picture(view, name),
        evaluated=view.policy_results.known,
        policies=list(_policies(view, name)),
        policy_counts=sorted(view.policy_results.counts(name).items(), key=lambda entry: WORST_FIRST.index(entry[0])),
        transitions=sorted(facts.by("transitions", "product")[name], key=lambda step: step["at"]),
        files=list(_files(view, row, ports)),
    )


def _due(view: View, name: str) -> Any:
    """When the product stops being fresh: the earliest time at which one of its ports breaks its freshness promise."""
    moments = []
    for port in view.facts.ports_of[name]:
        contract = view.facts.contract_of.get((port["port"], port["major"]))
        if contract and contract["freshness_seconds"] and port["committed_at"]:
            moments.append(port["committed_at"] + timedelta(seconds=contract["freshness_seconds"]))
    return min(moments, default=None)


def _ending(row: Row) -> str:
    if row["status"] == "retired":
        return f"{row['name']} is retired: no new version is published. Do not use it for new products."
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
    # The product is drawn between its producers and its consumers, whatever domains these belong to.
    groups = []
    producers = view.relations.producers(name)
    consumers = [other for other in view.relations.consumers(name) if other not in producers]
    for part, members in (("reads", producers), ("is", [name]), ("read by", consumers)):
        for domain, rows in by_domain.items():
            chosen = [row for row in rows if row["product"] in members]
            if chosen:
                groups.append(replace(group_of(view, domain, chosen, here=name), key=f"{domain} {part}"))
    arrows = {(other, name) for other in producers} | {(name, other) for other in consumers}
    return draw(Graph.of(groups, arrows), "../../", f"{name} with its producers and consumers", PICTURE_WIDTH)


def _policies(view: View, name: str) -> Iterator[dict[str, Any]]:
    for policy, results in grouped(view.policy_results.of_product[name], "policy").items():
        row = view.policy_results.policies.get(policy)
        state = results[0]["state"]
        findings = [result for result in results if result["state"] != "passed"]
        yield {
            "title": row["title"] if row else policy,
            "label": policy.replace("_", " "),
            "anchor": policy_anchor(policy),
            "state": state,
            "fix": row["fix"] if row else "",
            "results": findings[:FINDINGS],
            "left": max(len(findings) - FINDINGS, 0),
        }


def _files(view: View, row: Row, ports: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    yield {"title": "The product's descriptor (ODPS)", "name": row["file"], "href": published_file(view, row["file"])}
    for port in ports:
        contract = port["contract"]
        if contract:
            title = f"The contract of {port['row']['name']} (ODCS)"
            yield {"title": title, "name": contract["file"], "href": published_file(view, contract["file"])}
        if port["row"]["model_file"]:
            yield {"title": f"The model of {port['row']['name']}", "name": port["row"]["model_file"], "href": None}
