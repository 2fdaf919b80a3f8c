"""The pages that lead on: the glossary, the owners with their products, and the lineage that one walks."""

from itertools import groupby
from typing import Any

from mesh_capabilities.portal.addresses import column_anchor, product_page, segment
from mesh_capabilities.portal.facts import Row
from mesh_capabilities.portal.glossary import COLUMNS, MEANINGS, Term, letter
from mesh_capabilities.portal.view import View


def glossary(view: View) -> str:
    """The page of all terms, by letter."""
    letters = [
        {"letter": first, "terms": [_term(view, term) for _, term in some]}
        for first, some in groupby(view.terms.items(), key=lambda entry: letter(entry[0]))
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
    return {"label": label, "href": f"{product_page(product or '')}#{column_anchor(row['port'], row['column'])}"}


def owner_anchor(owner: str) -> str:
    """The place of an owner on the page of owners."""
    return f"owner-{segment(owner)}"


def tag_anchor(tag: str) -> str:
    """The place of a tag on the page of owners."""
    return f"tag-{segment(tag)}"


def owners(view: View) -> str:
    """The page of all owners, with what they own, and of all tags."""
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


def lineage(view: View) -> str:
    """The page on which one walks from column to column; the script of the page loads what it needs."""
    return view.render("lineage.html", "lineage.html", unfollowed=len(view.facts.rows("unfollowed")))
