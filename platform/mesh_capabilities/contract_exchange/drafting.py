"""Drafts of contracts, from Parquet files, from a dbt model, or from both.

dbt's manifest: https://docs.getdbt.com/reference/artifacts/manifest-json
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from mesh_capabilities.yaml_text import yaml_text
from mesh_isolation.column_types import Items, Mapped, Struct, Type
from mesh_isolation.dbt_commands import flags_of
from mesh_isolation.sandbox import Sandbox
from mesh_isolation.schema_errors import KeyPath
from mesh_isolation.text import counted
from mesh_platform.build.dbt import MEGABYTES, SECONDS, call_dbt, unusable
from mesh_platform.contract.types import duckdb_type, parts_of
from mesh_platform.errors import ContractError, FileRefused
from mesh_platform.names import identifier, literal

if TYPE_CHECKING:
    import duckdb


_LOGICAL = {
    "VARCHAR": "string",
    "BLOB": "string",
    "TINYINT": "integer",
    "SMALLINT": "integer",
    "INTEGER": "integer",
    "BIGINT": "integer",
    "FLOAT": "number",
    "DOUBLE": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
}
"""The logical types of plain types; decimals are numbers."""


@dataclass
class DraftColumn:
    """The draft of one column."""

    name: str
    type: str
    """A DuckDB type that a port stores."""
    description: str = ""
    key: bool = False
    required: bool = False
    unique: bool = False
    quality: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What the author must know or decide; each note becomes a comment."""


@dataclass
class Draft:
    """The draft of a table."""

    origin: str
    """Its sources, in words."""
    columns: Sequence[DraftColumn]
    description: str = ""
    notes: list[str] = field(default_factory=list)


def draft_text(draft: Draft, domain: str, port: str, major: int = 1) -> str:
    """The contract as YAML: valid ODCS v3.1.0 with the status draft."""
    comments: dict[KeyPath, str] = {
        (): "\n".join(
            [
                f"A draft from {_line(draft.origin)}.",
                "It states what was found. Read every line, keep what you want to promise, and",
                "describe every column. Then name the product under dataProduct, and set the status to active.",
                *map(_line, draft.notes),
            ]
        )
    }
    for number, column in enumerate(draft.columns):
        if column.notes:
            comments["schema", 0, "properties", number] = "\n".join(map(_line, column.notes))
    return yaml_text(_document(draft, domain, port, major), comments)


def port_name(text: str) -> str:
    """A text as the name of a port: lower case letters, digits and underscores, a letter first."""
    name = re.sub(r"[^a-z0-9_]+", "_", text.lower()).strip("_")
    return name if name[:1].isalpha() else f"port_{name}".rstrip("_")


def _document(draft: Draft, domain: str, port: str, major: int) -> dict[str, Any]:
    table: dict[str, Any] = {"name": port, "physicalType": "table"}
    if draft.description:
        table["description"] = draft.description
    table["properties"] = [_property(column) for column in draft.columns]
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": f"{domain}.{port}.v{major}",
        "name": port,
        "version": f"{major}.0.0",
        "status": "draft",
        "domain": domain,
        "schema": [table],
    }


def _property(column: DraftColumn) -> Mapping[str, Any]:
    values = {
        "name": column.name,
        "description": column.description,
        **_typed(parts_of(column.type)),
        "primaryKey": column.key,
        "required": column.required,
        "unique": column.unique,
        "quality": column.quality,
    }
    return {key: value for key, value in values.items() if value}


def _typed(kind: Type) -> dict[str, Any]:
    """The types of a column and its parts. ODCS has maps from v3.2.0 on; here their physical type describes them."""
    match kind:
        case Items(item):
            return {"logicalType": "array", "physicalType": str(kind), "items": _typed(item)}
        case Struct(fields):
            parts = [{"name": name, **_typed(part)} for name, part in fields]
            return {"logicalType": "object", "physicalType": str(kind), "properties": parts}
        case Mapped():
            return {"physicalType": str(kind)}
    return {"logicalType": _LOGICAL.get(kind, "number"), "physicalType": kind}


def _line(text: str) -> str:
    """A text on one line, for a comment."""
    return "".join(character if character.isprintable() else " " for character in text)


# The nearest type that a port stores and that holds every value of these.
_WIDER = {
    "UTINYINT": "SMALLINT",
    "USMALLINT": "INTEGER",
    "UINTEGER": "BIGINT",
    "UBIGINT": "DECIMAL(20,0)",
    "UUID": "VARCHAR",
    "TIME": "VARCHAR",
    "JSON": "VARCHAR",
}
_WITHOUT_ZONE = {
    "TIMESTAMP": "in the file; if these are moments, cast them to TIMESTAMP WITH TIME ZONE and say so here",
    "TIMESTAMP_NS": "in the file; a port stores microseconds",
}


def draft_from_parquet(files: Sequence[Path]) -> Draft:
    """The draft of the files' columns. Raises FileRefused for files that are not Parquet, or without a usable column."""
    import duckdb

    listed = ", ".join(literal(file) for file in files)
    names = ", ".join(file.name for file in files)
    try:
        with duckdb.connect() as connection:
            connection.execute(f"CREATE VIEW found AS SELECT * FROM read_parquet([{listed}])")
            described = [(name, kind) for name, kind, *_ in connection.execute("DESCRIBE found").fetchall()]
            draft = Draft(names, [], notes=[])
            draft.columns = [column for name, kind in described if (column := _column(name, kind, draft))]
            _observe(draft, connection)
    except duckdb.Error as problem:
        message = " ".join(str(problem).split())
        raise FileRefused(f"{names} cannot be read as Parquet: {message}", "Name Parquet files.") from problem
    if not draft.columns:
        raise FileRefused(
            f"{names} has no column that a port can store.", "A port stores plain values, and lists, structs and maps of them."
        )
    return draft


def _column(name: str, kind: str, draft: Draft) -> DraftColumn | None:
    if kind in _WITHOUT_ZONE:
        return DraftColumn(name, "TIMESTAMP", notes=[f"{kind} {_WITHOUT_ZONE[kind]}"])
    stored = _WIDER.get(kind, "VARCHAR" if kind.startswith("ENUM(") else kind)
    try:
        column = DraftColumn(name, duckdb_type(stored, None))
    except ContractError:
        draft.notes.append(f"Left out: {name}, of type {kind}, which a port cannot store.")
        return None
    if stored != kind and not kind.startswith("ENUM("):
        column.notes.append(f"{kind} in the file; the type below holds all its values")
    return column


def _observe(draft: Draft, connection: "duckdb.DuckDBPyConnection") -> None:
    """Marks columns without nulls as required, and notes columns without duplicates."""
    columns = draft.columns
    names = [identifier(column.name) for column in columns]
    asked = ", ".join(["count(*)", *(f"count({name}), approx_count_distinct({name})" for name in names)])
    rows, *counts = connection.execute(f"SELECT {asked} FROM found").fetchone()
    draft.origin += f", {counted(rows, 'row')}"
    if not rows:
        draft.notes.append("There were no rows, so nothing is known about nulls and keys.")
        return
    for column, name, known, distinct in zip(columns, names, counts[::2], counts[1::2]):
        if known < rows:
            continue
        column.required = True
        column.notes.append(f"required: no nulls in {counted(rows, 'row')}")
        # The estimate is accurate to a few per cent; only columns that may be unique are counted.
        if rows > 1 and distinct > 0.8 * rows:
            (different,) = connection.execute(f"SELECT count(DISTINCT {name}) FROM found").fetchone()
            if different == rows:
                column.notes.append(
                    f"candidate key: no duplicates in {counted(rows, 'row')}; if it is the key, write primaryKey: true"
                )


def parse_folder(folder: Path) -> Mapping[str, Any]:
    """The `nodes` and `sources` of dbt's manifest of the project in any `folder`; writes nothing there.

    Raises FileRefused when the folder is not a dbt project, TransformationError when dbt cannot parse it.
    """
    if not (folder / "dbt_project.yml").is_file():
        raise FileRefused(f"{folder} is not a dbt project: it has no dbt_project.yml.", "Name the folder of a dbt project.")
    with TemporaryDirectory() as scratch:
        (target := Path(scratch, "target")).mkdir()
        arguments = ["parse", "--no-partial-parse", *flags_of(folder, target, ":memory:")]
        inputs = {"arguments": arguments, "warehouse": ":memory:", "files": [], "folders": [str(target)], "strict": False}
        answer = call_dbt(
            inputs, Sandbox([folder, Path(scratch, "profiles.yml")], [target], seconds=SECONDS, megabytes=MEGABYTES)
        )
    if not answer["success"]:
        raise unusable("parse", str(folder), answer["problem"])
    return answer["manifest"]


def draft_from_dbt(manifest: Mapping[str, Any], model: str, data: Draft | None = None) -> Draft:
    """The draft of a dbt model, added to the draft of its data if there is one.

    Raises FileRefused when there is no such model, or no type for a column.
    """
    node = _model(manifest, model)
    columns = {column["name"]: column for column in (node.get("columns") or {}).values()}
    draft = Draft(f"the dbt model {model}", [], _one_line(node.get("description")))
    if data:
        draft.origin += f" and {data.origin}"
        draft.notes = [*data.notes]
        draft.columns = list(data.columns)
        draft.notes += [f"dbt lists a column {name}, which is not in the data." for name in columns if not _named(draft, name)]
    else:
        draft.columns = list(_typed_columns(columns, model))
    for name, entry in columns.items():
        if column := _named(draft, name):
            column.description = _one_line(entry.get("description"))
            _constrain(column, entry.get("constraints") or ())
    for constraint in node.get("constraints") or ():
        _constrain_table(draft, constraint)
    for test in manifest["nodes"].values():
        if test["resource_type"] == "test" and test.get("attached_node") == node["unique_id"]:
            _apply(test, draft)
    return draft


def _model(manifest: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    models = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    if name not in models:
        raise FileRefused(f"The dbt project has no model '{name}'.", f"It has {', '.join(sorted(models)) or 'none'}.")
    return models[name]


def _typed_columns(columns: Mapping[str, Mapping[str, Any]], model: str) -> Iterator[DraftColumn]:
    if untyped := [name for name, column in columns.items() if not column.get("data_type")]:
        raise FileRefused(
            f"The dbt model '{model}' says no data_type of {', '.join(untyped)}.", "Add --parquet with its built data."
        )
    if not columns:
        raise FileRefused(f"The dbt model '{model}' lists no columns.", "Add --parquet with its built data.")
    for name, column in columns.items():
        try:
            yield DraftColumn(name, duckdb_type(column["data_type"], None))
        except ContractError as problem:
            raise FileRefused(f"Column '{name}' of the dbt model '{model}': {problem.found}.", "Change it there.") from problem


def _constrain(column: DraftColumn, constraints: Any) -> None:
    for constraint in constraints:
        kind = str(constraint.get("type", "")).rpartition(".")[2].lower()
        if kind == "not_null":
            column.required = True
        elif kind == "unique":
            column.unique = True
        elif kind == "primary_key":
            column.key = column.required = True
        else:
            column.notes.append(f"dbt also constrains it: {kind} {constraint.get('expression') or ''}".rstrip())


def _constrain_table(draft: Draft, constraint: Mapping[str, Any]) -> None:
    kind = str(constraint.get("type", "")).rpartition(".")[2].lower()
    names = [name.strip('"') for name in constraint.get("columns") or ()]
    columns = [column for name in names if (column := _named(draft, name))]
    if kind == "primary_key" and columns:
        for column in columns:
            column.key = column.required = True
    else:
        draft.notes.append(f"dbt also constrains the table: {kind} {constraint.get('expression') or names or ''}".rstrip())


def _apply(test: Mapping[str, Any], draft: Draft) -> None:
    """Adds a data test as a rule where a contract has the same one, else as a comment."""
    metadata, config = test.get("test_metadata") or {}, test.get("config") or {}
    name, arguments = metadata.get("name") or test["name"], metadata.get("kwargs") or {}
    column = _named(draft, test.get("column_name") or "")
    plain = not config.get("where") and not metadata.get("namespace") and config.get("error_if") in (None, "!= 0")
    warns = str(config.get("severity", "error")).lower() == "warn"
    if column is None or not plain or not _promised(name, arguments, column, warns):
        below = f" of {column.name}" if column else ""
        # The columns of a table's test are among its arguments.
        others = {key: value for key, value in arguments.items() if key not in ("model", "column_name")}
        condition = f", where {config['where']}" if config.get("where") else ""
        draft.notes.append(f"dbt also tests{below}: {name}{f' {others}' if others else ''}{condition}")


def _promised(name: str, arguments: Mapping[str, Any], column: DraftColumn, warns: bool) -> bool:
    # Without names, which must be unique, because dbt may have the same test twice.
    severity = {"severity": "warning"} if warns else {}
    match name:
        case "not_null" if not warns:
            column.required = True
        case "not_null":
            column.quality.append({"metric": "nullValues", "mustBe": 0, **severity})
        case "unique" if not warns:
            column.unique = True
        case "unique":
            column.quality.append({"metric": "duplicateValues", "mustBe": 0, **severity})
        case "accepted_values" if isinstance(arguments.get("values"), list):
            valid = {"validValues": arguments["values"]}
            column.quality.append({"metric": "invalidValues", "arguments": valid, "mustBe": 0, **severity})
        case _:
            return False
    return True


def _named(draft: Draft, name: str) -> DraftColumn | None:
    return next((column for column in draft.columns if column.name == name), None)


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())
