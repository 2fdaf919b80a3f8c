"""The first page: the mesh as a picture, its domains, what needs attention, and what is new."""

from collections.abc import Iterator
from typing import Any

from mesh_capabilities.portal.addresses import domain_page, product_page
from mesh_capabilities.portal.pictures.graph import Graph, Group, Node
from mesh_capabilities.portal.pictures.svg import draw
from mesh_capabilities.portal.view import View
from mesh_capabilities.portal.words import counted, number

BY_PRODUCT = 60
"""Up to so many products the picture shows each of them; a larger mesh is shown by domain."""
LISTED, NEWEST, ATTENTION = 12, 8, 12


def home(view: View) -> str:
    """The page as HTML."""
    facts = view.facts
    by_product = len(facts.products) <= BY_PRODUCT
    attention = list(_attention(view))
    newest = sorted(facts.rows("versions"), key=lambda row: row["committed_at"], reverse=True)[:NEWEST]
    arrows = view.relations.arrows
    return view.render(
        "home.html",
        "index.html",
        products=len(facts.products),
        tiles=list(_tiles(view)),
        by_product=by_product,
        picture=draw(_by_product(view) if by_product else _by_domain(view), "", "The mesh"),
        picture_says=f"{counted(len(facts.products), 'product')} and {counted(len(arrows), 'arrow')} between them",
        attention=attention[:ATTENTION],
        attention_left=max(len(attention) - ATTENTION, 0),
        domains=[_domain(view, name) for name in facts.domains],
        newest=newest,
    )


def _tiles(view: View) -> Iterator[dict[str, str]]:
    facts = view.facts
    yield {"label": "Products", "value": number(len(facts.products)), "tone": ""}
    yield {"label": "Ports", "value": number(len(facts.ports)), "tone": ""}
    yield {"label": "Columns", "value": number(len(facts.rows("columns"))), "tone": ""}
    yield {"label": "Rules kept", "value": number(len(facts.rows("rules"))), "tone": ""}
    yield {"label": "Versions", "value": number(len(facts.rows("versions"))), "tone": ""}
    if view.judgement.known:
        violated = view.judgement.counts()["violated"]
        yield {"label": "Policies violated", "value": number(violated), "tone": "bad" if violated else "good"}


def _attention(view: View) -> Iterator[dict[str, Any]]:
    """What is broken, the whole first: domains, contracts, checks that failed last, policies, then what is deprecated."""
    facts = view.facts
    for name, row in facts.domains.items():
        if row["problem"]:
            yield _item("bad", "Does not load", row["title"] or name, domain_page(name), row["problem"])
    for row in facts.products.values():
        if row["problem"]:
            yield _item("bad", "Product", row["product"], product_page(row["product"]), row["problem"])
    for row in facts.rows("contracts"):
        if row["problem"]:
            owner = row["product"] if row["product"] in facts.products else None
            yield _item(
                "bad", "Contract", row["contract"], product_page(owner) if owner else domain_page(row["domain"]), row["problem"]
            )
    yield from _failed_checks(view)
    judgement = view.judgement
    for product in facts.products:
        violated = sorted(
            {row["policy"] for row in judgement.of_product[product] if row["state"] in ("violated", "unrunnable")}
        )
        if violated:
            titles = ", ".join(judgement.policies[policy]["title"] for policy in violated if policy in judgement.policies)
            yield _item("bad", "Policy", product, product_page(product) + "#policies", titles or ", ".join(violated))
    for row in facts.products.values():
        if row["status"] == "deprecated":
            yield _item("warn", "Deprecated", row["product"], product_page(row["product"]) + "#lifecycle", _ends(row))


def _failed_checks(view: View) -> Iterator[dict[str, Any]]:
    newest: dict[tuple[str, str], Any] = {}
    for row in view.facts.rows("check_results"):
        key = row["port"], row["check"]
        if key not in newest or row["at"] >= newest[key]["at"]:
            newest[key] = row
    for (port, check), row in sorted(newest.items()):
        product = view.facts.product_of(port)
        if not row["passed"] and product:
            tone = "warn" if str(row["severity"]).lower().startswith("warn") else "bad"
            # The first line only: below it stand rows as examples, and nobody has said that these may be shown.
            said = (row["detail"] or "failed").splitlines()[0].removeprefix(f"{check}: ").replace(".; ", "; ")
            yield _item(tone, "Check", port, product_page(product), said)


def _ends(row: Any) -> str:
    return f"Ends on {row['ends_on']:%Y-%m-%d}." if row["ends_on"] else "No end is stated."


def _item(tone: str, kind: str, name: str, href: str, said: str) -> dict[str, Any]:
    return {"tone": tone, "kind": kind, "name": name, "href": href, "said": said if len(said) <= 180 else f"{said[:179]}…"}


def _domain(view: View, name: str) -> dict[str, Any]:
    row, products = view.facts.domains[name], view.facts.products_of[name]
    listed = products if len(products) <= LISTED else []
    return {
        "title": row["title"] or name,
        "href": domain_page(name),
        "colour": view.colours[name],
        "description": row["description"] or "",
        "owner": row["owner"],
        "channel": row["channel"],
        "problem": row["problem"],
        "count": len(products),
        "products": [{**product, "href": product_page(product["product"])} for product in listed],
    }


def _by_product(view: View) -> Graph:
    groups = [group_of(view, name, view.facts.products_of[name]) for name in view.facts.domains]
    return Graph.of(groups, view.relations.arrows)


def group_of(view: View, domain: str, products: Any, here: str = "") -> Group:
    """A domain's box with some of its products; `here` is the product that the picture is about."""
    row = view.facts.domains.get(domain)
    nodes = []
    for product in products:
        name = product["product"]
        mark = "here" if name == here else "bad" if product["problem"] else "ended" if product["status"] == "retired" else ""
        readers = counted(len(view.relations.consumers(name)), "product")
        note = f"{name}: {product['purpose'] or 'purpose not stated'} Read by {readers}."
        nodes.append(Node(name, product["name"], product_page(name), note, mark))
    return Group(domain, (row and row["title"]) or domain, domain_page(domain), nodes, view.colours.get(domain, 7))


def _by_domain(view: View) -> Graph:
    facts = view.facts
    groups = [
        Group(name, "", domain_page(name), [_domain_node(view, name, row["title"] or name)], view.colours[name])
        for name, row in facts.domains.items()
    ]
    domain_of = {name: row["domain"] for name, row in facts.products.items()}
    return Graph.of(groups, {(domain_of[a], domain_of[b]) for a, b in view.relations.arrows})


def _domain_node(view: View, name: str, title: str) -> Node:
    count = counted(len(view.facts.products_of[name]), "product")
    return Node(name, title, domain_page(name), f"{title}: {count}", "bad" if view.facts.domains[name]["problem"] else "")
