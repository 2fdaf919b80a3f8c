"""Drafting from a dbt model: its descriptions, types, constraints and data tests.

Format of the manifest: https://docs.getdbt.com/reference/artifacts/manifest-json
"""

from collections.abc import Iterator, Mapping
from typing import Any

from mesh_capabilities.contract_exchange.drafting.draft import Draft, DraftColumn
from mesh_platform.contract.types import duckdb_type
from mesh_platform.errors import ContractError, FileRefused


def draft_from_dbt(manifest: Mapping[str, Any], model: str, found: Draft | None = None) -> Draft:
    """What dbt knows of `model`, on top of what was `found` in its data.

    Raises FileRefused when there is no such model, or no type for one of its columns.
    """
    node = _model(manifest, model)
    said = {column["name"]: column for column in (node.get("columns") or {}).values()}
    draft = Draft(f"the dbt model {model}", [], _line(node.get("description")))
    if found:
        draft.origin += f" and {found.origin}"
        draft.notes = [*found.notes]
        draft.columns = list(found.columns)
        draft.notes += [f"dbt lists a column {name}, which is not in the data." for name in said if not _named(draft, name)]
    else:
        draft.columns = list(_typed(said, model))
    for name, entry in said.items():
        if column := _named(draft, name):
            column.description = _line(entry.get("description"))
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


def _typed(said: Mapping[str, Mapping[str, Any]], model: str) -> Iterator[DraftColumn]:
    if untyped := [name for name, column in said.items() if not column.get("data_type")]:
        raise FileRefused(
            f"The dbt model '{model}' says no data_type of {', '.join(untyped)}.", "Add --parquet with its built data."
        )
    if not said:
        raise FileRefused(f"The dbt model '{model}' lists no columns.", "Add --parquet with its built data.")
    for name, column in said.items():
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
    """A data test becomes a promise where a contract can say the same, and a comment everywhere else."""
    metadata, config = test.get("test_metadata") or {}, test.get("config") or {}
    name, arguments = metadata.get("name") or test["name"], metadata.get("kwargs") or {}
    column = _named(draft, test.get("column_name") or "")
    plain = not config.get("where") and not metadata.get("namespace") and config.get("error_if") in (None, "!= 0")
    warns = str(config.get("severity", "error")).lower() == "warn"
    if column is None or not plain or not _promised(name, arguments, column, warns):
        below = f" of {column.name}" if column else ""
        # Which columns a table's test is about is one of its arguments.
        told = {key: value for key, value in arguments.items() if key not in ("model", "column_name")}
        condition = f", where {config['where']}" if config.get("where") else ""
        draft.notes.append(f"dbt also tests{below}: {name}{f' {told}' if told else ''}{condition}")


def _promised(name: str, arguments: Mapping[str, Any], column: DraftColumn, warns: bool) -> bool:
    # Without names, because a check of one name is one rule's, and dbt may test one thing twice.
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


def _line(text: str | None) -> str:
    return " ".join((text or "").split())
