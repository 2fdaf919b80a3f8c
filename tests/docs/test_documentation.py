"""What the documents say is so: paths, commands, links, dependencies and decisions, held against the repository."""

import re
import shutil
import tomllib
from pathlib import Path

import pytest
import yaml

from mesh_platform.ingestion.declaration import sources_of
from mesh_platform.project import load_domain
from support.documents import (
    DOCUMENTS,
    ROOT,
    chapter,
    code,
    make,
    make_targets,
    makefiles,
    mesh_commands,
    not_in_the_recipe,
    plain_commands,
    products,
    recipes,
    table,
    text_of,
)

DOMAINS = sorted(path.parent.name for path in ROOT.glob("domains/*/domain.yaml"))
COMPANY = [name for name in DOMAINS if name != "governance"]
DECISIONS = sorted(path.name for path in ROOT.glob("docs/decisions/[0-9]*.md"))


# Commands


def test_every_make_target_is_in_contributing():
    told = {
        target for row in table(chapter("CONTRIBUTING.md", "Setting up")) for target in re.findall(r"`make ([a-z-]+)`", row[0])
    }
    assert told == make_targets().keys() - {"help"}


@pytest.mark.skipif(not shutil.which("make"), reason="there is no make here")
def test_make_help_lists_every_target_with_its_line():
    lines = [line.split(maxsplit=2)[1:] for line in make("help").splitlines()]
    assert dict(lines) == make_targets(*makefiles())


def commands() -> list[tuple[str, str]]:
    by_hand = chapter("CONTRIBUTING.md", "Dependencies").split("```sh\n")[1].split("```")[0]
    locking = [("lock", part) for line in by_hand.splitlines() for part in line.split(" && ")]
    return plain_commands("CONTRIBUTING.md", "Setting up") + locking


@pytest.mark.skipif(not shutil.which("make"), reason="there is no make here")
@pytest.mark.parametrize(("target", "command"), commands())
def test_a_plain_command_is_what_make_runs(target, command):
    assert not_in_the_recipe(target, command) == []


@pytest.mark.parametrize("target", sorted(recipes("Makefile").keys() - {"help"}))
def test_every_command_of_a_recipe_is_among_the_plain_ones(target):
    plain = [" ".join(command.split()) for name, command in commands() if name == target]
    assert [step for step in recipes("Makefile")[target] if not any(command.startswith(step) for command in plain)] == []


def test_every_variable_of_the_makefile_is_in_contributing():
    assert set(re.findall(r"^(\w+) +\?=", text_of("Makefile"), re.MULTILINE)) <= set(code(text_of("CONTRIBUTING.md")))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_names_no_command_that_does_not_exist(document):
    parts = code(text_of(document))
    made = {target for part in parts for target in re.findall(r"(?:^|&& )make ([a-z][a-z-]*)", part)}
    assert made <= make_targets(*makefiles()).keys()
    meshed = {command for part in parts for command in re.findall(r"(?:^|/|\$ |&& )mesh ([a-z]+)", part)}
    meshed -= {"naming"} if document == "docs/howto/write-a-capability.md" else set()  # the page writes it
    assert meshed <= {name.split()[0] for name in mesh_commands()}


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
    # `ports/<domain>` is below the home of a mesh; the results come with the first benchmark; one key of Dagster's metadata.
    paths = [path for path in named if not path.startswith("ports/<")]
    paths = [path for path in paths if path not in ("bench/results.json", "dagster/column_lineage")]
    assert [path for path in paths if not any(list(base.glob(re.sub(r"<\w+>", "*", path))) for base in bases)] == []


@pytest.mark.parametrize("document", [name for name in DOCUMENTS if name != "CHANGELOG.md"])
def test_every_module_in_backquotes_exists(document):
    """Beside the page or below a package of the platform; a page outside the platform may give a module's bare name."""
    platform = ROOT / "platform"
    bases = [(ROOT / document).parent, ROOT, platform, platform / "mesh_platform", platform / "mesh_capabilities"]
    anywhere = set() if document.startswith("platform/") else {path.name for path in ROOT.glob("[!.]*/**/*.py")}
    missing = []
    for part in code(text_of(document)):
        if re.fullmatch(r"[\w./-]+\.py", part):
            exists = part in anywhere or any((base / part).is_file() for base in bases)
        elif re.fullmatch(r"mesh_(platform|capabilities)(\.\w+)+", part):
            path = platform / part.replace(".", "/")
            exists = path.is_dir() or path.with_suffix(".py").is_file()
        else:
            exists = True
        if not exists:
            missing.append(part)
    assert missing == []


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
    examples = [table(path.read_text(encoding="utf-8")) for path in ROOT.glob("examples/*/README.md")]
    rows = sum(examples, table(chapter("CONTRIBUTING.md", "Tests")))
    told = {row[0].strip("`").removeprefix("tests/") for row in rows if row}
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
    for source in sources_of(load_domain(ROOT, domain)) if domain in COMPANY else ():
        assert f"`{source.file}`" in page or f"`{Path(source.file).name}`" in page
    assert f"`{said['owner']}`" in page
    assert f"`{said['channel']}`" in page
