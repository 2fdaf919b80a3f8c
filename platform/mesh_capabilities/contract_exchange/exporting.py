"""`mesh contract export`: a contract in the language of another tool."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from mesh_capabilities.contract_exchange.export.dbt import dbt_model
from mesh_capabilities.contract_exchange.export.ddl import ddl
from mesh_capabilities.contract_exchange.export.html import html
from mesh_capabilities.contract_exchange.export.json_schema import json_schema
from mesh_capabilities.contract_exchange.promise import Promise
from mesh_capabilities.contract_exchange.show import promise_of
from mesh_platform.cli.arguments import contracts_named
from mesh_platform.cli.output import deliver
from mesh_platform.contract.document import contract_in, read_document

FORMATS: Mapping[str, Callable[[Promise], str]] = {
    "dbt": dbt_model,
    "jsonschema": lambda promise: json.dumps(json_schema(promise), indent=2, ensure_ascii=False) + "\n",
    "sql": ddl,
    "html": html,
}


def export_contract(text: str, format_name: str, to: str | None, as_json: bool) -> None:
    """Prints the contract in that format, or writes it to the file `to`."""
    promise = _promise(text)
    name = f"{promise.contract.id} {promise.contract.version}"
    deliver(FORMATS[format_name](promise), to, as_json, {"contract": name, "format": format_name}, f"{name} exported")


def _promise(text: str) -> Promise:
    """Of a port with those who rely on it; of a file what stands in it."""
    if not Path(text).is_file():
        return promise_of(text)
    (target,) = contracts_named([text])
    document = read_document(target.path)
    return Promise(contract_in(document, target.path, target.root), document)
