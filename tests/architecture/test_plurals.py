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
NOT_COUNTED = {" by rows", " quality rules"}
"""Of a way to derive a column, and of a number that is always too large."""

NO_NOUNS = {
    "'s' if len(lines) > 1 else ''",  # before the numbers of lines
    "'s' if len(changes.files) == 1 else ''",  # of a verb
    "'s' if spelled in _UNITS.values() and value not in (1, '1') else ''",  # a value as a contract writes it
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
    constants = {"LARGEST", "MOST_FILES", "LONGEST"}
    odd = [
        f"line {value.lineno}: …{noun}"
        for value, noun in number_before_noun(file)
        if is_number(value) and noun not in NOT_COUNTED and not {ast.unparse(value.value).strip("_")} & constants
    ]
    endings = [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.IfExp)
        and {part.value for part in (node.body, node.orelse) if isinstance(part, ast.Constant)} == {"", "s"}
        and ast.unparse(node) not in NO_NOUNS
    ]
    assert odd + endings == []
