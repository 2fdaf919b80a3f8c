"""Every decision that docs/contracts/conformance.md states, with the values that keep and break its example."""

import re
from pathlib import Path

import pytest
import yaml

from mesh_isolation.yaml_bounds import PlainLoader
from mesh_platform.contract.audit import audit
from mesh_platform.contract.document import load_contract
from mesh_platform.errors import ContractError

DOCUMENT = Path(__file__).parents[3] / "docs" / "contracts" / "conformance.md"
_, STATED, _ = re.split(r"<!-- decisions:(?:begin|end) -->", DOCUMENT.read_text("utf-8"))
ROWS = [
    [cell.replace(r"\|", "|").strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
    for line in STATED.splitlines()
    if line.startswith("|") and not line.startswith(("| decision", "|---"))
]
HEAD = "apiVersion: v3.1.0\nkind: DataContract\nid: shop.things.v1\nversion: 1.0.0\nstatus: active\ndomain: shop\n"


@pytest.mark.parametrize(("decision", "column", "kept", "broken"), ROWS, ids=[row[0] for row in ROWS])
def test_a_decision_holds_for_its_example(company, parquet, decision, column, kept, broken):
    entry = yaml.load(column.strip("`"), Loader=PlainLoader)
    levels = re.search(r", slaProperties: (\[.*\])\}", column)
    text = column.strip("`") if not levels else column.strip("`").replace(levels[0], "}")
    text = f"{HEAD}schema:\n  - name: things\n    properties:\n      - {{name: a, {text[1:]}\n"
    path = Path(company.root, "domains/shop/contracts/things.v1.odcs.yaml")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + (f"slaProperties: {levels[1]}\n" if levels else ""), "utf-8")
    if kept == "refused":
        with pytest.raises(ContractError, match=re.escape(broken.strip("`"))):
            load_contract(path, company.root)
        return
    contract = load_contract(path, company.root)
    for values, expected in ((kept, True), (broken, False)):
        for value in re.findall(r"`([^`]+)`", values):
            typed = f"CAST({value} AS {entry['physicalType']})" if "physicalType" in entry else value
            verdicts = audit(contract, [parquet(f"SELECT {typed} AS a")]).verdicts
            assert all(verdict.passed for verdict in verdicts) == expected, value
            if "physicalType" in entry:
                assert verdicts[0].passed
                assert len(verdicts) > 1


def test_the_page_states_decisions_of_every_sort():
    assert len(ROWS) >= 35
    assert sum(kept == "refused" for _, _, kept, _ in ROWS) >= 9
