"""Who consumes whom: the arrows between products, and who is hurt when one of them breaks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from mesh_capabilities.portal.facts import Facts, Row


@dataclass(frozen=True)
class Hurt:
    """A product that would feel it."""

    product: str
    steps: int
    """1 for one that reads the product itself, 2 for one that reads such a reader, and so on."""


class Relations:
    """The arrows of the mesh, from the declared inputs of products and the ports that their models read."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    @cached_property
    def arrows(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """Producer and consumer, both products, and the ports of the producer that are read. None to itself."""
        found: dict[tuple[str, str], set[str]] = {}
        for row in (*self._facts.rows("inputs_declared"), *self._facts.rows("inputs_used")):
            producer = self._facts.product_of(row["input"])
            consumer = row["product"]
            if producer and producer != consumer and consumer in self._facts.products:
                found.setdefault((producer, consumer), set()).add(row["input"])
        return {pair: tuple(sorted(ports)) for pair, ports in sorted(found.items())}

    @cached_property
    def _consumers(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for producer, consumer in self.arrows:
            found.setdefault(producer, []).append(consumer)
        return found

    @cached_property
    def _producers(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for producer, consumer in self.arrows:
            found.setdefault(consumer, []).append(producer)
        return found

    def consumers(self, product: str) -> list[str]:
        """The products that read a port of this one."""
        return self._consumers.get(product, [])

    def producers(self, product: str) -> list[str]:
        """The products of which this one reads a port."""
        return self._producers.get(product, [])

    def hurt_by(self, product: str) -> list[Hurt]:
        """Everybody downstream, the nearest first. Each once, in a circle too, and never the product itself."""
        seen, ahead, found = {product}, [product], []
        steps = 0
        while ahead:
            steps += 1
            reached = sorted({consumer for name in ahead for consumer in self.consumers(name)} - seen)
            found += [Hurt(name, steps) for name in reached]
            seen.update(reached)
            ahead = reached
        return found

    def unknown_inputs(self, product: str) -> Iterator[Row]:
        """What the product declares to read and no product of the catalogue publishes."""
        for row in self._facts.by("inputs_declared", "product")[product]:
            if self._facts.product_of(row["input"]) is None:
                yield row
