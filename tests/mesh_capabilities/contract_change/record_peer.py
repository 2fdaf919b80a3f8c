"""Records in the corpus what `datacontract breaking` says of each pair; runs in an environment of datacontract-cli 1.2.8."""

import re
import tempfile
from pathlib import Path

import pairs
import yaml
from datacontract.breaking.rules import MetadataFallbackRule
from datacontract.data_contract import DataContract
from datacontract.model.breaking import Perspective

LEVELS = ("info", "warning", "error")


def verdict(old: Path, new: Path, perspective: Perspective) -> str:
    """The gravest level; `no rule` when every entry fell through to the rule for what no rule judges."""
    contracts = (DataContract(data_contract_file=str(path), inline_references=False) for path in (old, new))
    entries = next(contracts).breaking(next(contracts), perspective=perspective).entries
    if not entries:
        return "nothing"
    if all(entry.rule_id == MetadataFallbackRule.rule_id for entry in entries):
        return "no rule"
    return max((entry.level.value for entry in entries), key=LEVELS.index)


def main() -> None:
    text = pairs.FILE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        old, new = Path(folder) / "old.yaml", Path(folder) / "new.yaml"
        for pair in pairs.pairs():
            old.write_text(yaml.safe_dump(pair.old), encoding="utf-8")
            new.write_text(yaml.safe_dump(pair.new), encoding="utf-8")
            said = ", ".join(f"{side.value}: {verdict(old, new, side)}" for side in Perspective)
            entry = re.compile(rf"(  - says: {re.escape(pair.says)}\n(?:    (?!peer).*\n)*)(?:    peer:.*\n)?")
            text = entry.sub(lambda found, said=said: f"{found[1]}    peer: {{{said}}}\n", text, count=1)
    pairs.FILE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
