"""The diagrams of the handbook, drawn from the descriptors of the products and from the imports of the platform."""

import ast
import re
from graphlib import TopologicalSorter
from html import escape
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
_PLATFORM = ROOT / "platform/mesh_platform"
_STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #1c2733 } .group { font-weight: 650 }
.box { fill: #eef3f4; stroke: #b9cbd0 } .node rect, .part { fill: #fff; stroke: #6f9099 }
.arrow { fill: none; stroke: #7d8a94; stroke-width: 1.4 } .ground { fill: #fbfbf9 }"""
_WIDTH, _ROW = 960, 46


def mesh() -> str:
    """Domains, their ports, and the declared inputs between them, without the mesh's own metadata."""
    from mesh_capabilities.portal.pictures import Graph, Group, Node, draw

    files = sorted(ROOT.glob("domains/*/products/*.odps.yaml"))
    products = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in files]
    ports: dict[str, list[str]] = {}
    arrows = set()
    for product in products:
        outputs = [f"{product['domain']}/{output['name']}" for output in product["outputPorts"]]
        ports.setdefault(product["domain"], []).extend(outputs)
        arrows |= {(read["name"], output) for read in product.get("inputPorts") or () for output in outputs}
    ports.pop("governance", None)
    groups = [Group(name, name, "", [Node(key, key.partition("/")[2], "") for key in keys]) for name, keys in ports.items()]
    drawn = str(draw(Graph.of(groups, arrows), "", "The ports of the mesh, and who consumes what", page=1_000))
    drawn = re.sub(r"</?a\b[^>]*>", lambda tag: "</g>" if tag[0].startswith("</") else '<g class="node">', drawn)
    width, height = re.search(r'viewBox="0 0 (\d+) (\d+)"', drawn).groups()
    head, _, rest = drawn.partition(">")
    return f'{head} xmlns="http://www.w3.org/2000/svg">{_ground(width, height)}{rest}\n'


def platform() -> str:
    """The folders of the platform, each above those it imports; folders that import each other share a row."""
    rows = _layers(_imports())
    height = len(rows) * _ROW + 16
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">', _ground(_WIDTH, height)]
    for number, names in enumerate(rows):
        width = (_WIDTH - 16) / len(names)
        for at, name in enumerate(names):
            left, top = 8 + at * width, 8 + number * _ROW
            parts.append(f'<rect class="part" x="{left + 4:.0f}" y="{top + 4}" width="{width - 8:.0f}" height="34" rx="7"/>')
            parts.append(f'<text x="{left + width / 2:.0f}" y="{top + 26}" text-anchor="middle">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _ground(width: object, height: object) -> str:
    return f'<style>{_STYLE}</style><rect class="ground" width="{width}" height="{height}" rx="10"/>'


def _imports() -> dict[str, set[str]]:
    """By folder of the platform, the other folders that its modules import."""
    folders = {path.parent.name for path in _PLATFORM.glob("*/__init__.py")}
    found: dict[str, set[str]] = {folder: set() for folder in folders}
    for folder in folders:
        for path in (_PLATFORM / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mesh_platform."):
                    found[folder].add(node.module.split(".")[1])
    return {folder: (read & folders) - {folder} for folder, read in found.items()}


def _layers(imports: dict[str, set[str]]) -> list[list[str]]:
    """Top row first. Folders that import each other stand in one row."""
    reach = {name: _reached(name, imports) for name in imports}
    together = {name: frozenset({other for other in reach[name] if name in reach[other]} | {name}) for name in imports}
    below = {group: {together[read] for name in group for read in imports[name]} - {group} for group in together.values()}
    depth: dict[frozenset[str], int] = {}
    for group in TopologicalSorter(below).static_order():
        depth[group] = 1 + max((depth[other] for other in below[group]), default=0)
    rows: dict[int, list[str]] = {}
    for group, level in depth.items():
        rows.setdefault(level, []).extend(group)
    return [sorted(rows[level]) for level in sorted(rows, reverse=True)]


def _reached(start: str, imports: dict[str, set[str]]) -> set[str]:
    found, ahead = set(), [start]
    while ahead:
        for name in imports[ahead.pop()] - found:
            found.add(name)
            ahead.append(name)
    return found
