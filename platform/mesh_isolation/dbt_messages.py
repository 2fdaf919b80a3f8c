"""The messages of dbt about a project: without values of data, and with the known name that is nearest to a misspelt one."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from mesh_isolation.engine import REFUSED_CHANGE, REFUSED_STATEMENT
from mesh_isolation.expected_writes import UNEXPECTED
from mesh_isolation.known_names import KnownNames
from mesh_isolation.text import ENGINE_ERROR, counted, without_values

NO_VARIABLE = re.compile(r"Env var required but not provided: '([^']+)'")
"""dbt's message for a variable that the environment does not hold."""
NO_COLUMN = re.compile(r'(?:does not have a column named|Referenced column|[Cc]olumn) "([^"]+)"')
NO_TABLE = re.compile(r'Table with name "?([\w.…]+)"? does not exist')
NO_FILE = re.compile(r'Cannot (?:access|attach|open)[^"]*"([^"]+)"')
"""DuckDB's messages for a missing column, for a missing table, and for a file outside the lists."""
_ABOUT_DATA = re.compile(r"(\w+ Error in .*?\([^)]*\)).*", re.DOTALL)
"""An error of a node which DuckDB did not raise: Jinja and Python code of the project can quote values in it."""
_REFUSED = re.compile(rf"{REFUSED_CHANGE}|(?:{REFUSED_STATEMENT}|{UNEXPECTED}:) [A-Z_]+")
"""What the platform refuses to execute, without the statement, which can hold values."""
_COLOURS = re.compile(r"\x1b\[[\d;]*m")
_DIFFERENCE = re.compile(r"actual differs from expected:(.*)", re.DOTALL)
"""dbt's message for a unit test that fails, with the rows that differ."""
_ROW_MARKS = {
    "+++": "only in the result",
    "---": "only in what it expects",
    "→": "with other values",
    "->": "with other values",
}
_OTHER_RESULT = "dbt internally failed to execute"
"""In dbt's message for a test whose statement has another number of rows or columns than dbt's own, with that number."""
_HIDDEN = "its message is not shown, because it can quote values"
_FETCHED = "its message is not shown, because the project's Jinja has read rows and can quote values in it"
_ABOUT_NAMES = re.compile(
    r"""'(?P<name>\w+)'\ is\ undefined
    |No\ (?:filter|test)\ named\ '(?P<filter>\w+)'
    |macro\ '(?:dbt_macro__)?(?P<macro>\w+)'\ takes\ no\ keyword\ argument\ '(?P<argument>\w+)'
    |macro\ '(?:dbt_macro__)?(?P<called>\w+)'\ takes\ not\ more\ than\ \d+\ argument\(s\)
    |parameter\ '(?P<parameter>\w+)'\ was\ not\ provided
    |'(?:None|(?:str|int|float|bool|list|dict|tuple)\ object)'\ has\ no\ attribute\ '(?P<attribute>\w+)'""",
    re.VERBOSE,
)
"""What Jinja says about a name in the code: of a macro, a filter, an argument or an attribute."""
_NO_NODE = re.compile(r"depends on a (?:node|source) named '([\w.]+)' which was not found")
_NO_CONNECTION = re.compile(r"connection never acquired for thread.*", re.DOTALL)
_DEFINED = re.compile(r"\{%-?\s*(?:macro|set|for)\s+(\w+)")
_NAMED = re.compile(r"^\s*-?\s*name:\s*['\"]?(\w+)", re.MULTILINE)
_OF_DBT = (
    *("adapter", "api", "builtins", "config", "dbt", "dbt_version", "doc", "env_var", "exceptions", "execute"),
    *("flags", "graph", "invocation_id", "is_incremental", "load_result", "log", "model", "modules", "namespace"),
    *("print", "range", "ref", "return", "run_query", "run_started_at", "schema", "source", "statement", "target"),
    *("this", "var", "zip"),
)
"""What a model can call, besides the macros of the project."""


def node_message(text: object, names: KnownNames, fetched: bool = False) -> str:
    """dbt's message about a node of a project, without values of data, and with known names only.

    Jinja that has `fetched` rows can choose known names, or make any number of them: no text that it could have made is shown.
    """
    message = _COLOURS.sub("", str(text or "dbt gave no reason"))
    if rows := _DIFFERENCE.search(message):
        return f"the result differs from what it expects: {_counts(rows[1])}"
    if _OTHER_RESULT in message:
        return _HIDDEN
    message = without_values(message)
    own, refused = _ABOUT_DATA.fullmatch(message), _REFUSED.search(message)
    if fetched:
        return f"{names.shown(own[1])}: {refused[0] if refused else _FETCHED}" if own else _FETCHED
    if own and not ENGINE_ERROR.search(message) and not NO_VARIABLE.search(message):
        return f"{names.shown(own[1])}: {refused[0] if refused else _about_names(message, names) or _HIDDEN}"
    return names.shown(message)


def test_message(found: Mapping[str, Any], names: KnownNames) -> str:
    """What a test of dbt has found, in words; only what the project has written passes the filter of names.

    Args:
        found: `rows`, dbt's count of them, or None for another number, which can be made of a value; `fail_calc` and `limit`
            as the test states them; `outcome`, which is `fails` or `warns`.
        names: those that may be shown.
    """
    rows, outcome = found.get("rows"), "warns" if found.get("outcome") == "warns" else "fails"
    fail_calc, limit = (names.shown(str(found.get(part))) for part in ("fail_calc", "limit"))
    is_shown = isinstance(rows, int) and not isinstance(rows, bool)
    if is_shown and limit == "!= 0":
        return f"its query returned {counted(rows, 'row')}, and must return none"
    result = f"{rows:,}" if is_shown else "not shown, because it can be made of data"
    return f"{fail_calc} of its query is {result}, and the test {outcome} if it is {limit}"


def _counts(rows: str) -> str:
    """The numbers of rows in a difference, whose lines begin with marks: https://paulfitz.github.io/daff-doc/spec.html"""
    numbers = Counter(line.partition(",")[0].strip() for line in rows.splitlines())
    counts = (f"{counted(numbers[mark], 'row')} {words}" for mark, words in _ROW_MARKS.items() if numbers[mark])
    return ", ".join(counts) or "in its columns"


def hide_values(answer: dict[str, Any], names: KnownNames) -> None:
    """Replaces the messages in an answer of `run_dbt` about a build by what may be shown of them."""
    fetched = answer.get("fetched") is not False
    if answer["problem"]:
        answer["problem"] = node_message(answer["problem"], names, fetched)
    for node in answer["nodes"]:
        found = node["message"]
        node["message"] = test_message(found, names) if isinstance(found, Mapping) else node_message(found, names, fetched)


def with_nearest(text: object, names: KnownNames) -> str:
    """A message of dbt about the code of a project, with the nearest known name if it is about an unknown one."""
    message = _NO_CONNECTION.sub(
        "its Jinja asks the warehouse for rows, and nothing that is compiled without a build may depend on rows",
        str(text or "dbt gave no reason").rstrip(". "),
    )
    if missing := _NO_NODE.search(message):
        name = missing[1].rpartition(".")[2]
        nodes = {path.stem for path in names.texts if path.suffix in (".sql", ".csv", ".py")}
        described = (text for path, text in names.texts.items() if path.suffix in (".yml", ".yaml"))
        return message + _nearest(name, nodes.union(*map(_NAMED.findall, described)) - {name})
    found = _ABOUT_NAMES.search(message)
    return message + (_nearest_to(found, names) if found else "")


def _about_names(message: str, names: KnownNames) -> str:
    """What a message says about names in the code; empty if one of them may not be shown."""
    found = _ABOUT_NAMES.search(message)
    if not found or not all(names.has(name.removeprefix("test_")) for name in found.groupdict().values() if name):
        return ""
    return found[0] + _nearest_to(found, names)


def _nearest_to(found: re.Match, names: KnownNames) -> str:
    from jinja2.defaults import DEFAULT_FILTERS, DEFAULT_TESTS

    if found["filter"]:
        return _nearest(found["filter"], {*DEFAULT_FILTERS, *DEFAULT_TESTS, "as_bool", "as_native", "as_number", "as_text"})
    defined = {name for text in names.texts.values() for name in _DEFINED.findall(text)}
    return _nearest(found["name"], {*defined, *_OF_DBT} - {found["name"]}) if found["name"] else ""


def _nearest(name: str, known: Iterable[str]) -> str:
    similar = get_close_matches(name, sorted(known), 1)
    return f". Did you mean {similar[0]}?" if similar else ""
