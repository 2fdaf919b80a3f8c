"""What the documents say of the sample company's verbs and policy is so."""

import re
import shutil

import pytest

from mesh_capabilities.governance.library import load_library
from support.documents import ROOT, code, make_verbs, not_in_the_recipe, plain_commands, recipes, table, text_of

README, VERBS = "examples/marketplace/README.md", "examples/marketplace/verbs.mk"


def test_every_verb_of_the_sample_company_is_in_its_readme():
    told = {verb for row in table(text_of(README)) for verb in re.findall(r"`make ([a-z-]+)`", row[0])}
    assert told == make_verbs(VERBS).keys()


@pytest.mark.skipif(not shutil.which("make"), reason="there is no make here")
@pytest.mark.parametrize(("verb", "command"), plain_commands(README, "Its verbs"))
def test_a_plain_command_is_what_make_runs(verb, command):
    assert not_in_the_recipe(verb, command) == []


@pytest.mark.parametrize("verb", sorted(recipes(VERBS)))
def test_every_command_of_a_recipe_is_among_the_plain_ones(verb):
    plain = [command for name, command in plain_commands(README, "Its verbs") if name == verb]
    assert [step for step in recipes(VERBS)[verb] if not any(command.startswith(step) for command in plain)] == []


def test_every_variable_of_its_verbs_is_in_its_readme():
    assert set(re.findall(r"^(\w+) +\?=", text_of(VERBS), re.MULTILINE)) <= set(code(text_of(README)))


def test_the_policy_that_is_shown_is_the_one_of_finance():
    shown = re.search(r"```sql\n(.+?)```", text_of("docs/governance/policies.md"), re.DOTALL)[1]
    library = load_library(ROOT, ["finance"])
    assert shown == text_of(library.policy("finance.no_personal_data").file)
