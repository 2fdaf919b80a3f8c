"""The diagrams of the handbook, drawn from the descriptors of the products and from the layers that the linter checks."""

import re
import tomllib
from html import escape
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
_STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #1c2733 } .group { font-weight: 650 }
.box { fill: #eef3f4; stroke: #b9cbd0 } .node rect, .part { fill: #fff; stroke: #6f9099 }
.arrow { fill: none; stroke: #7d8a94; stroke-width: 1.4 } .ground { fill: #fbfbf9 }"""
_WIDTH, _ROW, _HEAD = 960, 46, 34


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
    """The capabilities, and below them the layers of the core, as the linter checks them."""
    rows = [*_in_rows(_capabilities(), 5), *_layers()]
    capabilities = len(rows) - len(_layers())
    height = len(rows) * _ROW + 2 * _HEAD + 24
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">', _ground(_WIDTH, height)]
    top = 8
    for number, names in enumerate(rows):
        if number in (0, capabilities):
            title = (
                "mesh_capabilities, as mesh.toml lists them"
                if number == 0
                else "mesh_platform, the core: arrows only point down"
            )
            parts.append(f'<text class="group" x="16" y="{top + 22}">{title}</text>')
            top += _HEAD
        width = (_WIDTH - 16) / len(names)
        for at, name in enumerate(names):
            left = 8 + at * width
            kind = "box" if number < capabilities else "part"
            parts.append(f'<rect class="{kind}" x="{left + 4:.0f}" y="{top + 4}" width="{width - 8:.0f}" height="34" rx="7"/>')
            parts.append(f'<text x="{left + width / 2:.0f}" y="{top + 26}" text-anchor="middle">{escape(name)}</text>')
        top += _ROW
    return "\n".join([*parts, "</svg>", ""])


def _capabilities() -> list[str]:
    return sorted(path.parent.name for path in (ROOT / "platform/mesh_capabilities").glob("*/__init__.py"))


def _layers() -> list[list[str]]:
    """The layers of the core, top row first, as pyproject.toml lists them for the linter."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (layers,) = (contract["layers"] for contract in settings["contracts"] if contract["type"] == "layers")
    return [[name.removeprefix("mesh_platform.") for name in layer.split(" | ")] for layer in layers]


def _in_rows(names: list[str], width: int) -> list[list[str]]:
    return [names[at : at + width] for at in range(0, len(names), width)]


def _ground(width: object, height: object) -> str:
    return f'<style>{_STYLE}</style><rect class="ground" width="{width}" height="{height}" rx="10"/>'
