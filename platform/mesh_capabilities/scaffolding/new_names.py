"""Which names a new domain, product or port can have, and the words that templates derive from a name."""

import importlib.util
import json
import keyword
import re
import sys
from functools import cache
from pathlib import Path

from mesh_capabilities.errors import ScaffoldError
from mesh_platform.errors import ProjectError
from mesh_platform.ingestion.source import RAW
from mesh_platform.names import check_name, identifier
from mesh_platform.project import Project

_PLATFORMS_OWN = frozenset({"platform", "governance", "mesh", "mesh_platform", "mesh_catalog", "staging", "inputs", "ports"})
_PREFIXES = (f"{RAW}_", "stg_")
"""The prefixes of ingestion's tables and of staging models."""
_LONGEST = 60


def check_new_domain(name: str, project: Project) -> str:
    """`name` unchanged if a domain can have it. Raises ScaffoldError, which names the present owner of the name."""
    _check(name, "A domain")
    if name in project.domains or (project.root / "domains" / name).exists() or (project.root / "dbt_projects" / name).exists():
        raise ScaffoldError(f"There is a domain '{name}' already.", "Choose another name.")
    if name in sys.stdlib_module_names or keyword.issoftkeyword(name):
        raise _taken("A domain", name, "Python's standard library" if name in sys.stdlib_module_names else "Python")
    if (project.root / name).exists():
        raise _taken("A domain", name, f"the repository's folder {name}")
    if importlib.util.find_spec(name):
        raise _taken("A domain", name, f"the installed package {name}")
    return name


def check_new(name: str, what: str, folder: Path, suffix: str, domain: str) -> str:
    """`name` unchanged if a product or a port of the domain can have it.

    Args:
        what: `product` or `port`.
        folder: the folder of the domain's descriptors or contracts.
        suffix: the end of their file names; `.v*.odcs.yaml` for contracts.

    Raises ScaffoldError.
    """
    _check(name, f"A {what}")
    if name.startswith(_PREFIXES):
        raise _taken(f"A {what}", name, "the private tables that begin with raw_ and stg_")
    if list(folder.glob(f"{name}{suffix}")):
        raise ScaffoldError(f"{domain} has a {what} '{name}' already.", "Choose another name.")
    return name


def _check(name: str, what: str) -> None:
    try:
        check_name(name, what)
    except ProjectError as problem:
        raise ScaffoldError(problem.found, problem.way_out) from None
    if len(name) > _LONGEST:
        raise ScaffoldError(f"The name has {len(name)} letters; at most {_LONGEST} are allowed.", "Choose a shorter name.")
    if name in _WORDS:
        raise _taken(what, name, "YAML")
    if name in _PLATFORMS_OWN:
        raise _taken(what, name, "the platform")
    if name in _sql_keywords():
        raise _taken(what, name, "SQL")


@cache
def _sql_keywords() -> set[str]:
    """The words that DuckDB does not accept as a name without quotes."""
    import duckdb

    with duckdb.connect() as connection:
        reserved = connection.execute(
            "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category IN ('reserved', 'type_function')"
        )
        return {name for (name,) in reserved.fetchall()}


def _taken(what: str, name: str, by: str) -> ScaffoldError:
    return ScaffoldError(f"{what} cannot be named '{name}': the name belongs to {by}.", "Choose another name.")


_PLAIN = re.compile(r"[A-Za-z](?:[ -~](?<![:#\[\]{}&*!|>'\"%`\\])|:(?=[^ ]))*")
"""A text of YAML that needs no quotes; some that need none are quoted, too."""


def singular(name: str) -> str:
    """The singular: `shipments` → `shipment`, `order_entries` → `order_entry`; unchanged if the name is no plural."""
    if name.endswith("ies") and len(name) > 4:
        return f"{name[:-3]}y"
    if name.endswith(("sses", "xes", "ches", "shes")):
        return name[:-2]
    if name.endswith("s") and not name.endswith(("ss", "us", "is", "ws")) and len(name) > 3:
        return name[:-1]
    return name


def spoken(name: str) -> str:
    """A name as words: `order_events` → `order events`."""
    return name.replace("_", " ")


def a(name: str) -> str:
    """A name with its article: `an order`, `a shipment`."""
    return f"{'an' if name[0] in 'aeiou' else 'a'} {spoken(name)}"


_WORDS = ("yes", "no", "on", "off", "true", "false", "null", "y", "n")
"""Words that YAML 1.1 does not read as texts, in any case: https://yaml.org/type/bool.html"""
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no YAML text holds as it is."""


def one_line(text: str, what: str) -> str:
    """A text that somebody typed, as one line. Raises ScaffoldError for characters that no text file can hold."""
    if wrong := _UNPRINTABLE.search(text.replace("\x85", " ")):
        raise ScaffoldError(f"{what} has the character U+{ord(wrong[0]):04X}, which cannot be printed.", "Leave it out.")
    return " ".join(text.split())


def scalar(text: str) -> str:
    """A text as one line of YAML: plain if possible, else in double quotes."""
    text = " ".join(text.split())
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return text if plain else _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False))


def markdown_line(text: str) -> str:
    """A text as a line of Markdown that shows exactly the text, whatever has a meaning in Markdown or HTML."""
    text = re.sub(r"([\\`*_{}\[\]])", r"\\\1", text.replace("&", "&amp;") if re.search(r"&[#\w]", text) else text)
    text = text.replace("<", "&lt;").replace(">", "&gt;").replace("|", "&#124;").replace("://", "&#58;//")
    text = re.sub(r"^(\d+)([.)])", r"\1\\\2", re.sub(r"^([-+!])", r"\\\1", text))
    return re.sub(r"^[~:=?@#]|#+$", lambda match: "".join(f"&#{ord(mark)};" for mark in match[0]), text)


def code_span(text: str) -> str:
    """A text as code in a line of Markdown."""
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    edge = " " if text[:1] == "`" or text[-1:] == "`" else ""
    return f"{fence}{edge}{text}{edge}{fence}"


def column_sql(name: str) -> str:
    """The name of a column as a dbt model writes it: quoted if it must be, and never as Jinja."""
    if re.fullmatch(r"[a-z_][a-z0-9_]*", name) and name not in _sql_keywords():
        return name
    return f"{{% raw %}}{identifier(name)}{{% endraw %}}" if "{" in name else identifier(name)
