"""The corpus of good and bad data: our verdicts, and where datacontract-cli's differ, as the documents say."""

import importlib.util
import re
from pathlib import Path

import pytest
import yaml

from mesh_platform.contract.audit import audit
from mesh_platform.contract.document import load_contract
from mesh_platform.contract.rule import RESERVED

FOLDER = Path(__file__).parent / "corpus"
_spec = importlib.util.spec_from_file_location("contract_corpus", FOLDER / "corpus.py")
corpus = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(corpus)
CASES = corpus.cases()
DOCUMENT = Path(__file__).parents[3] / "docs" / "contracts" / "conformance.md"


def called(rule):
    return rule.sentence if rule.check in RESERVED else rule.check


def word(verdict):
    return "passed" if verdict.passed else "broken" if verdict.rule.blocks else "warned"


def test_the_corpus_is_as_large_as_it_should_be():
    assert len(CASES) >= 20
    assert all(case.rules for case in CASES.values())


@pytest.mark.parametrize("name", CASES)
def test_our_verdict_on_every_rule_is_the_recorded_one(company, parquet, name):
    case = CASES[name]
    contract = load_contract(company.write("domains/shop/contracts/things.v1.odcs.yaml", case.contract()), company.root)
    for data in ("good", "bad"):
        schema, *others = audit(contract, [parquet(case.query(data))]).verdicts
        judged = others if schema.passed and called(schema.rule) not in case.rules else [schema, *others]
        verdicts = {called(verdict.rule): word(verdict) for verdict in judged}
        assert verdicts == {rule: expected[data] for rule, expected in case.rules.items()}, data


def differences():
    """(case, rule, our verdicts, the peer's), each on good and on bad data."""
    for case in CASES.values():
        for rule, ours in case.rules.items():
            peer = corpus.peer_verdicts(case, ours["peer"])
            if peer != {data: ours[data] for data in ("good", "bad")}:
                yield case.name, rule, f"{ours['good']}, {ours['bad']}", ", ".join(dict.fromkeys((peer["good"], peer["bad"])))


def test_the_checks_of_the_peer_that_are_compared_were_all_recorded():
    recorded = corpus.recorded()
    assert recorded.keys() == CASES.keys()
    for case in CASES.values():
        named = {check for ours in case.rules.values() for check in ours["peer"]}
        assert named <= recorded[case.name]["bad"].keys() & recorded[case.name]["good"].keys()


def test_every_disagreement_with_datacontract_cli_is_listed_and_explained():
    rows = re.findall(r"^\| (\w+) \| `(.+?)` \| ([\w, ]+) \| ([\w, ]+) \| (.+) \|$", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    listed = {row[:4] for row in rows}
    expected = list(differences())
    missing = [
        f"| {case} | `{rule}` | {ours} | {peer} | why |"
        for case, rule, ours, peer in expected
        if (case, rule, ours, peer) not in listed
    ]
    assert not missing, "write into docs/contracts/conformance.md:\n" + "\n".join(missing)
    assert listed == set(expected)
    assert all(len(row[4]) > 20 for row in rows)


def test_the_document_says_what_was_compared_with_what():
    recorded = yaml.safe_load(corpus.RECORDED.read_text("utf-8"))
    text = DOCUMENT.read_text("utf-8")
    rules = sum(len(case.rules) for case in CASES.values())
    assert recorded["tool"] in text
    assert f"`{recorded['command']}`" in text
    assert f"{len(CASES)} contracts" in text
    assert f"{rules} rules" in text
    assert f"{rules - len(list(differences()))} of them" in text
