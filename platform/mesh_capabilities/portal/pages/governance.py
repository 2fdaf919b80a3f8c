"""The page of governance: the scoreboard, each policy with what it found, and the waivers."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from mesh_capabilities.portal.addresses import domain_page, product_page
from mesh_capabilities.portal.facts import Row
from mesh_capabilities.portal.judgement import GRAVEST_FIRST, TONES
from mesh_capabilities.portal.pages.home import BY_PRODUCT
from mesh_capabilities.portal.pages.scores import by_domain, by_product, policy_anchor
from mesh_capabilities.portal.view import View
from mesh_capabilities.portal.words import number

FINDINGS, OPEN = 100, 6
"""How many findings of a policy are listed, and up to how many without being asked for."""


def governance(view: View) -> str:
    """The page as HTML."""
    facts, judgement = view.facts, view.judgement
    products = list(facts.products.values())
    small = len(products) <= BY_PRODUCT
    counts = judgement.counts()
    return view.render(
        "governance.html",
        "governance.html",
        judged=judgement.known,
        tiles=[
            {"label": state.capitalize(), "value": number(counts[state]), "tone": TONES[state] if counts[state] else ""}
            for state in ("passed", "waived", "warned", "violated")
        ],
        score=by_product(view, products, full_names=True) if small else by_domain(view),
        policies=list(_policies(view)),
        waivers=sorted(facts.rows("waivers"), key=lambda row: (row["state"], row["policy"], row["subject"])),
    )


def _policies(view: View) -> Iterator[dict[str, Any]]:
    for policy, row in view.judgement.policies.items():
        results = view.judgement.of_policy[policy]
        found = [result for result in results if result["state"] != "passed"]
        counts = Counter(result["state"] for result in results)
        yield {
            "row": row,
            "judges": ((row["scope"] or "").split() or ["nothing"])[0],  # of `ports where published`, what it is about
            "anchor": policy_anchor(policy),
            "counts": sorted(counts.items(), key=lambda entry: GRAVEST_FIRST.index(entry[0])),
            "found": [{**result, "href": _subject_page(view, result)} for result in found[:FINDINGS]],
            "found_count": len(found),
            "left": max(len(found) - FINDINGS, 0),
            "open": len(found) <= OPEN,
        }


def _subject_page(view: View, result: Row) -> str:
    subject = result["subject"]
    if product := view.judgement.product_behind(subject):
        return product_page(product)
    return domain_page(subject) if subject in view.facts.domains else ""
