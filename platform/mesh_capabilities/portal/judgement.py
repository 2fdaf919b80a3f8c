"""What the policies say of each product: every result laid at the door of the product, or the domain, that it is about."""

from collections import Counter
from collections.abc import Mapping
from functools import cached_property

from mesh_capabilities.portal.facts import Facts, Row, grouped

GRAVEST_FIRST = ("violated", "unrunnable", "warned", "waived", "draft", "passed")
"""The states of a result. One product has several results of a policy, if the policy judges its columns, say."""

SAID = {
    "violated": "violated",
    "unrunnable": "could not run",
    "warned": "violated, warns until it blocks",
    "waived": "waived",
    "draft": "violated, not yet in force",
    "passed": "passed",
}
"""The states in words. Waived is never passed."""
MARKS = {"violated": "✕", "unrunnable": "?", "warned": "!", "waived": "W", "draft": "…", "passed": "✓"}
TONES = {"violated": "bad", "unrunnable": "bad", "warned": "warn", "waived": "waived", "draft": "outline", "passed": "good"}


class Judgement:
    """The results of all policies, found again by product, by domain and by policy."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    @property
    def known(self) -> bool:
        """Whether policies have been evaluated at all."""
        return bool(self._facts.rows("policy_results") or self._facts.rows("policies"))

    @cached_property
    def policies(self) -> Mapping[str, Row]:
        """Every policy by its id: the mesh's own first, then the domains'."""
        ordered = sorted(self._facts.rows("policies"), key=lambda row: (row["domain"] or "", row["policy"]))
        return {row["policy"]: row for row in ordered}

    @cached_property
    def of_product(self) -> Mapping[str, list[Row]]:
        """The results about a product, its ports, contracts and columns, the gravest first."""
        return self._filed[0]

    @cached_property
    def of_domain(self) -> Mapping[str, list[Row]]:
        """The results about a domain as a whole."""
        return self._filed[1]

    @cached_property
    def _filed(self) -> tuple[Mapping[str, list[Row]], Mapping[str, list[Row]]]:
        products, domains = [], []
        for row in sorted(self._facts.rows("policy_results"), key=lambda row: GRAVEST_FIRST.index(row["state"])):
            if product := self.product_behind(row["subject"]):
                products.append({**row, "about": product})
            elif row["subject"] in self._facts.domains:
                domains.append({**row, "about": row["subject"]})
        return grouped(products, "about"), grouped(domains, "about")

    def product_behind(self, subject: str | None) -> str | None:
        """The product that a subject belongs to: a product, a port, a contract, or a part of one of them."""
        name = subject or ""
        while name:
            if name in self._facts.products:
                return name
            if owner := self._facts.product_of(name) or self._contracts.get(name):
                return owner
            # `sales/orders.order_id`, `sales.orders.v1.order_id`: what stands before the last separator
            cut = max(name.rfind(mark) for mark in ".#:@ ")
            name = name[:cut] if cut > 0 else ""
        return None

    @cached_property
    def _contracts(self) -> Mapping[str, str]:
        return {
            row["contract"]: row["product"] for row in self._facts.rows("contracts") if row["product"] in self._facts.products
        }

    def state(self, product: str, policy: str) -> str | None:
        """The gravest state of a policy's results about a product; None if it does not judge it."""
        return self._states.get((product, policy))

    @cached_property
    def _states(self) -> Mapping[tuple[str, str], str]:
        found: dict[tuple[str, str], str] = {}
        for product, rows in self.of_product.items():
            for row in rows:  # the gravest stands first
                found.setdefault((product, row["policy"]), row["state"])
        return found

    def counts(self, product: str | None = None) -> Counter[str]:
        """How many policies a product, or the mesh, has in each state."""
        if product is None:
            return Counter(self._states.values())
        return Counter({row["policy"]: row["state"] for row in reversed(self.of_product[product])}.values())

    @cached_property
    def of_policy(self) -> Mapping[str, list[Row]]:
        """The results of a policy, the gravest first."""
        ordered = sorted(
            self._facts.rows("policy_results"), key=lambda row: (GRAVEST_FIRST.index(row["state"]), row["subject"])
        )
        return grouped(ordered, "policy")
