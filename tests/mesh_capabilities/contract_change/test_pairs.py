"""The corpus of changes: every pair gets its verdict, the peer's stands beside it, and the documents say the same."""

import re
from pathlib import Path

from mesh_capabilities.contract_change.contract_gate import compare_versions
from mesh_capabilities.contract_change.sorts import SORTS, Bump
from mesh_platform.standards import check_against

DOCUMENT = Path(__file__).parents[3] / "docs/contracts/change.md"
JUDGED = ("error", "warning", "info")


def rows(heading: str) -> list[list[str]]:
    """The rows of the table below a heading of the document, without the table's head."""
    chapter = DOCUMENT.read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line.strip("|").split(" | ") for line in chapter.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line] for line in lines][1:]


def test_a_change_is_found_and_asks_for_its_bump(pair):
    found = compare_versions(pair.old, pair.new)
    assert sorted(change.sort for change in found.changes) == sorted(pair.changes)
    assert found.required.name == pair.bump
    assert all(change.sentence for change in found.changes)


def test_both_contracts_of_a_pair_are_valid(pair):
    for document in (pair.old, pair.new):
        check_against(document, Path(pair.says), "odcs")


def test_nothing_has_changed_in_a_contract_that_is_the_same(pair):
    assert compare_versions(pair.new, pair.new).changes == ()


def test_the_corpus_is_large_and_holds_every_sort_of_change(corpus):
    assert len(corpus) >= 60
    assert len({pair.says for pair in corpus}) == len(corpus)
    assert {sort for pair in corpus for sort in pair.changes} == set(SORTS)


def test_the_table_of_the_document_lists_the_sorts():
    written = [[f"`{name}`", sort.kind, sort.bump.name, sort.consumer, sort.producer] for name, sort in SORTS.items()]
    printed = "\n".join(f"| {' | '.join(row)} |" for row in written)
    assert rows("Every sort of change") == written, f"paste:\n{printed}"


def disagrees(pair) -> bool:
    """Where the peer has a rule: its error for consumers is our major, its error for producers our harder promise."""
    if pair.peer["consumer"] not in JUDGED:
        return False
    found = compare_versions(pair.old, pair.new)
    harder = any(change.harder for change in found.changes)
    return (pair.peer["consumer"] == "error", pair.peer["producer"] == "error") != (found.required is Bump.major, harder)


def test_every_disagreement_with_the_peer_is_explained_and_no_other(corpus):
    said = {pair.says: [pair.peer["consumer"], pair.peer["producer"], pair.bump] for pair in corpus if disagrees(pair)}
    told = {sentence: [consumer, producer, bump] for sentence, consumer, producer, bump, _ in rows("Where we disagree")}
    printed = "\n".join(f"| {name} | {' | '.join(verdicts)} |  |" for name, verdicts in said.items())
    assert told == said, f"the disagreements are:\n{printed}"
    assert all(why for *_, why in rows("Where we disagree"))


def test_the_figures_of_the_document_are_those_of_the_corpus(corpus):
    judged = [pair for pair in corpus if pair.peer["consumer"] in JUDGED]
    agreed = [pair for pair in judged if not disagrees(pair)]
    text = " ".join(DOCUMENT.read_text(encoding="utf-8").split())
    told = re.search(r"Of (\d+) pairs it has a rule for (\d+), and we agree on (\d+)", text)
    assert [int(figure) for figure in told.groups()] == [len(corpus), len(judged), len(agreed)]
