"""The scoreboard: policies across, products or domains down, the gravest state of each where they meet."""

from collections import Counter
from typing import Any

from mesh_capabilities.portal.addresses import domain_page, product_page, segment
from mesh_capabilities.portal.facts import Row
from mesh_capabilities.portal.judgement import GRAVEST_FIRST, SAID
from mesh_capabilities.portal.view import View
from mesh_capabilities.portal.words import counted


def policy_anchor(policy: str) -> str:
    """The place of a policy on the page of governance."""
    return f"policy-{segment(policy)}"


def by_product(view: View, products: list[Row], full_names: bool) -> dict[str, Any]:
    """A line a product. Policies that judge none of them are left out."""
    judgement = view.judgement
    named = [row["product"] for row in products]
    judging = [policy for policy in judgement.policies if any(judgement.state(name, policy) for name in named)]
    lines = []
    for row in products:
        name = row["product"]
        states = [judgement.state(name, policy) for policy in judging]
        cells = [{"state": s, "said": SAID[s] if s else "", "title": SAID[s] if s else "", "count": ""} for s in states]
        label = name if full_names else row["name"]
        lines.append({"label": label, "href": product_page(name), "colour": view.colours.get(row["domain"], 7), "cells": cells})
    return {"what": "Products", "one": "product", "by_product": True, "policies": _heads(view, judging), "lines": lines}


def by_domain(view: View) -> dict[str, Any]:
    """A line a domain; each place shows the gravest state there, and how many products are in it."""
    judgement = view.judgement
    judging = list(judgement.policies)
    lines = []
    for name, row in view.facts.domains.items():
        cells = []
        for policy in judging:
            states = Counter(judgement.state(product["product"], policy) for product in view.facts.products_of[name])
            worst = next((state for state in GRAVEST_FIRST if states[state]), None)
            said = f"{SAID[worst]}: {counted(states[worst], 'product')}" if worst else ""
            cells.append(
                {"state": worst, "said": said, "title": said, "count": states[worst] if worst not in (None, "passed") else ""}
            )
        lines.append({"label": row["title"] or name, "href": domain_page(name), "colour": view.colours[name], "cells": cells})
    return {"what": "Domains", "one": "domain", "by_product": False, "policies": _heads(view, judging), "lines": lines}


def _heads(view: View, policies: list[str]) -> list[dict[str, str]]:
    titles = view.judgement.policies
    return [
        {"label": policy.replace("_", " "), "title": titles[policy]["title"] or policy, "anchor": policy_anchor(policy)}
        for policy in policies
    ]
