"""`mesh contract import`: a draft of a contract, from a dbt model, from a Parquet file, or from both."""

import re
from collections.abc import Sequence
from pathlib import Path

from mesh_capabilities.contract_exchange.drafting.draft import draft_text, port_name
from mesh_capabilities.contract_exchange.drafting.from_dbt import draft_from_dbt
from mesh_capabilities.contract_exchange.drafting.from_parquet import draft_from_parquet
from mesh_platform.build.dbt import parse_folder
from mesh_platform.cli.arguments import parquet_file
from mesh_platform.cli.output import deliver
from mesh_platform.errors import FileRefused
from mesh_platform.names import PortAddress

_FILE = re.compile(r"([a-z][a-z0-9_]*)\.v(\d+)\.odcs\.yaml")
_NO_DOMAIN = "draft"
"""The domain of a draft that nobody has said the domain of."""


def import_contract(
    project: str | None, model: str | None, files: Sequence[str], port: str | None, to: str | None, as_json: bool
) -> None:
    """Prints the draft, or writes it to the file `to`; a file that is there is never overwritten."""
    if to and Path(to).exists():
        raise FileRefused(f"{to} is there already, and is not overwritten.", "Name another file.")
    found = draft_from_parquet([parquet_file(file) for file in files]) if files else None
    draft, domain, name = found, _NO_DOMAIN, port_name(Path(files[0]).stem) if files else ""
    if project and model:
        manifest = parse_folder(Path(project).absolute())
        draft = draft_from_dbt(manifest, model, found)
        domain, name = port_name(manifest["metadata"]["project_name"]), port_name(model)
    major = 1
    if to and (said := _FILE.fullmatch(Path(to).name)):
        name, major = said[1], int(said[2])
        if Path(to).absolute().parent.name == "contracts":
            domain = port_name(Path(to).absolute().parents[1].name)
    if port:
        domain, name = PortAddress.parse(port)
    text = draft_text(draft, domain, name, major)
    contract = f"{domain}.{name}.v{major}"
    said = {"contract": contract, "origin": draft.origin, "columns": [column.name for column in draft.columns]}
    deliver(text, to, as_json, said, f"a draft of {contract}, {len(draft.columns)} columns, written", replace=False)
