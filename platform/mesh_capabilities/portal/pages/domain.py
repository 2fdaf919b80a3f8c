"""The page of a domain: its products, its neighbours, and how its products stand with the policies."""

from typing import Any

from mesh_capabilities.portal.addresses import domain_page, product_page
from mesh_capabilities.portal.pages.home import group_of
from mesh_capabilities.portal.pages.scores import by_product, policy_anchor
from mesh_capabilities.portal.pictures.graph import Graph
from mesh_capabilities.portal.pictures.svg import draw
from mesh_capabilities.portal.view import View

NEIGHBOURS = 40
"""With more products than that around a domain, its picture shows its own products only."""


def domain(view: View, name: str) -> str:
    """The page as HTML."""
    row, products = view.facts.domains[name], view.facts.products_of[name]
    page = domain_page(name)
    reads, read_by = _neighbours(view, name)
    judged = view.judgement
    results = [
        {**result, "title": judged.policies[result["policy"]]["title"], "anchor": policy_anchor(result["policy"])}
        for result in judged.of_domain[name]
        if result["policy"] in judged.policies and result["state"] != "passed"
    ]
    return view.render(
        "domain.html",
        page,
        row=row,
        title=row["title"] or name,
        colour=view.colours[name],
        reads=reads,
        read_by=read_by,
        picture=draw(_graph(view, name), "../", f"{name} and its neighbours") if products else None,
        products=[_product(view, product) for product in products],
        score=by_product(view, products, full_names=False) if judged.known and products else None,
        results=results,
    )


def _neighbours(view: View, name: str) -> tuple[list[str], list[str]]:
    domain_of = {product: row["domain"] for product, row in view.facts.products.items()}
    pairs = {(domain_of[a], domain_of[b]) for a, b in view.relations.arrows}
    return sorted({a for a, b in pairs if b == name != a}), sorted({b for a, b in pairs if a == name != b})


def _graph(view: View, name: str) -> Graph:
    own = {row["product"] for row in view.facts.products_of[name]}
    around = {a for product in own for a in (*view.relations.producers(product), *view.relations.consumers(product))} - own
    shown = own | (around if len(around) <= NEIGHBOURS else set())
    domains = sorted({view.facts.products[product]["domain"] for product in shown})
    groups = [
        group_of(view, other, [row for row in view.facts.products_of[other] if row["product"] in shown]) for other in domains
    ]
    return Graph.of(groups, (pair for pair in view.relations.arrows if pair[0] in own or pair[1] in own))


def _product(view: View, row: Any) -> dict[str, Any]:
    name = row["product"]
    return {
        "row": row,
        "href": product_page(name),
        "ports": len(view.facts.ports_of[name]),
        "consumers": len(view.relations.consumers(name)),
        "violated": view.judgement.counts(name)["violated"] if view.judgement.known else 0,
    }
