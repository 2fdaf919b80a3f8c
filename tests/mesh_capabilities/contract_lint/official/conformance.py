"""Holding the official examples of the standard against what stands in EXAMPLES.md: the digest, the verdict, the round trip.

    python tests/mesh_capabilities/contract_lint/official/conformance.py FOLDER

FOLDER holds the checked-out commits that EXAMPLES.md names, each in a folder called like the commit. With `--refresh` the
table is written anew from what is found.
"""

import hashlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mesh_capabilities.contract_lint.lint import LintLevel, lint_file
from mesh_capabilities.yaml_text import read_positions, read_text, yaml_text

TABLE = Path(__file__).with_name("EXAMPLES.md")
_ROW = re.compile(r"^\| ([0-9a-f]{40}) \| (\S+) \| ([0-9a-f]{64}) \| (v[\d.]+) \| (valid|invalid: .+?) \|$", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """One file of one commit, and what is to be found of it."""

    commit: str
    path: str
    digest: str
    version: str
    verdict: str
    """`valid`, or `invalid: ` and the first sentences of what is wrong with it."""

    def __str__(self) -> str:
        return f"| {' | '.join(vars(self).values())} |"


def recorded() -> list[Example]:
    """The rows of EXAMPLES.md."""
    return [Example(*row) for row in _ROW.findall(TABLE.read_text(encoding="utf-8"))]


def found_in(folder: Path) -> Iterator[Example]:
    """The examples of every commit in `folder`, each content once."""
    seen = set()
    for commit in sorted(path for path in folder.iterdir() if path.is_dir()):
        for path in sorted(commit.glob("docs/examples/**/*.yaml")):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            if digest not in seen:
                seen.add(digest)
                version = str(read_positions(path).document.get("apiVersion"))
                yield Example(commit.name, path.relative_to(commit).as_posix(), digest, version, verdict(path))


def verdict(path: Path) -> str:
    """What lint says of a file that stands in no mesh, in one cell of a table."""
    errors = lint_file(path).of(LintLevel.ERROR)
    said = "; ".join(dict.fromkeys(f"line {error.line}, {error.key}: {error.sentence}" for error in errors))
    return f"invalid: {said}".replace("|", "/") if errors else "valid"


def lost(text: str) -> bool:
    """Whether a document is another one after our reading and writing: a key, its place, a null, 1 for 1.0 or true."""
    read = read_text(text).document
    return repr(read_text(yaml_text(read)).document) != repr(read)


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0])
    examples = list(found_in(folder))
    if "--refresh" in arguments:
        head = TABLE.read_text(encoding="utf-8").partition("| commit |")[0]
        rows = [
            "| commit | file | SHA-256 | version | verdict of its own schema |",
            "|---|---|---|---|---|",
            *map(str, examples),
        ]
        TABLE.write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    expected = {example.digest: example for example in recorded()}
    wrong = [f"not as recorded: {one}" for one in examples if expected.get(one.digest) != one]
    wrong += [f"not there: {one}" for digest, one in expected.items() if digest not in {found.digest for found in examples}]
    wrong += [f"lost: {one}" for one in examples if lost((folder / one.commit / one.path).read_text(encoding="utf-8"))]
    print(*wrong, sep="\n")
    print(f"{len(examples)} examples, {len(wrong)} not as they should be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
