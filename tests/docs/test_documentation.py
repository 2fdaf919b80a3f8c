"""What the documents say is so: paths, verbs, links, arrows, dependencies and decisions, held against the repository."""

import fnmatch
import os
import re
import shutil
import subprocess
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOMAINS = sorted(path.parent.name for path in ROOT.glob("domains/*/domain.yaml"))
COMPANY = [name for name in DOMAINS if name != "governance"]
"""The domains of the sample company, which the picture is of; governance describes them all, and nobody needs to see that."""
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for entry in ROOT.glob("[!.]*")
    for path in (entry.rglob("*.md") if entry.is_dir() else [entry])
    if path.suffix == ".md"
)
DECISIONS = sorted(path.name for path in ROOT.glob("docs/decisions/[0-9]*.md"))


def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def chapter(document: str, heading: str) -> str:
    """The text below a heading of the second or third level, up to the next one of the second."""
    return re.split(rf"^###? {re.escape(heading)}$", text_of(document), flags=re.MULTILINE)[1].split("\n## ")[0]


def code(text: str) -> list[str]:
    """What stands between backquotes, and the lines of shell blocks."""
    blocks = re.findall(r"^```(?:sh|console)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    return [" ".join(span.split()) for span in spans] + [line for block in blocks for line in block.splitlines()]


def table(text: str) -> list[list[str]]:
    """The rows of all Markdown tables of a text, without their headers."""
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in row] for row in rows]
    rulers = [at for at, row in enumerate(cells) if not "".join(row).strip("-: ")]
    return [row for at, row in enumerate(cells) if at not in rulers and at + 1 not in rulers]


def products() -> list[dict[str, Any]]:
    return [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(ROOT.glob("domains/*/products/*.odps.yaml"))]


def make_verbs() -> dict[str, str]:
    return dict(re.findall(r"^([a-z-]+):.*?## (.*)$", text_of("Makefile"), re.MULTILINE))


def mesh_verbs() -> dict[str, Any]:
    """Every verb of the command line with its command, `contract lint` as two words."""
    from typer.main import get_command

    from mesh_platform.cli.app import command_line
    from mesh_platform.hooks import every_capability

    verbs = {}
    for name, command in get_command(command_line(every_capability())).commands.items():
        for below, inner in getattr(command, "commands", {"": command}).items():
            verbs[f"{name} {below}".strip()] = inner
    return verbs


# The picture and the tree


# sample:begin
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


# sample:end


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


def test_every_folder_of_the_platform_is_in_the_tree():
    folders = {path.parent.name for path in ROOT.glob("platform/mesh_platform/*/__init__.py")}
    assert folders == {
        path.split("/")[2] for path in tree() if path.startswith("platform/mesh_platform/") and path.count("/") == 3
    }


# Verbs


def test_every_make_verb_is_in_contributing():
    told = {verb for row in table(chapter("CONTRIBUTING.md", "Setting up")) for verb in re.findall(r"`make ([a-z-]+)`", row[0])}
    assert told == make_verbs().keys() - {"help"}


def make(*arguments: str) -> str:
    """What make prints when a person calls it, also where these tests themselves were started by make."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(["make", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.skipif(not shutil.which("make"), reason="there is no make here")
def test_make_help_lists_every_verb_with_its_line():
    lines = [line.split(maxsplit=2)[1:] for line in make("help").splitlines()]
    assert dict(lines) == make_verbs()


def plain_commands() -> list[tuple[str, str]]:
    """Each make verb with each of the plain commands that CONTRIBUTING gives for it."""
    pairs, verb = [], ""
    for first, command, *_ in table(chapter("CONTRIBUTING.md", "Setting up")):
        verb = first.strip("`").removeprefix("make ") or verb
        if command.startswith("`"):
            pairs.append((verb, command.strip("`")))
    by_hand = chapter("CONTRIBUTING.md", "Dependencies").split("```sh\n")[1].split("```")[0]
    return pairs + [("lock", part) for line in by_hand.splitlines() for part in line.split(" && ")]


@pytest.mark.skipif(not shutil.which("make"), reason="there is no make here")
@pytest.mark.parametrize(("verb", "command"), plain_commands())
def test_a_plain_command_is_what_make_runs(verb, command):
    """Its words stand in make's recipe in this order; what else is there only makes make quieter."""
    printed = make("--dry-run", "--always-make", verb, "MESH_HOME=")
    recipe = iter(word.rstrip("/;") for word in printed.replace("\\\n", " ").split())
    missing = [word for word in command.split() if word.rstrip("/") not in recipe]
    assert not missing


def test_every_variable_of_the_makefile_is_in_contributing():
    assert set(re.findall(r"^(\w+) +\?=", text_of("Makefile"), re.MULTILINE)) <= set(code(text_of("CONTRIBUTING.md")))


def test_every_mesh_verb_is_in_the_readme_with_its_options_and_its_own_help():
    told = {}
    for verb, options, said in table(chapter("README.md", "The command line")):
        name = re.match(r"`mesh ([a-z]+(?: [a-z]+)?)", verb)[1]
        told[name] = (set(re.findall(r"--[a-z-]+", options)), said)
    real = {
        name: (
            {option for param in command.params for option in param.opts if option.startswith("--")} - {"--help"},
            command.help,
        )
        for name, command in mesh_verbs().items()
    }
    assert told == real


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_names_no_verb_that_does_not_exist(document):
    parts = code(text_of(document))
    made = {verb for part in parts for verb in re.findall(r"(?:^|&& )make ([a-z][a-z-]*)", part)}
    assert made <= make_verbs().keys()
    meshed = {verb for part in parts for verb in re.findall(r"(?:^|/|\$ |&& )mesh ([a-z]+)", part)}
    assert meshed <= {name.split()[0] for name in mesh_verbs()}


def test_the_exit_codes_are_those_of_mesh_help():
    from mesh_platform.cli.app import app

    told = {row[0] for row in table(chapter("CONTRIBUTING.md", "Exit codes"))}
    assert told == set(re.findall(r"(?:: |· )(\d+) ", app.info.epilog))


# Links and paths


def anchors(document: Path) -> list[str]:
    """The headings of a document, as links name them."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_relative_link_resolves(document):
    prose = re.sub(r"^```.*?^```", "", text_of(document), flags=re.MULTILINE | re.DOTALL)
    broken = []
    for target in re.findall(r"\]\(([^)]+)\)", prose):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (ROOT / document).parent / path if path else ROOT / document
        if not there.exists() or (anchor and anchor not in anchors(there)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("document", [name for name in DOCUMENTS if not name.startswith("domains/")])
def test_every_path_in_backquotes_exists(document):
    """Those that begin with a folder of the repository, or, in a decision, with one of the platform's."""
    bases = [ROOT, ROOT / "platform/mesh_platform"] if document.startswith("docs/") else [ROOT]
    folders = {path.name for base in bases for path in base.glob("[!.]*") if path.is_dir()}
    named = [part for part in code(text_of(document)) if re.fullmatch(r"[\w./<>-]+", part) and part.split("/")[0] in folders]
    # `ports/<domain>` is below the home of a mesh; the results come with the first benchmark.
    paths = [path for path in named if not path.startswith("ports/<") and path != "bench/results.json"]
    assert [path for path in paths if not any(list(base.glob(re.sub(r"<\w+>", "*", path))) for base in bases)] == []


# sample:begin
def test_the_readme_has_a_place_for_the_measured_speed():
    assert re.search(r"<!-- bench:begin -->\n.+\n<!-- bench:end -->", text_of("README.md"), re.DOTALL)


# sample:end


# Decisions, dependencies, tests, versions


def test_every_decision_is_in_the_index():
    index = text_of("docs/decisions/README.md")
    linked = re.findall(r"^\| \[\d{4}\]\(([^)]+)\) \| (.+) \|$", index, re.MULTILINE)
    titles = [(name, re.match(r"# (\d{4}) (.+)", text_of(f"docs/decisions/{name}"))) for name in DECISIONS]
    assert linked == [(name, title[2]) for name, title in titles]
    assert [name[:4] for name in DECISIONS] == [title[1] for _, title in titles]


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_decision_says_its_context_its_outcome_and_its_consequences(decision):
    headings = re.findall(r"^## (\w+)$", text_of(f"docs/decisions/{decision}"), re.MULTILINE)
    assert [headings[0], headings[-1]] == ["Context", "Consequences"]
    assert "Outcome" in headings
    assert {"Options", "Rejected"} & set(headings)


def test_every_direct_dependency_has_its_line():
    said = tomllib.loads(text_of("pyproject.toml"))
    direct = [*said["project"]["dependencies"], *(name for group in said["dependency-groups"].values() for name in group)]
    told = [row[0] for row in table(text_of("docs/decisions/0013-dependencies.md"))]
    assert sorted(told) == sorted(re.match(r"[\w-]+", name)[0] for name in direct)


def test_every_folder_of_tests_is_in_contributing():
    told = {row[0].strip("`").removeprefix("tests/") for row in table(chapter("CONTRIBUTING.md", "Tests"))}
    found = {path.relative_to(ROOT / "tests").parts[0] for path in ROOT.glob("tests/**/test_*.py")}
    assert found <= told


def test_the_changelog_speaks_of_the_version_that_stands_in_pyproject():
    assert tomllib.loads(text_of("pyproject.toml"))["project"]["version"] in text_of("CHANGELOG.md")


# The domains' own pages


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_domain_page_lists_every_port_with_what_it_consumes(domain):
    told = {}
    for row in table(text_of(f"domains/{domain}/README.md")):
        if named := re.search(r"\[`(\w+/\w+)`\]", " ".join(row)):
            others = {other for cell in row for other in re.findall(r"`(\w+/\w+)`", cell)}
            told[named[1]] = {other for other in others if not other.startswith(f"{domain}/")}
    assert told == {
        f"{domain}/{output['name']}": {entry["name"] for entry in product.get("inputPorts", ())}
        for product in products()
        if product["domain"] == domain
        for output in product["outputPorts"]
    }


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_domain_page_names_every_source_file_the_owner_and_the_channel(domain):
    page, said = text_of(f"domains/{domain}/README.md"), yaml.safe_load(text_of(f"domains/{domain}/domain.yaml"))
    for source in import_module(f"{domain}.ingestion").SOURCES if domain in COMPANY else ():
        assert f"`{source.file}`" in page or f"`{Path(source.file).name}`" in page
    assert f"`{said['owner']}`" in page
    assert f"`{said['channel']}`" in page
