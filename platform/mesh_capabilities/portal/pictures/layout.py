"""Where the boxes of a picture stand: producers left of their consumers, and few arrows that cross."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mesh_capabilities.portal.pictures.graph import Graph, Group

NODE_WIDTH, NODE_HEIGHT, NODE_GAP = 176, 30, 8
HEADER, PADDING = 34, 12
GAP_X, WIDEST_GAP, GAP_Y, MARGIN = 90, 220, 28, 16
LANE = 22
"""Pixels, as the SVG counts them: a box's height for its name, the space between boxes, and that of a lane for arrows."""
PAGE = 1110
"""How wide a picture may be before a page has to scroll it; arrows take what boxes leave of it."""
_SWEEPS = 4


@dataclass
class Layout:
    """The places of everything, in pixels from the upper left corner."""

    boxes: dict[str, tuple[float, float, float, float]] = field(default_factory=dict)
    """Of each group: left, top, width, height."""
    nodes: dict[str, tuple[float, float]] = field(default_factory=dict)
    """The upper left corner of each node."""
    layer_of: dict[str, int] = field(default_factory=dict)
    """The column of each group, from the left."""
    lanes: dict[tuple[str, str], float] = field(default_factory=dict)
    """The height at which arrows between two groups pass the groups between them."""
    width: float = 0
    height: float = 0


def lay_out(graph: Graph, page: float = PAGE) -> Layout:
    """Groups in layers by what they consume; within a layer, and within a group, by where their arrows come from.

    Args:
        graph: what is to be placed.
        page: pixels that the picture may take without being scrolled.
    """
    layers = _layers(graph)
    made = Layout(layer_of={group.key: at for at, layer in enumerate(layers) for group in layer})
    ordered = [[(group, list(group.nodes)) for group in layer] for layer in layers]
    for _ in range(_SWEEPS):
        _place(ordered, made, page)
        _sort(ordered, made, graph)
    _place(ordered, made, page)
    _lanes(graph, made)
    return made


def _layers(graph: Graph) -> list[list[Group]]:
    """Producers first. Domains that consume each other in a circle stand in one layer; lone ones below the last."""
    import networkx

    owner = graph.group_of
    between = networkx.DiGraph()
    between.add_nodes_from(group.key for group in graph.groups)
    between.add_edges_from((owner[a], owner[b]) for a, b in sorted(graph.arrows) if owner[a] != owner[b])
    lone = sorted(networkx.isolates(between))
    if len(lone) < len(between):
        between.remove_nodes_from(lone)
    else:
        lone = []
    circles = networkx.condensation(between)
    named = {group.key: group for group in graph.groups}
    layers = [
        [named[key] for circle in sorted(generation) for key in sorted(circles.nodes[circle]["members"])]
        for generation in networkx.topological_generations(circles)
    ]
    if lone:
        layers[-1].extend(named[key] for key in lone)
    return layers


def _place(ordered: Sequence[Sequence[tuple[Group, list]]], made: Layout, page: float) -> None:
    heights = [sum(_height(nodes) for _, nodes in layer) + GAP_Y * (len(layer) - 1) for layer in ordered]
    tallest = max(heights, default=0)
    box_width = NODE_WIDTH + 2 * PADDING
    gaps = max(len(ordered) - 1, 1)
    gap = min(max((page - 2 * MARGIN - len(ordered) * box_width) / gaps, GAP_X), WIDEST_GAP)
    for at, layer in enumerate(ordered):
        top = MARGIN + (tallest - heights[at]) / 2
        left = MARGIN + at * (box_width + gap)
        for group, nodes in layer:
            made.boxes[group.key] = (left, top, box_width, _height(nodes))
            for row, node in enumerate(nodes):
                made.nodes[node.key] = (left + PADDING, top + HEADER + row * (NODE_HEIGHT + NODE_GAP))
            top += _height(nodes) + GAP_Y
    made.width = 2 * MARGIN + len(ordered) * box_width + (len(ordered) - 1) * gap
    made.height = 2 * MARGIN + tallest


def _height(nodes: Sequence) -> float:
    return HEADER + len(nodes) * (NODE_HEIGHT + NODE_GAP) - (NODE_GAP if nodes else 0) + PADDING


def _sort(ordered: list[list[tuple[Group, list]]], made: Layout, graph: Graph) -> None:
    """Moves each node, and each group, to the mean height of what it is joined with."""
    joined: dict[str, list[float]] = {}
    for a, b in sorted(graph.arrows):
        joined.setdefault(a, []).append(made.nodes[b][1])
        joined.setdefault(b, []).append(made.nodes[a][1])

    def mean(key: str) -> float:
        return sum(joined[key]) / len(joined[key]) if key in joined else made.nodes[key][1]

    for layer in ordered:
        for _, nodes in layer:
            nodes.sort(key=lambda node: mean(node.key))
        layer.sort(key=lambda entry: _mean_of([mean(node.key) for node in entry[1] if node.key in joined]))


def _mean_of(heights: Sequence[float]) -> float:
    """Groups without an arrow stand last."""
    return sum(heights) / len(heights) if heights else float("inf")


def _lanes(graph: Graph, made: Layout) -> None:
    """Arrows that pass over a layer go round its boxes: below the lowest one, each pair of groups in a lane of its own."""
    owner: Mapping[str, str] = graph.group_of
    far = sorted({(owner[a], owner[b]) for a, b in graph.arrows if made.layer_of[owner[b]] - made.layer_of[owner[a]] > 1})
    for start, end in far:
        passed = range(made.layer_of[start] + 1, made.layer_of[end])
        bottoms = [top + height for key, (_, top, _, height) in made.boxes.items() if made.layer_of[key] in passed]
        taken = [lane for pair, lane in made.lanes.items() if set(passed) & _passed(pair, made)]
        made.lanes[start, end] = max([max(bottoms) + LANE, *(lane + LANE for lane in taken)])
    if made.lanes:
        made.height = max(made.height, max(made.lanes.values()) + MARGIN)


def _passed(pair: tuple[str, str], made: Layout) -> set[int]:
    return set(range(made.layer_of[pair[0]] + 1, made.layer_of[pair[1]]))
