"""A source file of a domain: declared in its `ingestion.py`, named in dbt's list of sources, with a sample beside it."""

from pathlib import Path
from typing import Any

from mesh_capabilities.scaffolding.growth import Growth
from mesh_capabilities.scaffolding.insertion import add_entry
from mesh_capabilities.scaffolding.insertion_python import add_source
from mesh_platform.project import DomainFolder


def add_source_file(growth: Growth, root: Path, domain: DomainFolder, table: str, shape: dict[str, Any]) -> str:
    """Lets the domain read one file more; gives its path below the source folder."""
    file = f"{domain.name}/{table}.csv"
    module = f"domains/{domain.name}/{domain.name}/ingestion.py"
    lines = [
        f"{table.upper()} = CsvSource(",
        f'    "{table}",',
        f'    "{file}",',
        f'    description="{shape["grain"]}",',
        "    columns={",
        *(f'        "{column["name"]}": "{column["physical"]}",' for column in shape["columns"]),
        "    },",
        ")",
    ]
    declaration = "\n".join(lines)
    growth.edit(root, module, lambda text: add_source(text, table.upper(), declaration, module))
    listed = f"dbt_projects/{domain.name}/models/staging/sources.yml"
    if (root / listed).is_file():
        growth.edit(root, listed, lambda text: add_entry(text, ["sources", 0, "tables"], [f"name: {table}"], listed))
    else:
        head = f"# What ingestion reads into the schema `raw`; {module} says from which files.\n"
        growth.make({listed: f"{head}sources:\n  - name: raw\n    tables:\n      - name: {table}\n"})
    return file
