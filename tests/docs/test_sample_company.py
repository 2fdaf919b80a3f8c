"""What the documents say of the sample company's targets and policy is so."""

import re
import shutil
import tomllib

import pytest

from mesh_capabilities.governance.library import load_library
from mesh_platform.errors import MeshError
from mesh_platform.yaml_files import read_mapping
from support.documents import ROOT, code, make_targets, not_in_the_recipe, plain_commands, recipes, table, text_of

README, TARGETS = "examples/marketplace/README.md", "examples/marketplace/targets.mk"


def test_every_target_of_the_sample_company_is_in_its_readme():
    told = {target for row in table(text_of(README)) for target in re.findall(r"`make ([a-z-]+)`", row[0])}
    assert told == make_targets(TARGETS).keys()


@pytest.mark.skipif(not shutil.which("make"), reason="there is no make here")
@pytest.mark.parametrize(("target", "command"), plain_commands(README, "Its targets"))
def test_a_plain_command_is_what_make_runs(target, command):
    assert not_in_the_recipe(target, command) == []


@pytest.mark.parametrize("target", sorted(recipes(TARGETS)))
def test_every_command_of_a_recipe_is_among_the_plain_ones(target):
    plain = [command for name, command in plain_commands(README, "Its targets") if name == target]
    assert [step for step in recipes(TARGETS)[target] if not any(command.startswith(step) for command in plain)] == []


def test_every_variable_of_its_targets_is_in_its_readme():
    assert set(re.findall(r"^(\w+) +\?=", text_of(TARGETS), re.MULTILINE)) <= set(code(text_of(README)))


def test_the_policy_that_is_shown_is_the_one_of_finance():
    shown = re.search(r"```sql\n(.+?)```", text_of("docs/governance/policies.md"), re.DOTALL)[1]
    library = load_library(ROOT, ["finance"])
    assert shown == text_of(library.policy("finance.no_personal_data").file)


def _commands() -> list[str]:
    scripts = tomllib.loads(text_of("examples/marketplace/pyproject.toml"))["project"]["scripts"]
    return [*scripts, *(f"make {target}" for target in make_targets(TARGETS).keys() - make_targets("Makefile").keys())]


def test_the_platform_knows_no_command_of_the_sample_company():
    sources = [file for file in (ROOT / "platform").rglob("*") if file.suffix in {".py", ".md", ".sql", ".jinja", ".html"}]
    texts = {file: file.read_text(encoding="utf-8") for file in sources}
    named = rf"(?:`|^\$ |^)(?:{'|'.join(_commands())})\b(?! =)"
    assert [str(file) for file, text in texts.items() if re.search(named, text, re.MULTILINE)] == []


def test_a_guide_that_stays_in_a_fork_shows_no_command_of_the_sample_company():
    gone = read_mapping(ROOT / "examples/marketplace/belongings.yaml", MeshError)["paths"]
    pages = [file.relative_to(ROOT).as_posix() for file in (ROOT / "docs").rglob("*.md")]
    pages = [page for page in pages if not page.startswith(("docs/decisions/", *gone))]
    shown = rf"(?:`|^\$ |^)(?:{'|'.join(_commands())})\b"
    assert "docs/howto/run-on-your-own-files.md" in pages
    assert [page for page in pages if re.search(shown, text_of(page), re.MULTILINE)] == []
