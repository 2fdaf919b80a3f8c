"""A graph as SVG: every node a link, every colour the style sheet's, nothing that runs."""

from collections.abc import Iterator

from markupsafe import Markup, escape

from mesh_capabilities.portal.pictures.graph import Graph, Group, Node
from mesh_capabilities.portal.pictures.layout import NODE_HEIGHT, NODE_WIDTH, PAGE, Layout, lay_out

_LETTERS = 22
"""How many letters fit into a node, whatever font the reader has."""


def draw(graph: Graph, root: str, title: str, page: float = PAGE) -> Markup:
    """The picture as an `<svg>` element.

    Args:
        graph: what is drawn.
        root: how the page gets to the portal's root.
        title: what the picture is of, for those who hear it.
        page: pixels that it may take without being scrolled.
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


# Below, every text of a mesh goes through `escape`; what does not is a number or a name of ours.


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
    if places.layer_of[pair[0]] >= places.layer_of[pair[1]]:  # within a domain, or back in a circle: round the right side
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
