"""The page on policies lists those that there are, and shows a policy and a waiver that can be read."""

import re
from datetime import timedelta
from pathlib import Path

from mesh_capabilities.governance.library import load_library
from mesh_capabilities.governance.policy import Policy
from mesh_capabilities.governance.policy_tables import MASKING_STEPS
from mesh_capabilities.governance.waiver import read_waiver

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "governance" / "policies.md").read_text(encoding="utf-8")
LIBRARY = load_library(ROOT, sorted(path.parent.name for path in ROOT.glob("domains/*/domain.yaml")))


def row(policy: Policy) -> str:
    phases = ", ".join(phase.value for phase in policy.phases)
    word = "blocks" if policy.severity == "error" else "warns"
    name = f"`{policy.id}`{' (privacy)' if policy.privacy else ''}"
    return f"| {name} | {policy.title} | {policy.scope.subjects.name} | {phases} | {word} {policy.effective_from} |"


def test_the_table_is_made_of_the_policies_of_the_whole_mesh():
    shown = PAGE.partition("<!-- policies:begin -->\n")[2].partition("\n<!-- policies:end -->")[0]
    assert shown.splitlines()[2:] == [row(policy) for policy in LIBRARY.policies if "." not in policy.id]


def test_the_waiver_that_is_shown_is_one_and_lasts_as_long_as_it_may(tmp_path):
    shown = re.search(r"```yaml\n(# domains/finance/waivers.+?)```", PAGE, re.DOTALL)[1]
    path = tmp_path / "old_till.yaml"
    path.write_text(shown, encoding="utf-8")
    waiver = read_waiver(path, "domains/finance/waivers/old_till.yaml", "finance")
    assert waiver.expires_on - waiver.starts_on == timedelta(days=90)
    assert not LIBRARY.policy(waiver.policy).privacy


def test_every_masking_step_is_named():
    assert all(f"`{step.step}`" in PAGE for step in MASKING_STEPS)
