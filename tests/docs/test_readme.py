"""What the README says of the sample company and of the repository is so: the picture, the tree, the table of commands."""

import fnmatch
import re

import pytest

from support.documents import ROOT, chapter, mesh_commands, products, site_module, table, text_of

COMPANY = sorted(path.parent.name for path in ROOT.glob("domains/*/domain.yaml") if path.parent.name != "governance")
"""The domains of the sample company, which the picture is of; governance reads them all, and is left out of it."""


def arrows(kind: str) -> set[tuple[str, str]]:
    """The arrows of the picture as pairs of ports; a node is called domain_port."""
    lines = [line.split(kind) for line in text_of("README.md").splitlines() if kind in line and line.startswith("    ")]
    return {(port(start), port(end)) for starts, end in lines for start in starts.split("&")}


def port(node: str) -> str:
    return node.strip().replace("_", "/", 1)


def reviewed() -> dict[str, set[str]]:
    """The ports of the reviewed graph, each with the ports it is made of; what has come since is not drawn yet."""
    parts = text_of("tests/architecture/mesh_graph.txt").strip().split("\n\n")
    assets = {name: dict(re.findall(r"^  (\w+): (.*)$", part, re.M)) for part in parts for name in [part.splitlines()[0]]}
    ports = {name for name in assets if not name.startswith("#") and "/raw_" not in name}
    return {name: ports & set(assets[name].get("deps", "").split(", ")) for name in ports}


def test_the_solid_arrows_of_the_picture_are_the_inputs_of_the_reviewed_graph_and_declared():
    read = {(other, name) for name, others in reviewed().items() for other in others}
    across = {(other, name) for other, name in read if other.split("/")[0] != name.split("/")[0]}
    declared = {
        (entry["name"], f"{product['domain']}/{output['name']}")
        for product in products()
        for entry in product.get("inputPorts", ())
        for output in product["outputPorts"]
    }
    assert arrows("-->") == across
    assert across <= declared


def test_the_dotted_arrows_of_the_picture_are_the_ports_that_read_a_port_of_their_own_domain():
    read = {(other, name) for name, others in reviewed().items() for other in others}
    assert arrows("-.->") == {(other, name) for other, name in read if other.split("/")[0] == name.split("/")[0]}


def test_the_boxes_of_the_picture_are_the_domains_with_their_ports():
    picture = text_of("README.md").split("```mermaid")[1].split("```")[0]
    boxes = {
        name: {port(node) for node in re.findall(r"(\w+)\[", content)}
        for name, content in re.findall(r"subgraph (\w+)\n(.*?)\n    end", picture, re.DOTALL)
    }
    ports = {}
    for name in (name for name in reviewed() if name.split("/")[0] in COMPANY):
        ports.setdefault(name.split("/")[0], set()).add(name)
    assert boxes == ports


def tree() -> list[str]:
    """Every path that the tree of the README shows; an indented one stands below the one it is indented under."""
    paths, above = [], ""
    for line in chapter("README.md", "The tree").split("```")[1].splitlines():
        names = re.split(r"\s{2,}", line.strip())[0].split()
        if not line.startswith(" ") and names:
            above = names[0]
            paths += names
        else:
            paths += [above + name for name in names]
    return paths


def test_every_path_of_the_tree_exists():
    assert [path for path in tree() if not list(ROOT.glob(re.sub(r"<\w+>", "*", path)))] == []


def test_every_top_level_entry_is_in_the_tree():
    ignored = [line.strip().rstrip("/") for line in text_of(".gitignore").splitlines()]
    found = {
        path.name
        for path in ROOT.iterdir()
        if not path.name.startswith(".git") and not any(fnmatch.fnmatch(path.name, pattern) for pattern in ignored)
    }
    assert found - {path.partition("/")[0] for path in tree()} == set()


@pytest.mark.parametrize("package", ["mesh_platform", "mesh_capabilities"])
def test_every_folder_of_the_platform_is_in_the_tree(package):
    folders = {path.parent.name for path in ROOT.glob(f"platform/{package}/*/__init__.py")}
    shown = {path.split("/")[2] for path in tree() if path.startswith(f"platform/{package}/") and path.count("/") == 3}
    assert folders == shown


def test_every_mesh_command_is_in_the_readme_with_its_options_and_its_own_help():
    told = {}
    for command, options, said in table(chapter("README.md", "The command line")):
        name = re.match(r"`mesh ([a-z]+(?: [a-z]+)?)", command)[1]
        told[name] = (set(re.findall(r"--[a-z-]+", options)), said)
    real = {
        name: (
            {option for param in command.params for option in param.opts if option.startswith("--")} - {"--help"},
            command.help,
        )
        for name, command in mesh_commands().items()
    }
    assert told == real


def test_the_readme_calls_the_arguments_of_a_command_as_its_help_does():
    called_with = site_module("commands_page").called_with
    shown = {}
    for command, *_ in table(chapter("README.md", "The command line")):
        name, words = re.match(r"`mesh ([a-z]+(?: [a-z]+)?)(.*)`", command).groups()
        shown[name] = words.strip().replace(" or ", "|").replace(", ", "|").replace(" …]", "]...").replace(" …", "...")
    real = {
        name: " ".join(called_with(param) for param in command.params if param.param_type_name == "argument")
        for name, command in mesh_commands().items()
    }
    assert shown == real


def test_the_readme_has_a_place_for_the_measured_speed():
    assert re.search(r"<!-- bench:begin -->\n.+\n<!-- bench:end -->", text_of("README.md"), re.DOTALL)
