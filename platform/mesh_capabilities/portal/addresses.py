"""Where each page of the portal stands: no name of a product, whatever it holds, leads out of the folder."""

import hashlib
import re
from functools import lru_cache

_SAFE = re.compile(r"[a-z0-9][a-z0-9_]{0,79}")


@lru_cache(maxsize=100_000)
def segment(name: str) -> str:
    """A name as one part of a path: itself where it is plain, else what is plain of it and a digest of the whole.

    The same name has the same segment, and two names have two: no plain name has a hyphen. None has a slash, a dot or
    anything else that HTML or a shell reads as more than a letter.
    """
    if _SAFE.fullmatch(name):
        return name
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{plain or 'named'}-{digest}"


def domain_page(domain: str) -> str:
    """The page of a domain, from the portal's root."""
    return f"domains/{segment(domain)}.html"


def product_page(product: str) -> str:
    """The page of a product `domain/name`, from the portal's root."""
    domain, _, name = product.partition("/")
    return f"products/{segment(domain)}/{segment(name)}.html"


def port_anchor(port: str) -> str:
    """The part of a product's page that shows a port `domain/name`."""
    return segment(port.partition("/")[2])


def column_anchor(port: str, column: str) -> str:
    """The row of a product's page that shows a column of a port; no port has a double hyphen in its name."""
    return f"{port_anchor(port)}--{segment(column)}"


def port_data(port: str) -> str:
    """The file with the lineage of a port, from the portal's root."""
    domain, _, name = port.partition("/")
    return f"data/lineage/{segment(domain)}/{segment(name)}.js"


def root_from(page: str) -> str:
    """How a page gets to the portal's root: `""` from the root itself, `"../"` from a folder below."""
    return "../" * page.count("/")
