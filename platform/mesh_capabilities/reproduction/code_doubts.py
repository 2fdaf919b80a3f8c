"""What the code of a dbt model reads besides its recorded inputs: the clock, chance, the environment, earlier rows, packages.

A rebuild runs the same code, and may still give other data. The compiled SQL shows the functions of DuckDB that a model calls;
the Jinja of the model, of the macros that it names and of the project's YAML shows what dbt put into that SQL.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from mesh_isolation.sql import CLOCK_WORDS, varying_functions
from mesh_isolation.team_files import UnreadableFile, plain_files, read_team_text
from mesh_platform.build.dbt import CompiledModel

_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_FILES = re.compile(r"(read|scan)_\w+|\w+_scan|glob|sniff_csv|duckdb_\w+|pragma_\w+")
_KEEPS_NOTHING = {"view", "table", "ephemeral", "port", "snapshot"}
"""Materialisations that the rows of earlier runs do not influence, and snapshots, which are a doubt of their own."""
_JINJA = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
_MACRO = re.compile(r"\{%-?\s*macro\s+(\w+).*?endmacro\s*-?%\}", re.DOTALL)
_HOOK = re.compile(r"^\s*['\"+]*((pre|post)[-_]hook|on-run-(start|end))\b", re.MULTILINE)
_JINJA_READS: Mapping[str, str] = {
    "env_var": "an environment variable",
    "run_started_at": "the time of the run",
    "modules": "Python modules such as the clock",
    "invocation_id": "the id of the run",
    "dbt_metadata_envs": "an environment variable",
    "run_query": "the result of a query",
    "statement": "the result of a query",
    "load_result": "the result of a query",
    "this": "its own earlier rows",
    "pre_hook": "what a hook does",
    "post_hook": "what a hook does",
}
"""Words of dbt's Jinja (https://docs.getdbt.com/reference/dbt-jinja-functions) whose value no commit records."""
_PACKAGES = ("packages.yml", "dependencies.yml", "package-lock.yml")


def code_doubts(models: Sequence[CompiledModel], names: Collection[str], project: Path) -> Iterator[str]:
    """What the named models read besides their inputs, one sentence each, without a full stop.

    Args:
        models: the compiled models of the dbt project.
        names: dbt's names of the models, snapshots and seeds that a port is built from.
        project: the folder of the dbt project.
    """
    compiled = {model.node: model for model in models}
    macros = _macros(project)
    for name in sorted(names):
        model = compiled.get(name)
        if model is None:
            yield from _uncompiled(name, project)
        elif model.file.endswith(".py"):
            yield _PYTHON.format(name)
        else:
            if model.materialized == "incremental":
                yield f"{name} is incremental, and the rows of its earlier runs are not kept"
            elif model.materialized not in _KEEPS_NOTHING:
                yield f"{name} is materialised as {model.materialized}, which may use more than its inputs"
            reads = [*_sql_reads(model.sql), *_jinja_reads(_text(project / model.file), macros)]
            if reads:
                yield f"{name} reads {', '.join(dict.fromkeys(reads))}, which may have another value"
    yield from _of_project(project)


_PYTHON = "{} is a Python model, whose environment is not recorded"


def _uncompiled(name: str, project: Path) -> Iterator[str]:
    if any(file.stem == name for file in plain_files(project, ".py")):
        yield _PYTHON.format(name)
    elif any(file.stem == name for file in plain_files(project, ".csv")):
        yield f"it reads the seed {name}, whose types and settings are not recorded"
    else:
        yield f"dbt did not compile {name}, so what it reads is not known"


def _of_project(project: Path) -> Iterator[str]:
    """What the configuration of the whole project reads; it may reach any of its models."""
    installed = sorted(path.name for path in (project / "dbt_packages").glob("*/"))
    if installed or any(_text(project / name).strip() for name in _PACKAGES):
        yield f"its project uses packages of dbt ({', '.join(installed) or 'not installed'}), whose versions are not recorded"
    reads: list[str] = []
    for file in sorted([*plain_files(project, ".yml"), *plain_files(project, ".yaml")]):
        within = file.relative_to(project).parts
        if within[0] not in ("target", "logs", "dbt_packages", "profiles.yml"):
            text = _text(file)
            reads += _jinja_reads(text, {}, but={"this", "modules", "statement"})
            reads += ["what a hook does"] if _HOOK.search(text) else []
    if reads:
        yield f"its project's YAML reads {', '.join(dict.fromkeys(reads))}, which may have another value"


def _sql_reads(sql: str) -> Iterator[str]:
    """The functions and clauses of compiled SQL whose result its inputs do not determine, as written in lower case."""
    words = _words(sql)
    for (before, _), (word, text), (after, string) in zip([("", False), *words], words, [*words[1:], ("", False)]):
        if text:
            continue
        function = word.strip('"')
        if after == "(" and (function in varying_functions() or _FILES.fullmatch(function)):
            yield f"{function}()"
        elif word in CLOCK_WORDS or word == "tablesample" or (before, word) == ("using", "sample"):
            yield word
        elif word in ("from", "join") and string:
            yield "a file"


def _words(sql: str) -> list[tuple[str, bool]]:
    """The tokens of the SQL in lower case, without comments, and whether each is a text."""
    import duckdb

    code = sql.encode()  # DuckDB counts in bytes
    tokens = duckdb.tokenize(sql)
    ends = [start for start, _ in tokens[1:]] + [len(code)]
    words = []
    for (start, kind), end in zip(tokens, ends):
        text = kind == duckdb.token_type.string_const
        word = code[start:end].decode(errors="replace")
        words.append((word if text else _COMMENT.sub("", word).strip().casefold(), text))
    return words


def _jinja_reads(text: str, macros: Mapping[str, str], but: Collection[str] = ()) -> Iterator[str]:
    """What Jinja reads: that of the text itself, then of every macro that it names, directly or through others."""
    ahead, seen = [text], set()
    for part in ahead:
        words = {word for block in _JINJA.findall(part) for word in re.findall(r"\w+", block)}
        yield from (_JINJA_READS[word] for word in sorted(words & _JINJA_READS.keys() - set(but)))
        # The body of a macro may hold SQL, but only its Jinja can put a changing value there; the SQL is compiled into models.
        for name in sorted(words & macros.keys() - seen):
            seen.add(name)
            ahead.append(macros[name])


def _macros(project: Path) -> dict[str, str]:
    """The text of every macro that the project and its packages define, by name; several of one name are one text."""
    macros: dict[str, str] = {}
    for file in plain_files(project, ".sql"):
        for match in _MACRO.finditer(_text(file)):
            macros[match[1]] = macros.get(match[1], "") + match[0]
    return macros


def _text(file: Path) -> str:
    try:
        return read_team_text(file)
    except UnreadableFile:
        return ""
