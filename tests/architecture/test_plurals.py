"""A number in a message has its noun from one helper: `1 row`, `2 rows`."""

import ast
import re
from pathlib import Path

import pytest

PLATFORM = Path(__file__).parents[2] / "platform"
FILES = sorted(PLATFORM.glob("mesh_*/**/*.py"))
NOUNS = re.compile(
    r"^ (?:\w+ )?(rows|days|ports|files|lines|columns|versions|records|domains|products|values|contracts|policies|keys|changes"
    r"|checks|rules|models|tests|runs|events|pages|majors|sources|subjects|waivers|tables|entries|examples|consumers|readers)\b"
)
ALLOWED = {
    ("mesh_isolation/limits.py", " rows"),  # a text that is parsed
    ("mesh_capabilities/columns/show.py", " by rows"),  # not counted
    ("mesh_platform/contract/document.py", " quality rules"),  # too many
    ("mesh_capabilities/contract_lint/show.py", "s"),  # before the numbers of lines
    ("mesh_capabilities/review/check_report.py", "s"),  # of a verb
    ("mesh_isolation/text.py", "s"),  # the helper
    ("mesh_capabilities/contract_lint/contract_summary.py", "s"),  # the value of a contract, as it is written
}


def strings(file):
    return (node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.JoinedStr))


def number_before_noun(file):
    """The nouns in the plural that follow a value in an f-string."""
    for string in strings(file):
        for value, text in zip(string.values, string.values[1:]):
            if isinstance(value, ast.FormattedValue) and isinstance(text, ast.Constant) and (match := NOUNS.match(text.value)):
                yield value, match[0]


def is_number(value):
    """Whether a value is shown with thousands separators, or is the length of something."""
    length = isinstance(value.value, ast.Call) and isinstance(value.value.func, ast.Name) and value.value.func.id == "len"
    spec = value.format_spec.values[0].value if value.format_spec else ""
    return length or spec == ","


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(PLATFORM).as_posix())
def test_a_counted_noun_comes_from_the_helper(file):
    name = file.relative_to(PLATFORM).as_posix()
    constants = {"LARGEST", "MOST_FILES", "LONGEST"}
    odd = [
        f"line {value.lineno}: …{noun}"
        for value, noun in number_before_noun(file)
        if is_number(value) and (name, noun) not in ALLOWED and not {ast.unparse(value.value).strip("_")} & constants
    ]
    plurals = [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.IfExp)
        and {part.value for part in (node.body, node.orelse) if isinstance(part, ast.Constant)} == {"", "s"}
        and (name, "s") not in ALLOWED
    ]
    assert odd + plurals == []
