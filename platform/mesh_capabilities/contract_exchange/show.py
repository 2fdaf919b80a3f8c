"""The commands `mesh contract export` and `mesh contract import`."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mesh_capabilities.contract_exchange.dbt import dbt_model
from mesh_capabilities.contract_exchange.ddl import ddl
from mesh_capabilities.contract_exchange.drafting import draft_from_dbt, draft_from_parquet, draft_text, parse_folder, port_name
from mesh_capabilities.contract_exchange.html import html
from mesh_capabilities.contract_exchange.json_schema import json_schema
from mesh_capabilities.contract_lint.contract_summary import ContractSummary, summary_of
from mesh_capabilities.contract_lint.earlier_odcs import read_any_document
from mesh_capabilities.reports import deliver
from mesh_capabilities.targets import contracts_named, parquet_file
from mesh_capabilities.yaml_text import yaml_text
from mesh_isolation.numbers import exact_json
from mesh_isolation.text import counted
from mesh_platform.contract.document import contract_in, read_document
from mesh_platform.errors import FileRefused, naming_faults
from mesh_platform.names import PortAddress

FORMATS: Mapping[str, Callable[[ContractSummary], str]] = {
    "dbt": dbt_model,
    "jsonschema": lambda summary: exact_json(json_schema(summary), indent=2, ensure_ascii=False) + "\n",
    "sql": ddl,
    "html": html,
}


def export_contract(text: str, format_name: str, to: str | None, as_json: bool) -> None:
    """Prints the contract in that format, or writes it to the file `to`."""
    summary = _summary(text)
    name = f"{summary.contract.id} {summary.contract.version}"
    deliver(FORMATS[format_name](summary), to, as_json, {"contract": name, "format": format_name}, f"{name} exported")


def _summary(text: str) -> ContractSummary:
    """The summary of a port's contract with its consumers, or of a file without."""
    if not Path(text).is_file():
        return summary_of(text)
    (target,) = contracts_named([text])
    document = read_document(target.path)
    return ContractSummary(contract_in(document, target.path, target.root), document)


_FILE = re.compile(r"([a-z][a-z0-9_]*)\.v(\d{1,9})\.odcs\.yaml")
_NO_DOMAIN = "draft"
"""The domain of a draft without a domain."""


def import_contract(
    project: str | None, model: str | None, files: Sequence[str], port: str | None, to: str | None, as_json: bool
) -> None:
    """Prints the draft, or writes it to the file `to`. An existing file is never overwritten."""
    if to and Path(to).exists():
        raise FileRefused(f"{to} exists already and is not overwritten.", "Name another file.")
    data = draft_from_parquet([parquet_file(file) for name in files for file in _files_of(name)]) if files else None
    draft, domain, name = data, _NO_DOMAIN, port_name(Path(files[0]).stem) if files else ""
    if project and model:
        manifest = parse_folder(Path(project).absolute())
        draft = draft_from_dbt(manifest, model, data)
        domain, name = port_name(manifest["metadata"]["project_name"]), port_name(model)
    major = 1
    if to and (match := _FILE.fullmatch(Path(to).name)):
        name, major = match[1], int(match[2])
        if Path(to).absolute().parent.name == "contracts":
            domain = port_name(Path(to).absolute().parents[1].name)
    if port:
        domain, name = PortAddress.parse(port)
    text = draft_text(draft, domain, name, major)
    contract = f"{domain}.{name}.v{major}"
    document = {"contract": contract, "origin": draft.origin, "columns": [column.name for column in draft.columns]}
    deliver(
        text, to, as_json, document, f"a draft of {contract}, {counted(len(draft.columns), 'column')}, written", replace=False
    )


def _files_of(name: str) -> list[str]:
    """The Parquet files of a folder, of a Delta table those of its newest version, or the one file with that name."""
    if (Path(name) / "_delta_log").is_dir():
        from deltalake import DeltaTable

        with naming_faults():
            return sorted(DeltaTable(Path(name).absolute()).file_uris())
    return sorted(map(str, Path(name).rglob("*.parquet"))) or [name]


def import_earlier(text: str, to: str | None, as_json: bool) -> None:
    """Prints a contract of ODCS v2.2 in v3.1.0, or writes it to the file `to`. An existing file is never overwritten."""
    document, remark = read_any_document(Path(text))
    if remark is None:
        raise FileRefused(f"{text} is ODCS {document['apiVersion']}, which is read as it is.", "Copy the file.")
    comment = (
        f"{Path(text).name!r}, {remark}.\nIts rules name rules of other tools and are texts here; state them as library or sql."
    )
    converted = yaml_text(document, {(): comment})
    deliver(converted, to, as_json, {"contract": document["id"], "origin": remark}, f"{text}, {remark}, written", replace=False)
