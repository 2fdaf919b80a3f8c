"""Draws SVG: graphs of products or domains with arrows between them, and small charts over time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup, escape


@dataclass(frozen=True)
class Node:
    """A product or a domain, with a link to its page."""

    key: str
    label: str
    href: str
    """From the portal's root."""
    note: str = ""
    """The tooltip."""
    mark: str = ""
    """A class of the style sheet: `here` for the subject of the page, `bad` for broken, `ended` for retired."""


@dataclass(frozen=True)
class Group:
    """Nodes of one domain, drawn in a box."""

    key: str
    label: str
    href: str
    nodes: Sequence[Node]
    colour: int = 0
    """The number of its colour among those of the domains."""


@dataclass(frozen=True)
class Graph:
    """Groups of nodes, with arrows from producers to consumers."""

    groups: Sequence[Group]
    arrows: frozenset[tuple[str, str]] = field(default_factory=frozenset)

    @classmethod
    def of(cls, groups: Iterable[Group], arrows: Iterable[tuple[str, str]]) -> "Graph":
        """The graph with the arrows between two different nodes of its groups; other arrows are dropped."""
        groups = tuple(groups)
        keys = {node.key for group in groups for node in group.nodes}
        return cls(groups, frozenset((a, b) for a, b in arrows if a != b and a in keys and b in keys))

    @property
    def group_of(self) -> dict[str, str]:
        """The group of each node."""
        return {node.key: group.key for group in self.groups for node in group.nodes}


NODE_WIDTH, NODE_HEIGHT, NODE_GAP = 176, 30, 8
HEADER, PADDING = 34, 12
GAP_X, WIDEST_GAP, GAP_Y, MARGIN = 90, 220, 28, 16
LANE = 22
"""All sizes are SVG pixels. A lane is the vertical space of one arrow that passes below boxes."""
PAGE = 1110
"""The width that a picture may have before the page scrolls it. Arrows get the width that boxes leave free."""
_SWEEPS = 4


@dataclass
class Layout:
    """The positions of all elements, from the upper left corner."""

    boxes: dict[str, tuple[float, float, float, float]] = field(default_factory=dict)
    """By group: left, top, width, height."""
    nodes: dict[str, tuple[float, float]] = field(default_factory=dict)
    """By node: left, top."""
    layer_of: dict[str, int] = field(default_factory=dict)
    """By group: its layer, counted from the left."""
    lanes: dict[tuple[str, str], float] = field(default_factory=dict)
    """By pair of groups: the height at which arrows between them pass the groups in between."""
    width: float = 0
    height: float = 0


def lay_out(graph: Graph, page: float = PAGE) -> Layout:
    """Lays out a graph: producers left of their consumers, and few crossing arrows.

    Args:
        graph: the graph.
        page: the width that the picture may have without being scrolled.
    """
    layers = _layers(graph)
    layout = Layout(layer_of={group.key: at for at, layer in enumerate(layers) for group in layer})
    ordered = [[(group, list(group.nodes)) for group in layer] for layer in layers]
    for _ in range(_SWEEPS):
        _place(ordered, layout, page)
        _sort(ordered, layout, graph)
    _place(ordered, layout, page)
    _lanes(graph, layout)
    return layout


def _layers(graph: Graph) -> list[list[Group]]:
    """The groups by layer, producers first. Groups in a cycle share a layer; groups without arrows join the last layer."""
    import networkx

    owner = graph.group_of
    between = networkx.DiGraph()
    between.add_nodes_from(group.key for group in graph.groups)
    between.add_edges_from((owner[a], owner[b]) for a, b in sorted(graph.arrows) if owner[a] != owner[b])
    isolated = sorted(networkx.isolates(between))
    if len(isolated) < len(between):
        between.remove_nodes_from(isolated)
    else:
        isolated = []
    cycles = networkx.condensation(between)
    named = {group.key: group for group in graph.groups}
    layers = [
        [named[key] for cycle in sorted(generation) for key in sorted(cycles.nodes[cycle]["members"])]
        for generation in networkx.topological_generations(cycles)
    ]
    if isolated:
        layers[-1].extend(named[key] for key in isolated)
    return layers


def _place(ordered: Sequence[Sequence[tuple[Group, list]]], layout: Layout, page: float) -> None:
    heights = [sum(_height(nodes) for _, nodes in layer) + GAP_Y * (len(layer) - 1) for layer in ordered]
    tallest = max(heights, default=0)
    box_width = NODE_WIDTH + 2 * PADDING
    gaps = max(len(ordered) - 1, 1)
    gap = min(max((page - 2 * MARGIN - len(ordered) * box_width) / gaps, GAP_X), WIDEST_GAP)
    for at, layer in enumerate(ordered):
        top = MARGIN + (tallest - heights[at]) / 2
        left = MARGIN + at * (box_width + gap)
        for group, nodes in layer:
            layout.boxes[group.key] = (left, top, box_width, _height(nodes))
            for row, node in enumerate(nodes):
                layout.nodes[node.key] = (left + PADDING, top + HEADER + row * (NODE_HEIGHT + NODE_GAP))
            top += _height(nodes) + GAP_Y
    layout.width = 2 * MARGIN + len(ordered) * box_width + (len(ordered) - 1) * gap
    layout.height = 2 * MARGIN + tallest


def _height(nodes: Sequence) -> float:
    return HEADER + len(nodes) * (NODE_HEIGHT + NODE_GAP) - (NODE_GAP if nodes else 0) + PADDING


def _sort(ordered: list[list[tuple[Group, list]]], layout: Layout, graph: Graph) -> None:
    """Sorts nodes and groups by the mean height of their neighbours (the barycenter heuristic)."""
    heights: dict[str, list[float]] = {}
    for a, b in sorted(graph.arrows):
        heights.setdefault(a, []).append(layout.nodes[b][1])
        heights.setdefault(b, []).append(layout.nodes[a][1])

    def mean(key: str) -> float:
        return sum(heights[key]) / len(heights[key]) if key in heights else layout.nodes[key][1]

    for layer in ordered:
        for _, nodes in layer:
            nodes.sort(key=lambda node: mean(node.key))
        layer.sort(key=lambda entry: _mean_of([mean(node.key) for node in entry[1] if node.key in heights]))


def _mean_of(heights: Sequence[float]) -> float:
    """Groups without arrows come last."""
    return sum(heights) / len(heights) if heights else float("inf")


def _lanes(graph: Graph, layout: Layout) -> None:
    """Sets a lane for each pair of groups whose arrows pass a layer in between: below its lowest box, one lane per pair."""
    owner: Mapping[str, str] = graph.group_of
    far = sorted({(owner[a], owner[b]) for a, b in graph.arrows if layout.layer_of[owner[b]] - layout.layer_of[owner[a]] > 1})
    for start, end in far:
        passed = range(layout.layer_of[start] + 1, layout.layer_of[end])
        bottoms = [top + height for key, (_, top, _, height) in layout.boxes.items() if layout.layer_of[key] in passed]
        taken = [lane for pair, lane in layout.lanes.items() if set(passed) & _passed(pair, layout)]
        layout.lanes[start, end] = max([max(bottoms) + LANE, *(lane + LANE for lane in taken)])
    if layout.lanes:
        layout.height = max(layout.height, max(layout.lanes.values()) + MARGIN)


def _passed(pair: tuple[str, str], layout: Layout) -> set[int]:
    return set(range(layout.layer_of[pair[0]] + 1, layout.layer_of[pair[1]]))


_LETTERS = 22
"""How many letters fit into a node in any font."""


def draw(graph: Graph, root: str, title: str, page: float = PAGE) -> Markup:
    """The picture as an `<svg>` element.

    Args:
        graph: the graph to draw.
        root: the relative path from the page to the portal's root.
        title: the description for screen readers.
        page: the width that the picture may have without being scrolled.
    """
    places = lay_out(graph, page)
    size = f'viewBox="0 0 {places.width:.0f} {places.height:.0f}" width="{places.width:.0f}" height="{places.height:.0f}"'
    owner = graph.group_of
    parts = [
        f'<svg class="mesh" {size} role="group" aria-label="{escape(title)}">',
        *(_box(group, places, root) for group in graph.groups),
        *(_arrow(a, b, owner, places) for a, b in sorted(graph.arrows)),
        *(_node(node, group, places, root) for group in graph.groups for node in group.nodes),
        "</svg>",
    ]
    return Markup("\n".join(parts))


# In the functions below, every text that comes from a mesh passes through `escape`.


def _box(group: Group, places: Layout, root: str) -> str:
    left, top, width, height = places.boxes[group.key]
    box = f'<rect class="box d{group.colour}" x="{left:.0f}" y="{top:.0f}" width="{width:.0f}" height="{height:.0f}" rx="12"/>'
    if not group.label:
        return box
    name = f'<text class="group d{group.colour}" x="{left + 14:.0f}" y="{top + 22:.0f}">{_short(group.label)}</text>'
    return f'{box}<a href="{root}{escape(group.href)}">{name}</a>'


def _node(node: Node, group: Group, places: Layout, root: str) -> str:
    left, top = places.nodes[node.key]
    return (
        f'<a class="node d{group.colour} {node.mark}" href="{root}{escape(node.href)}" data-key="{escape(node.key)}">'
        f"<title>{escape(node.note or node.label)}</title>"
        f'<rect x="{left:.0f}" y="{top:.0f}" width="{NODE_WIDTH}" height="{NODE_HEIGHT}" rx="7"/>'
        f'<text x="{left + 12:.0f}" y="{top + 20:.0f}">{_short(node.label)}</text></a>'
    )


def _arrow(start: str, end: str, owner: dict[str, str], places: Layout) -> str:
    path = " ".join(_path(start, end, owner, places))
    return f'<path class="arrow" data-from="{escape(start)}" data-to="{escape(end)}" d="{path}"/>'


def _path(start: str, end: str, owner: dict[str, str], places: Layout) -> Iterator[str]:
    (x1, y1), (x2, y2) = places.nodes[start], places.nodes[end]
    x1, y1, y2 = x1 + NODE_WIDTH, y1 + NODE_HEIGHT / 2, y2 + NODE_HEIGHT / 2
    pair = owner[start], owner[end]
    if places.layer_of[pair[0]] >= places.layer_of[pair[1]]:  # within a domain, or back in a cycle: curve around the right side
        bulge = max(x1, x2 + NODE_WIDTH) + 34
        yield f"M{x1:.0f} {y1:.0f}C{bulge:.0f} {y1:.0f} {bulge:.0f} {y2:.0f} {x2 + NODE_WIDTH + 5:.0f} {y2:.0f}"
        yield "m5 -4l-5 4l5 4"
        return
    yield f"M{x1:.0f} {y1:.0f}"
    if pair in places.lanes:
        lane = places.lanes[pair]
        boxes = [
            box
            for key, box in places.boxes.items()
            if places.layer_of[pair[0]] < places.layer_of[key] < places.layer_of[pair[1]]
        ]
        left, right = min(box[0] for box in boxes), max(box[0] + box[2] for box in boxes)
        middle = (x1 + left) / 2
        yield f"C{middle + 20:.0f} {y1:.0f} {middle - 10:.0f} {lane:.0f} {left:.0f} {lane:.0f}L{right:.0f} {lane:.0f}"
        x1, y1 = right, lane
    middle = (x1 + x2) / 2
    yield f"C{middle:.0f} {y1:.0f} {middle:.0f} {y2:.0f} {x2 - 5:.0f} {y2:.0f}m-5 -4l5 4l-5 4"


def _short(text: str) -> Markup:
    return escape(text if len(text) <= _LETTERS else text[: _LETTERS - 1] + "…")


_CHART_WIDTH, _CHART_HEIGHT = 300, 56
_BOTTOM, _TOP = 1.5, 4
NEWEST = 40
"""How many values a chart shows; older ones are left out."""


def bars(values: Sequence[float], titles: Sequence[str], label: str, limit: float | None = None) -> Markup:
    """A bar chart with one bar per value, the oldest on the left.

    Args:
        values: each at least 0. The highest one, or the limit, fills the height.
        titles: the tooltip of each bar.
        label: the description for screen readers.
        limit: drawn as a line; bars above it have another colour.
    """
    values, titles = values[-NEWEST:], titles[-NEWEST:]
    top = max([*values, limit or 0, 1e-9]) * 1.05
    step = min(_CHART_WIDTH / max(len(values), 1), 26)
    parts = [
        f'<svg class="chart" viewBox="0 0 {_CHART_WIDTH} {_CHART_HEIGHT}" width="{_CHART_WIDTH}" height="{_CHART_HEIGHT}" '
        f'role="img" aria-label="{escape(label)}"><path class="ground" d="M0 {_CHART_HEIGHT}H{_CHART_WIDTH}"/>'
    ]
    for at, (value, title) in enumerate(zip(values, titles)):
        tall = max((_CHART_HEIGHT - _BOTTOM - _TOP) * value / top, 1.5)
        kind = "over" if limit and value > limit else "beam"
        parts.append(
            f'<rect class="{kind}" x="{at * step:.1f}" y="{_CHART_HEIGHT - _BOTTOM - tall:.1f}" '
            f'width="{max(step - 2, 1):.1f}" height="{tall:.1f}" rx="1.5"><title>{escape(title)}</title></rect>'
        )
    if limit:
        line = _CHART_HEIGHT - _BOTTOM - (_CHART_HEIGHT - _BOTTOM - _TOP) * limit / top
        parts.append(f'<path class="limit" d="M0 {line:.1f}H{_CHART_WIDTH}"/>')
    return Markup("".join([*parts, "</svg>"]))


def strip(states: Sequence[str], titles: Sequence[str], label: str) -> Markup:
    """One tile per state, the oldest on the left. A state is a class of the style sheet: `good`, `warn` or `bad`."""
    states, titles = states[-NEWEST:], titles[-NEWEST:]
    step = 9
    width = max(len(states), 1) * step
    parts = [
        f'<svg class="strip" viewBox="0 0 {width} 16" width="{width}" height="16" role="img" aria-label="{escape(label)}">'
    ]
    for at, (state, title) in enumerate(zip(states, titles)):
        # States differ in height as well, not only in colour.
        y, tall = {"good": (5, 8), "warn": (3, 10)}.get(state, (1, 14))
        parts.append(
            f'<rect class="{escape(state)}" x="{at * step}" y="{y}" width="{step - 2}" height="{tall}" rx="2">'
            f"<title>{escape(title)}</title></rect>"
        )
    return Markup("".join([*parts, "</svg>"]))
