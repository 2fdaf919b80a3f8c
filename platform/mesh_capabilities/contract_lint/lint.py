"""Linting a contract: invalid ODCS, what a port cannot publish, queries that fail, and keys that are not executed."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any

from mesh_capabilities.contract_lint.earlier_odcs import converted_positions, earlier_errors, is_earlier
from mesh_capabilities.contract_lint.executed import BY_PATH, has_keys
from mesh_capabilities.contract_lint.key_use import Use, labels, of_part
from mesh_capabilities.yaml_text import Positioned, read_positions
from mesh_isolation.schema_errors import KeyPath
from mesh_isolation.sla_entries import level_columns
from mesh_isolation.sql import Limits
from mesh_isolation.team_files import UnreadableFile
from mesh_isolation.text import counted
from mesh_isolation.yaml_bounds import too_many_rules
from mesh_platform.contract.contract import COMPLETE_PROPERTY, Contract
from mesh_platform.contract.document import contract_in
from mesh_platform.contract.quality import sql_limits, sql_query
from mesh_platform.contract.rule import CANDIDATE
from mesh_platform.contract.types import duckdb_type
from mesh_platform.errors import ContractError, QueryRefused
from mesh_platform.restricted_sql import answer
from mesh_platform.standards import disagreements


class LintLevel(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    """The contract is not valid, or its port cannot be published under it."""
    WARNING = "warning"
    """A key that a reader may rely on is not executed."""
    NOTE = "note"
    """A key is documentation."""


_MOST = 100
"""The greatest number of errors that lint lists when a contract cannot be executed."""
_LEVELS = {Use.IGNORED: LintLevel.WARNING, Use.DOCUMENTED: LintLevel.NOTE}


@dataclass(frozen=True)
class LintFinding:
    """One finding of lint."""

    line: int
    level: LintLevel
    key: str
    """The key, in the spelling of the table of executed keys; empty for the whole file."""
    use: str
    """`invalid`, `not executed` or `documentation only`."""
    sentence: str


@dataclass(frozen=True)
class Linted:
    """The findings on one file, errors first, then by line."""

    file: str
    findings: tuple[LintFinding, ...]

    def of(self, level: LintLevel) -> list[LintFinding]:
        return [finding for finding in self.findings if finding.level == level]

    @property
    def good(self) -> bool:
        return not self.of(LintLevel.ERROR)


def lint_file(path: Path, root: Path | None = None) -> Linted:
    """All findings on the contract in `path`.

    Args:
        path: an ODCS file. Outside a mesh, raises ContractError when it cannot be opened; in a mesh that is a finding.
        root: the mesh of its port. Without a mesh the file is only validated against the standard, and what the platform
            cannot execute is a warning.
    """
    shown = path.relative_to(root) if root and path.is_relative_to(root) else path
    try:
        file = read_positions(path)
    except UnreadableFile as problem:
        if root is None:
            raise ContractError(problem.found, problem.way_out) from problem
        return Linted(shown.as_posix(), (LintFinding(1, LintLevel.ERROR, "", "invalid", str(problem)),))
    findings = [] if file.faults or not is_earlier(file.document) else list(_earlier_errors(file))
    if not findings and not file.faults and is_earlier(file.document):
        file, remark = converted_positions(file)
        sentence = f"{remark}; a port needs v3, which `mesh contract import --odcs` writes"
        findings.append(LintFinding(file.line(("apiVersion",)), LintLevel.WARNING, "apiVersion", Use.IGNORED.value, sentence))
    if not any(finding.level == LintLevel.ERROR for finding in findings):
        findings += [*_errors(file, path, root), *_notes(file)]
    order = [LintLevel.ERROR, LintLevel.WARNING, LintLevel.NOTE]
    findings.sort(key=lambda finding: (order.index(finding.level), finding.line))
    return Linted(shown.as_posix(), tuple(findings))


def _earlier_errors(file: Positioned) -> Iterator[LintFinding]:
    for place, sentence in earlier_errors(file.document):
        yield LintFinding(file.line(place), LintLevel.ERROR, _spelled(place), "invalid", sentence)


def _errors(file: Positioned, path: Path, root: Path | None) -> Iterator[LintFinding]:
    if file.faults:
        yield from (LintFinding(fault.line, LintLevel.ERROR, "", "invalid", fault.found) for fault in file.faults)
        return
    if reason := too_many_rules(file.document):
        yield LintFinding(file.line(("schema",)), LintLevel.ERROR, "schema", "invalid", f"the contract {reason}")
        return
    invalid = invalidities(file.document, path)
    for place, sentence in invalid:
        yield LintFinding(file.line(place), LintLevel.ERROR, _spelled(place), "invalid", sentence)
    misread = dict(misread_values(file))
    for place, sentence in misread.items():
        yield LintFinding(file.line(place), LintLevel.ERROR, _spelled(place), "invalid", sentence)
    if invalid:
        return
    level, use = (LintLevel.ERROR, "invalid") if root else (LintLevel.WARNING, Use.IGNORED.value)
    refusals = list(islice(_refusals(file.document, path, root), _MOST))
    for place, sentence in refusals or failing_queries(file.document, contract_in(file.document, path, root)):
        if place in misread or (*place, "value") in misread:
            continue
        yield LintFinding(file.line(place), level, _spelled(place), use, _plain(sentence, path))


_LISTS = ("validValues", "missingValues")


def misread_values(file: Positioned) -> Iterator[tuple[KeyPath, str]]:
    """The place and the sentence of every value of a text column that YAML does not read as the text that is written."""
    for place, (text, reads) in file.misread.items():
        if place[-1] == "value" and place[-3:-2] == ("enum",) or (isinstance(place[-1], int) and place[-2:-1][0] in _LISTS):
            ends = [number for number, step in enumerate(place) if step in ("enum", "quality")]
            if ends and _holds_text(_part_of(file.document, place[: ends[-1]])):
                written = f"{text} without quotes" if text else "nothing"
                yield place, f"{written} is {reads} to YAML, and the column holds texts; put it in quotes: {text!r}"


def _part_of(document: Any, place: KeyPath) -> Any:
    for step in place:
        document = document[step]
    return document


def _holds_text(column: Any) -> bool:
    try:
        physical, logical = column.get("physicalType"), column.get("logicalType")
        return logical in (None, "string") and duckdb_type(physical, logical) == "VARCHAR"
    except (ContractError, AttributeError, TypeError):
        return False


def _refusals(document: dict[str, Any], path: Path, root: Path | None) -> Iterator[tuple[KeyPath, str]]:
    """The place and the sentence of every error that keeps the platform from executing a valid document.

    Reading stops at the first error, so the part at its place is left out and the rest is read again. A column is replaced by
    one of some type. An error that other types do not have is about the replacement, and not about the document.
    """
    others: list[set[tuple[KeyPath, str]]] = []
    for place, sentence, replaced in _refusals_with(document, path, root, _STAND_INS[0]):
        if replaced and not others:
            others = [
                {error[:2] for error in islice(_refusals_with(document, path, root, kind), _MOST)} for kind in _STAND_INS[1:]
            ]
        if all((place, sentence) in errors for errors in others):
            yield place, sentence


_STAND_INS = ("VARCHAR", "TIMESTAMP", "BIGINT")
"""Types of the replacement of a column that cannot be read: a text, a time and a number."""


def _refusals_with(document: dict[str, Any], path: Path, root: Path | None, kind: str) -> Iterator[tuple[KeyPath, str, bool]]:
    """The place and the sentence of every error, and whether a column was replaced by one of the type `kind` before it."""
    left_out: list[KeyPath] = []
    while True:
        replaced = any(part[-2] == "properties" for part in left_out)
        try:
            contract_in(_without(document, left_out, kind), path, root)
            return
        except ContractError as problem:
            place, sentence = _original_place(problem.place, left_out), str(problem)
        yield place or ("schema",), sentence, replaced
        part = _part_at(place)
        if part is None or part in left_out:
            return
        left_out.append(part)


def _part_at(place: KeyPath) -> KeyPath | None:
    """The rule, service level or option at a place, else its column; None when nothing can be left out."""
    for depth, step in enumerate(place[:-1], 1):
        if step in ("quality", "relationships", "slaProperties"):
            return place[: depth + 1]
    if place[:1] != ("schema",) or len(place) < 4:
        return None
    return place if {"logicalTypeOptions", "enum", "customProperties"} & set(place) else place[:4]


def _without(document: dict[str, Any], parts: list[KeyPath], kind: str) -> dict[str, Any]:
    """The document without these parts. A column is replaced by one of the type `kind`, so that references to it stay valid."""
    rest = deepcopy(document)
    # Inner parts first, and each list from its end, so that the other places stay valid.
    for *above, last in sorted(parts, key=lambda part: (len(part), str(part[-1]).rjust(9)), reverse=True):
        holder: Any = rest
        for step in above:
            holder = holder[step]
        if above[-1] != "properties":
            del holder[last]
            continue
        names = [column.get("name") for column in holder]
        name = names[last] if names.count(names[last]) == 1 else f"column {last}"
        key = {name: holder[last][name] for name in ("primaryKey", "primaryKeyPosition") if name in holder[last]}
        if holder[last].get("partitioned"):  # only a port by day has the property
            rest["customProperties"] = [
                {**it, "property": str(at)} if it.get("property") == COMPLETE_PROPERTY else it
                for at, it in enumerate(rest.get("customProperties") or ())
            ]
        holder[last] = {"name": name, "physicalType": kind, **key}
    return rest


def _original_place(place: KeyPath, left_out: list[KeyPath]) -> KeyPath:
    """The place in the whole document of a place in the document without the parts in `left_out`."""
    original: KeyPath = ()
    for step in place:
        if isinstance(step, int) and original[-1] != "properties":
            for number in sorted(part[-1] for part in left_out if part[:-1] == original):
                step += number <= step
        original = (*original, step)
    return original


def _notes(file: Positioned) -> Iterator[LintFinding]:
    for key in () if too_many_rules(file.document) else unexecuted(file.document):
        yield LintFinding(file.line(key.place), _LEVELS[key.use], key.path, key.use.value, key.sentence)


def _plain(sentence: str, path: Path) -> str:
    """An error without the file's name and without its advice, which every finding implies."""
    return sentence.removeprefix(f"{path}: ").removesuffix(" Correct the file.").rstrip(".")


def _spelled(place: KeyPath) -> str:
    return "".join("[]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")


def invalidities(document: dict[str, Any], path: Path) -> list[tuple[KeyPath, str]]:
    """The place and the sentence of everything in `document` that is not valid ODCS."""
    try:
        return disagreements(document, path, "odcs")
    except ContractError as problem:
        return [(("apiVersion",), str(problem).removeprefix(f"{path} "))]


def failing_queries(document: Mapping[str, Any], contract: Contract) -> Iterator[tuple[KeyPath, str]]:
    """The place and the error of every query that fails on an empty table: it would stop the audit of every candidate.

    Each is executed as the audit executes it. `contract` is the one that `document` describes.
    """
    table = {column.name: column.type for column in contract.fitted().columns}
    for place, sql, limits in _queries(document, contract):
        try:
            columns, _ = answer(sql, {CANDIDATE: table}, limits)
            if len(columns) != 1:
                yield place, f"it returns {counted(len(columns), 'column')} instead of one value"
        except QueryRefused as problem:
            yield place, f"it {problem.found}"


def _queries(document: Mapping[str, Any], contract: Contract) -> Iterator[tuple[KeyPath, str, Limits]]:
    columns = {column.name: column for column in contract.columns}
    for at, table in enumerate(document["schema"]):
        holders = [(("schema", at), table, None)]
        holders += [
            (("schema", at, "properties", number), entry, columns[entry["name"]])
            for number, entry in enumerate(table["properties"])
        ]
        for place, holder, column in holders:
            for number, rule in enumerate(holder.get("quality") or ()):
                if rule.get("type") == "sql":
                    yield (*place, "quality", number, "query"), sql_query(rule, table["name"], column), sql_limits(rule)


_UNKNOWN = "the platform does not know this key"


@dataclass(frozen=True)
class Unexecuted:
    """One key of a document that is not executed."""

    place: KeyPath
    path: str
    """The key in the spelling of the table of executed keys."""
    use: Use
    sentence: str


def unexecuted(document: Mapping[str, Any]) -> Iterator[Unexecuted]:
    """Every key of `document` that is not executed, in the order of the file, without the keys below it."""
    return _below(_with_elements(document), (), [""], {})


def _below(parent: Mapping[str, Any], place: KeyPath, paths: list[str], around: Mapping[str, Any]) -> Iterator[Unexecuted]:
    """The keys of `parent`. `paths` are its spellings that the table may have, most specific first."""
    for key, value in parent.items():
        spelled = [of_part(f"{path}{key}") for path in paths]
        known = next((BY_PATH[path] for path in spelled if path in BY_PATH), None)
        use, sentence = known.use_in(parent, around) if known else (Use.IGNORED, _UNKNOWN)
        if use != Use.EXECUTED:
            yield Unexecuted((*place, key), known.path if known else spelled[-1], use, sentence)
        elif not has_keys(known.path):
            continue
        elif isinstance(value, Mapping):
            yield from _below(value, (*place, key), [f"{path}." for path in spelled], parent)
        elif isinstance(value, list):
            yield from _entries(key, value, (*place, key), spelled, parent)


def _entries(key: str, entries: list[Any], place: KeyPath, paths: list[str], around: Mapping[str, Any]) -> Iterator[Unexecuted]:
    for number, entry in enumerate(entries):
        if not isinstance(entry, Mapping):
            continue  # plain values belong to their key
        spelled = [f"{path}[{label}]" for label in labels(key, entry) for path in paths]
        known = next((BY_PATH[path] for path in spelled if path in BY_PATH), None)
        use, sentence = known.use_in(entry, around) if known else (Use.EXECUTED, "")
        if known and use != Use.EXECUTED:
            yield Unexecuted((*place, number), known.path, use, sentence)
        else:
            yield from _below(entry, (*place, number), [f"{path}." for path in spelled], around)


def _with_elements(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The document with the element of each service level that has one, else the default; without one that is the table."""
    default, levels = document.get("slaDefaultElement"), document.get("slaProperties")
    if not isinstance(levels, list):
        return document
    return {**document, "slaProperties": [_with_element(level, default, document) for level in levels]}


def _with_element(level: Any, default: Any, document: Mapping[str, Any]) -> Any:
    if not isinstance(level, Mapping):
        return level
    named = {**level, "element": level.get("element") or default}
    about_columns = any(level_columns(named, document))
    return named if about_columns else {key: part for key, part in level.items() if key != "element"}
