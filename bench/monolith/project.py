"""The models of all domains as one dbt project over one database, as a team without domains would have written them."""

import re
import shutil
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[2]
DOMAINS = ("sales", "marketing", "finance")
_PROJECT = """\
name: monolith
version: "0.1.0"
profile: monolith
vars: {commission_rate: 0.10}
models:
  monolith: {staging: {+materialized: view, +schema: staging}, ports: {+materialized: table}}
"""
_PROFILE = """\
monolith:
  target: mesh
  outputs: {{mesh: {{type: duckdb, path: "{database}", threads: 2, settings: {{TimeZone: UTC}}}}}}
"""
# Where a domain reads a port of another, the monolith refers to the model.
_BORDER = re.compile(r"source\('(?:" + "|".join(DOMAINS) + r")', ?'(\w+)'\)")


def write_project(folder: Path, home: Path) -> Path:
    """Writes the project into `folder`, with a database that holds the raw tables of every warehouse of `home`."""
    for domain in DOMAINS:
        project = ROOT / "dbt_projects" / domain
        for path in sorted(project.rglob("*")):
            part = path.relative_to(project)
            if (
                path.suffix in (".sql", ".yml")
                and part.parts[0] in ("models", "snapshots", "tests")
                and part.parts[1] != "inputs"
            ):
                name = f"{domain}_{part.name}" if part.name == "sources.yml" else part.name
                target = folder / part.parent / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(_BORDER.sub(r"ref('\1')", path.read_text(encoding="utf-8")), encoding="utf-8")
    (folder / "macros").mkdir()
    shutil.copy(ROOT / "platform/mesh_platform/build/macros/keeps_every_row.sql", folder / "macros")
    (folder / "dbt_project.yml").write_text(_PROJECT, encoding="utf-8")
    database = folder / "monolith.duckdb"
    (folder / "profiles.yml").write_text(_PROFILE.format(database=database), encoding="utf-8")
    with duckdb.connect(database) as connection:
        connection.execute("CREATE SCHEMA raw")
        for domain in DOMAINS:
            connection.execute(f"ATTACH '{home / 'warehouses' / domain / domain}.duckdb' AS {domain}_warehouse (READ_ONLY)")
            listed = (
                f"SELECT table_name FROM duckdb_tables() WHERE database_name = '{domain}_warehouse' AND schema_name = 'raw'"
            )
            for (table,) in connection.execute(listed).fetchall():
                connection.execute(f'CREATE TABLE raw."{table}" AS FROM {domain}_warehouse.raw."{table}"')
    return folder
