"""The pages that give an overview: home, domains, glossary, owners and lineage."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from mesh_capabilities.portal.addresses import column_anchor, domain_path, owner_anchor, policy_anchor, product_path, tag_anchor
from mesh_capabilities.portal.glossary import COLUMNS, MEANINGS, Term, letter
from mesh_capabilities.portal.governance_page import by_product
from mesh_capabilities.portal.pictures import Graph, Group, Node, draw
from mesh_capabilities.portal.portal_facts import Row
from mesh_capabilities.portal.view import View, number
from mesh_isolation.text import counted

LISTED, NEWEST, ATTENTION = 12, 8, 12
"""How many products of a domain, newest versions and problems the home page lists."""
NEIGHBOURS = 40
"""Up to this number of neighbouring products, the picture of a domain shows them beside its own."""


def home_page(view: View) -> str:
    """The home page: the mesh as a picture, its domains, what needs attention, the newest versions."""
    facts = view.facts
    attention = list(_attention(view))
    newest = sorted(facts.rows("versions"), key=lambda row: row["committed_at"], reverse=True)[:NEWEST]
    arrows = view.relations.arrows
    return view.render(
        "home.html",
        "index.html",
        products=len(facts.products),
        tiles=list(_tiles(view)),
        by_product=view.small,
        picture=draw(_product_graph(view) if view.small else _domain_graph(view), "", "The mesh"),
        picture_summary=f"{counted(len(facts.products), 'product')} and {counted(len(arrows), 'arrow')} between them",
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
    yield {"label": "Rules", "value": number(len(facts.rows("rules"))), "tone": ""}
    yield {"label": "Versions", "value": number(len(facts.rows("versions"))), "tone": ""}
    if view.policy_results.known:
        violated = view.policy_results.counts()["violated"]
        yield {"label": "Policies violated", "value": number(violated), "tone": "bad" if violated else "good"}


def _attention(view: View) -> Iterator[dict[str, Any]]:
    """What needs attention: broken domains, products and contracts, failed checks, violated policies, deprecated products."""
    facts = view.facts
    for name, row in facts.domains.items():
        if row["problem"]:
            yield _item("bad", "Does not load", row["title"] or name, domain_path(name), row["problem"])
    for row in facts.products.values():
        if row["problem"]:
            yield _item("bad", "Product", row["product"], product_path(row["product"]), row["problem"])
    for row in facts.rows("contracts"):
        if row["problem"]:
            owner = row["product"] if row["product"] in facts.products else None
            yield _item(
                "bad",
                "Contract",
                row["contract"],
                product_path(owner) if owner else domain_path(row["domain"]),
                row["problem"],
            )
    yield from _failed_checks(view)
    policy_results = view.policy_results
    for product in facts.products:
        violated = sorted(
            {row["policy"] for row in policy_results.of_product[product] if row["state"] in ("violated", "unrunnable")}
        )
        if violated:
            titles = " ".join(
                policy_results.policies[policy]["title"] for policy in violated if policy in policy_results.policies
            )
            yield _item("bad", "Policy", product, product_path(product) + "#policies", titles or ", ".join(violated))
    for row in facts.products.values():
        if row["status"] == "deprecated":
            yield _item("warn", "Deprecated", row["product"], product_path(row["product"]) + "#lifecycle", _end(row))


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
            # Only the first line: the lines below it contain example rows, which may be confidential.
            text = (row["detail"] or "failed").splitlines()[0].removeprefix(f"{check}: ").replace(".; ", "; ")
            yield _item(tone, "Check", port, product_path(product), text)


def _end(row: Any) -> str:
    return f"Ends on {row['ends_on']:%Y-%m-%d}." if row["ends_on"] else "No end date is set."


def _item(tone: str, kind: str, name: str, href: str, text: str) -> dict[str, Any]:
    return {"tone": tone, "kind": kind, "name": name, "href": href, "text": text if len(text) <= 180 else f"{text[:179]}…"}


def _domain(view: View, name: str) -> dict[str, Any]:
    row, products = view.facts.domains[name], view.facts.products_of[name]
    listed = products if len(products) <= LISTED else []
    return {
        "title": row["title"] or name,
        "href": domain_path(name),
        "colour": view.colours[name],
        "description": row["description"] or "",
        "owner": row["owner"],
        "channel": row["channel"],
        "problem": row["problem"],
        "count": len(products),
        "products": [{**product, "href": product_path(product["product"])} for product in listed],
    }


def _product_graph(view: View) -> Graph:
    groups = [group_of(view, name, view.facts.products_of[name]) for name in view.facts.domains]
    return Graph.of(groups, view.relations.arrows)


def group_of(view: View, domain: str, products: Any, here: str = "") -> Group:
    """A domain as a group of some of its products; `here` is the product that the picture is about."""
    row = view.facts.domains.get(domain)
    nodes = []
    for product in products:
        name = product["product"]
        mark = "here" if name == here else "bad" if product["problem"] else "ended" if product["status"] == "retired" else ""
        readers = counted(len(view.relations.consumers(name)), "product")
        note = f"{name}: {product['purpose'] or 'No purpose is stated.'} Read by {readers}."
        nodes.append(Node(name, product["name"], product_path(name), note, mark))
    return Group(domain, (row and row["title"]) or domain, domain_path(domain), nodes, view.colours.get(domain, 7))


def _domain_graph(view: View) -> Graph:
    facts = view.facts
    groups = [
        Group(name, "", domain_path(name), [_domain_node(view, name, row["title"] or name)], view.colours[name])
        for name, row in facts.domains.items()
    ]
    domain_of = {name: row["domain"] for name, row in facts.products.items()}
    return Graph.of(groups, {(domain_of[a], domain_of[b]) for a, b in view.relations.arrows})


def _domain_node(view: View, name: str, title: str) -> Node:
    count = counted(len(view.facts.products_of[name]), "product")
    return Node(name, title, domain_path(name), f"{title}: {count}", "bad" if view.facts.domains[name]["problem"] else "")


def domain_page(view: View, name: str) -> str:
    """The page of a domain: its products, its neighbours, and its policy results."""
    row, products = view.facts.domains[name], view.facts.products_of[name]
    page = domain_path(name)
    reads, read_by = _neighbours(view, name)
    policy_results = view.policy_results
    results = [
        {**result, "title": policy_results.policies[result["policy"]]["title"], "anchor": policy_anchor(result["policy"])}
        for result in policy_results.of_domain[name]
        if result["policy"] in policy_results.policies and result["state"] != "passed"
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
        score=by_product(view, products, full_names=False) if policy_results.known and products else None,
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
        "href": product_path(name),
        "ports": len(view.facts.ports_of[name]),
        "consumers": len(view.relations.consumers(name)),
        "violated": view.policy_results.counts(name)["violated"] if view.policy_results.known else 0,
    }


def glossary_page(view: View) -> str:
    """The glossary: all terms by letter."""
    letters = [
        {"letter": first, "terms": [_term(view, term) for _, term in entries]}
        for first, entries in groupby(view.terms.items(), key=lambda entry: letter(entry[0]))
    ]
    return view.render("glossary.html", "glossary.html", letters=letters)


def _term(view: View, term: Term) -> dict[str, Any]:
    meanings = [
        {
            "text": meaning.text,
            "columns": [_column(view, row) for row in meaning.columns[:COLUMNS]],
            "left": max(len(meaning.columns) - COLUMNS, 0),
        }
        for meaning in term.meanings[:MEANINGS]
    ]
    left = max(len(term.meanings) - MEANINGS, 0)
    about = {"name": term.name, "named": term.named, "anchor": term.anchor, "count": term.count}
    return {**about, "meanings": meanings, "meanings_left": left}


def _column(view: View, row: Row) -> dict[str, str]:
    product = view.facts.product_of(row["port"])
    label = row["port"] if row["column"] in view.terms else f"{row['port']}.{row['column']}"
    return {"label": label, "href": f"{product_path(product or '')}#{column_anchor(row['port'], row['column'])}"}


def owners_page(view: View) -> str:
    """The page of all owners and tags, with their products."""
    facts = view.facts
    listed = [
        {
            "name": row["owner"],
            "anchor": owner_anchor(row["owner"]),
            "address": row["address"],
            "channel": row["channel"],
            "products": [product["product"] for product in facts.by("products", "owner")[row["owner"]]],
        }
        for row in facts.rows("owners")
    ]
    tags: dict[str, list[str]] = {}
    for name, row in facts.products.items():
        for tag in row["tags"] or ():
            tags.setdefault(tag, []).append(name)
    shown = [{"name": tag, "anchor": tag_anchor(tag), "products": names} for tag, names in sorted(tags.items())]
    return view.render("owners.html", "owners.html", owners=listed, tags=shown)


def lineage_page(view: View) -> str:
    """The page that shows lineage from column to column. Its script loads the data files that it needs."""
    return view.render(
        "lineage.html",
        "lineage.html",
        unfollowed=len(view.facts.rows("unfollowed")),
        lost=len(view.facts.rows("unfollowed_columns")),
    )
