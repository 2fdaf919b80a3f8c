"""The governance page: the scoreboard, each policy with its findings, and the waivers."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

from mesh_capabilities.portal.addresses import domain_path, policy_anchor, product_path
from mesh_capabilities.portal.portal_facts import STATE_LABELS, STATE_TONES, WORST_FIRST, Row
from mesh_capabilities.portal.view import View, number
from mesh_isolation.text import counted

FINDINGS, OPEN = 100, 6
"""How many findings of a policy are listed, and up to how many the list is open at first."""


def governance_page(view: View) -> str:
    """The governance page as HTML."""
    facts, policy_results = view.facts, view.policy_results
    counts = policy_results.counts()
    return view.render(
        "governance.html",
        "governance.html",
        evaluated=policy_results.known,
        tiles=[
            {
                "label": state.capitalize(),
                "value": number(counts[state]),
                "tone": STATE_TONES[state] if counts[state] else "",
            }
            for state in ("passed", "waived", "warned", "violated")
        ],
        score=by_product(view, list(facts.products.values()), full_names=True) if view.small else by_domain(view),
        policies=list(_policies(view)),
        waivers=sorted(facts.rows("waivers"), key=lambda row: (row["state"], row["policy"], row["subject"])),
    )


def _policies(view: View) -> Iterator[dict[str, Any]]:
    for policy, row in view.policy_results.policies.items():
        results = view.policy_results.of_policy[policy]
        findings = [result for result in results if result["state"] != "passed"]
        counts = Counter(result["state"] for result in results)
        yield {
            "row": row,
            "applies_to": ((row["scope"] or "").split() or ["nothing"])[0],  # `ports` of `ports where published`
            "anchor": policy_anchor(policy),
            "counts": sorted(counts.items(), key=lambda entry: WORST_FIRST.index(entry[0])),
            "findings": [{**result, "href": _subject_page(view, result)} for result in findings[:FINDINGS]],
            "finding_count": len(findings),
            "left": max(len(findings) - FINDINGS, 0),
            "open": len(findings) <= OPEN,
        }


def _subject_page(view: View, result: Row) -> str:
    subject = result["subject"]
    if product := view.policy_results.product_of(subject):
        return product_path(product)
    return domain_path(subject) if subject in view.facts.domains else ""


def by_product(view: View, products: list[Row], full_names: bool) -> dict[str, Any]:
    """The scoreboard with a line per product. Policies that apply to none of them are left out."""
    policy_results = view.policy_results
    names = [row["product"] for row in products]
    applying = [policy for policy in policy_results.policies if any(policy_results.state(name, policy) for name in names)]
    lines = []
    for row in products:
        name = row["product"]
        labels = [(state, STATE_LABELS.get(state or "", "")) for state in map(partial(policy_results.state, name), applying)]
        cells = [{"state": state, "label": label, "count": ""} for state, label in labels]
        label = name if full_names else row["name"]
        lines.append({"label": label, "href": product_path(name), "colour": view.colours.get(row["domain"], 7), "cells": cells})
    return {"title": "Products", "singular": "product", "by_product": True, "policies": _heads(view, applying), "lines": lines}


def by_domain(view: View) -> dict[str, Any]:
    """The scoreboard with a line per domain. A cell shows the worst state and how many products are in it."""
    policy_results = view.policy_results
    policies = list(policy_results.policies)
    lines = []
    for name, row in view.facts.domains.items():
        cells = []
        for policy in policies:
            states = Counter(policy_results.state(product["product"], policy) for product in view.facts.products_of[name])
            worst = next((state for state in WORST_FIRST if states[state]), None)
            label = f"{STATE_LABELS[worst]}: {counted(states[worst], 'product')}" if worst else ""
            cells.append({"state": worst, "label": label, "count": states[worst] if worst not in (None, "passed") else ""})
        lines.append({"label": row["title"] or name, "href": domain_path(name), "colour": view.colours[name], "cells": cells})
    return {"title": "Domains", "singular": "domain", "by_product": False, "policies": _heads(view, policies), "lines": lines}


def _heads(view: View, policies: list[str]) -> list[dict[str, str]]:
    titles = view.policy_results.policies
    return [
        {"label": policy.replace("_", " "), "title": titles[policy]["title"] or policy, "anchor": policy_anchor(policy)}
        for policy in policies
    ]
