"""What a picture is drawn of: nodes in groups, and arrows between them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Node:
    """Something with a page of its own: a product, or a domain."""

    key: str
    label: str
    href: str
    """From the portal's root."""
    note: str = ""
    """What a screen reader, and whoever waits over it, is told beside the label."""
    mark: str = ""
    """A class of the style sheet: `here` for what the page is about, `bad` for what is broken, `ended` for what is over."""


@dataclass(frozen=True)
class Group:
    """Nodes that belong together, in a box of their own."""

    key: str
    label: str
    href: str
    nodes: Sequence[Node]
    colour: int = 0
    """Which of the domains' colours it has."""


@dataclass(frozen=True)
class Graph:
    """Groups of nodes, with arrows from what is consumed to what consumes it."""

    groups: Sequence[Group]
    arrows: frozenset[tuple[str, str]] = field(default_factory=frozenset)

    @classmethod
    def of(cls, groups: Iterable[Group], arrows: Iterable[tuple[str, str]]) -> "Graph":
        """The graph with those arrows whose both ends are in it, and none from a node to itself."""
        kept = tuple(groups)
        there = {node.key for group in kept for node in group.nodes}
        return cls(kept, frozenset((a, b) for a, b in arrows if a != b and a in there and b in there))

    @property
    def group_of(self) -> dict[str, str]:
        """The group of each node."""
        return {node.key: group.key for group in self.groups for node in group.nodes}
