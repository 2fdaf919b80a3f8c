"""The metadata tables in memory: each is a harvested fact, or a join of several.

Opening them harvests the changes since the last harvest; the other facts come from the mesh's home.
"""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
from filelock import FileLock

import mesh_platform
from mesh_capabilities import columns
from mesh_capabilities.governance.catalog.harvesting import harvest
from mesh_capabilities.governance.catalog.kept import Kept
from mesh_capabilities.governance.catalog.tables import JUDGED, TABLES
from mesh_platform.names import identifier
from mesh_platform.project import Project


class MetadataTables:
    """The metadata tables as they were when they were opened; those in JUDGED are empty.

    Args:
        project: the mesh.
        connection: a DuckDB in memory with the tables in its schema `mesh`.
    """

    def __init__(self, project: Project, connection: duckdb.DuckDBPyConnection) -> None:
        self.project = project
        self._connection = connection

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table, in the order of its key, as plain Python values."""
        declared = TABLES[table]
        order = ", ".join(map(identifier, declared.key))
        rows = self._connection.execute(f"FROM mesh.{identifier(table)} ORDER BY {order}").fetchall()
        return [dict(zip(declared.columns, row)) for row in rows]

    def connection(self) -> duckdb.DuckDBPyConnection:
        """The DuckDB that holds the tables, readable by their bare names. It belongs to the catalog: do not close it."""
        return self._connection


def open_tables(project: Project, instance: object | None = None) -> duckdb.DuckDBPyConnection:
    """Harvests the changes, and returns a DuckDB in memory with the tables in its schema `mesh`.

    Args:
        project: the mesh.
        instance: Dagster's, where one is open already; else that of the mesh's home is opened when it has new runs.
    """
    folder = project.home.root / "catalog"  # keeps the harvest, so that only changed files are read again
    folder.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    with FileLock(folder / "harvest.lock"):
        kept = Kept(folder, _stamp(project))
        harvest(project, kept, instance)
        kept.attach(connection)
    connection.execute("CREATE SCHEMA mesh")
    for name in TABLES:
        _create(connection, name)
    connection.execute("DETACH kept")
    connection.execute("SET search_path = 'mesh,main'")
    return connection


def _create(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    columns = {column: kind for column, (kind, _) in TABLES[name].columns.items()}
    listing = ", ".join(f"{identifier(column)} {kind}" for column, kind in columns.items())
    connection.execute(f"CREATE TABLE mesh.{identifier(name)} ({listing})")
    if name in JUDGED:
        return
    source = f"({VIEWS[name]})" if name in VIEWS else f"kept.{identifier(name)}"
    connection.execute(f"INSERT INTO mesh.{identifier(name)} SELECT {', '.join(map(identifier, columns))} FROM {source}")


def _stamp(project: Project) -> str:
    """A digest of the harvesting code, the repository and the home: facts of another stamp may be different."""
    stamp = hashlib.sha256(f"{project.root}\0{project.home.root}\0{duckdb.__version__}".encode())
    packages = Path(mesh_platform.__file__).parent, Path(columns.__file__).parent, Path(__file__).parents[1]
    for package in packages:
        for place, folders, files in os.walk(package):
            folders[:] = sorted(set(folders) - {"__pycache__"})
            for file in sorted(files):
                stat = os.stat(f"{place}/{file}")  # noqa: PTH116
                stamp.update(f"{place}/{file} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return stamp.hexdigest()


_PROBLEMS = """
    select domain, 1 as nearness, file, problem from kept.domains where problem is not null
    union all select domain, 2, file, problem from kept.products where problem is not null
    union all select domain, 2, file, problem from kept.contracts where not valid
    union all
    select outputs.domain, 3, outputs.file, outputs.file || ' publishes ''' || split_part(port, '/', 2)
        || ''', a port without a contract: nothing has the id ' || contract || '.'
    from kept.outputs join kept.products using (product)
    where contract not in (select contract from kept.contracts) and status not in ('proposed', 'retired')
    union all
    select domain, 3, file, file || ' is a contract without a port: no product of ' || domain || ' publishes it.'
    from kept.contracts
    where contract not in (select contract from kept.outputs)
        and domain not in (select domain from kept.products where problem is not null)
    union all
    select outputs.domain, 3, outputs.file, outputs.file || ' publishes ''' || split_part(outputs.port, '/', 2)
        || ''' in version ' || outputs.version || ', its contract is ' || contracts.version || '.'
    from kept.outputs join kept.contracts using (contract)
    where contracts.valid and contracts.version <> outputs.version
    union all
    select outputs.domain, 3, contracts.file, contracts.file || ' says that it belongs to '
        || coalesce(contracts.product, 'no product') || ', but ' || outputs.file || ' publishes it.'
    from kept.outputs join kept.contracts using (contract)
    where contracts.valid and contracts.product is distinct from outputs.product
    union all select domain, 4, file, problem from kept.problems
"""

VIEWS: Mapping[str, str] = {
    "domains": f"""
        with first as (
            select domain, arg_min(problem, (nearness, file)) as problem from ({_PROBLEMS}) group by domain
        )
        select domains.* exclude (problem), if(first.problem is null, 'loaded', 'broken') as state, first.problem
        from kept.domains left join first using (domain)
    """,
    "products": """
        select * replace (
            coalesce(deprecated_from, (
                select max(step."at")::date from kept.transitions as step
                where step.product = products.product and step.to_status = 'deprecated'
            )) as deprecated_from
        )
        from kept.products
    """,
    "ports": """
        with known as (
            select port, major, domain, product, contract from kept.outputs
            union
            select port, major, domain, product, contract from kept.contracts
            where major is not null and contract not in (select contract from kept.outputs)
            union
            select port, major, split_part(port, '/', 1), product, null
            from kept.served
            left join (select port, arg_max(product, major) as product from kept.outputs group by port) using (port)
            where (port, major) not in (select (port, major) from kept.outputs)
                and (port, major) not in (select (port, major) from kept.contracts where major is not null)
        ),
        reads as (
            select input as port, input_major as major, max(committed_at) as last_read_at
            from kept.version_inputs join kept.versions using (port, major, version)
            where rolled_back_to is null
            group by all
        )
        select
            known.port, known.major, known.domain, split_part(known.port, '/', 2) as name, known.product, known.contract,
            known.major = max(known.major) over (partition by known.port) as newest,
            served.version is not null as published,
            served.version as served_version, versions.committed_at, versions.rows, served.bytes, served.files,
            coalesce(contracts.partitioned_by, served.partitioned_by) as partitioned_by,
            models.file as model_file, contracts.description, contracts.grain, reads.last_read_at, versions.run
        from known
        left join kept.contracts as contracts on contracts.contract = known.contract
        left join kept.served as served on (served.port, served.major) = (known.port, known.major)
        left join kept.versions as versions
            on (versions.port, versions.major, versions.version) = (served.port, served.major, served.version)
        left join kept.models as models on models.port = known.port
        left join reads on (reads.port, reads.major) = (known.port, known.major)
    """,
    "contracts": """
        select contracts.*, versions.contract_version as published_version, versions.contract_digest as published_digest
        from kept.contracts
        left join kept.served as served on (served.port, served.major) = (contracts.port, contracts.major)
        left join kept.versions as versions
            on (versions.port, versions.major, versions.version) = (served.port, served.major, served.version)
    """,
    "relations_read": """
        with declared as (select domain, input, min(product) as product from kept.inputs_declared group by all)
        select
            relations.*, own or schema = 'raw' or declared.product is not null as allowed,
            case
                when own then 'a model of its own domain'
                when schema = 'raw' then 'a source of its own domain'
                when declared.product is not null then 'declared by ' || declared.product
                when exists (from kept.outputs where outputs.port = schema || '/' || relation)
                    then 'a published port that no product of ' || relations.domain || ' declares'
                when schema in (select domain from kept.domains) then 'past the published ports of ' || schema
                else 'neither a model, a source nor a published port'
            end as why
        from kept.relations
        left join declared on declared.domain = relations.domain and declared.input = schema || '/' || relation
    """,
    "unfollowed": """
        select port, file, problem, everything from kept.unfollowed
        union all
        -- A project that could not be read, or a port whose lineage could not: nothing says what their columns are made of.
        select unread.port, min(problems.file), min(problems.problem), true
        from (
            select port, domain from kept.outputs
            union
            select port, domain from kept.contracts where port is not null
        ) as unread
        join (
            select domain, file, problem from kept.problems
            where file in ('dbt_projects/' || domain, domain) or starts_with(file, domain || '/')
            union
            select domain, file, problem from kept.domains where problem is not null
        ) as problems using (domain)
        where unread.port not in (select port from kept.unfollowed)
            and (unread.port not in (select port from kept.models) or problems.file = unread.port)
        group by unread.port
    """,
    "inputs_used": """
        select inputs_used.*, product
        from kept.inputs_used
        left join (select port, arg_max(product, major) as product from kept.outputs group by port) using (port)
    """,
    "owners": """
        with named as (
            select owner, null as address, channel, domain, null as product from kept.domains where owner is not null
            union all
            select owner, owner_address, channel, null, product from kept.products where owner is not null
        )
        select
            owner, count(distinct domain) as domains, count(distinct product) as products,
            (
                select count(distinct port) from kept.outputs join kept.products using (product)
                where products.owner = named.owner
            ) as ports,
            min(address) as address, min(channel) as channel
        from named group by owner
    """,
}
"""By table that joins several facts, the SELECT that creates it. Every other table is the fact of the same name."""
