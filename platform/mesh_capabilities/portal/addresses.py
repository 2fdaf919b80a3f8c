"""Paths and anchors of the portal's pages: no name, whatever it contains, leads to a path outside the folder."""

import hashlib
import re
from functools import lru_cache

_SAFE = re.compile(r"[a-z0-9][a-z0-9_]{0,79}")


@lru_cache(maxsize=100_000)
def segment(name: str) -> str:
    """A name as one segment of a path: the name itself if it is plain, otherwise its plain letters and a digest.

    Two names never have the same segment, since a plain name has no hyphen. A segment has no slash, no dot and no other
    character with a meaning in HTML or in a shell.
    """
    if _SAFE.fullmatch(name):
        return name
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{plain or 'named'}-{digest}"


def domain_path(domain: str) -> str:
    """The path of a domain's page, from the portal's root."""
    return f"domains/{segment(domain)}.html"


def product_path(product: str) -> str:
    """The path of the page of a product `domain/name`, from the portal's root."""
    domain, _, name = product.partition("/")
    return f"products/{segment(domain)}/{segment(name)}.html"


def port_anchor(port: str) -> str:
    """The anchor of the section of a port `domain/name` on its product's page."""
    return segment(port.partition("/")[2])


def column_anchor(port: str, column: str) -> str:
    """The anchor of the row of a column on its product's page. It is unique, since no port's anchor has a double hyphen."""
    return f"{port_anchor(port)}--{segment(column)}"


def owner_anchor(owner: str) -> str:
    """The anchor of an owner on the page of owners."""
    return f"owner-{segment(owner)}"


def tag_anchor(tag: str) -> str:
    """The anchor of a tag on the page of owners."""
    return f"tag-{segment(tag)}"


def policy_anchor(policy: str) -> str:
    """The anchor of a policy on the governance page."""
    return f"policy-{segment(policy)}"


def term_anchor(term: str) -> str:
    """The anchor of a term on the page of the glossary."""
    return f"term-{segment(term)}"


def port_data(port: str) -> str:
    """The path of the file with the lineage of a port, from the portal's root."""
    domain, _, name = port.partition("/")
    return f"data/lineage/{segment(domain)}/{segment(name)}.js"


def root_from(page: str) -> str:
    """The relative path from a page to the portal's root: `""` in the root itself, `"../"` one folder below."""
    return "../" * page.count("/")
