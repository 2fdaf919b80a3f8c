"""What a domain's dbt project says: which model makes which port, what it reads, and every relation in its compiled SQL."""

from collections.abc import Iterable, Iterator, Mapping

from mesh_capabilities.governance.catalog.facts import Row
from mesh_capabilities.governance.catalog.harvest.harvested import Harvested
from mesh_platform.build.port_graph import CompiledModel, PortModel, load_compiled, load_port_graph
from mesh_platform.errors import MeshError
from mesh_platform.names import identifier
from mesh_platform.project import DomainFolder, Project


def harvest_project(project: Project, name: str) -> Harvested:
    """The rows of a domain's dbt project; of one that dbt cannot read, the problem."""
    reads = frozenset({f"project:{name}", f"file:domains/{name}/domain.yaml"})
    domain = project.domains.get(name)
    if domain is None:  # its own file is broken, and says so
        return Harvested(reads=reads)
    if not (domain.dbt_project / "dbt_project.yml").is_file():
        said = f"dbt_projects/{name} is no dbt project: it has no dbt_project.yml."
        return Harvested({"problems": [{"domain": name, "file": f"dbt_projects/{name}", "problem": said}]}, reads)
    try:
        graph, models = load_port_graph(domain), load_compiled(domain)
    except MeshError as problem:
        said = str(problem).replace(f"{project.root}/", "")
        return Harvested({"problems": [{"domain": name, "file": f"dbt_projects/{name}", "problem": said}]}, reads)
    return Harvested(
        {
            "models": [
                {"domain": name, "port": f"{name}/{port}", "file": _file(name, model.file)} for port, model in graph.items()
            ],
            "inputs_used": [row for port, model in graph.items() for row in _inputs(domain, port, model)],
            "relations": [row for model in models for row in _relations(name, model, _own(graph.values(), models))],
        },
        reads,
    )


def _inputs(domain: DomainFolder, port: str, model: PortModel) -> Iterator[Row]:
    for read in (*map(str, model.inputs), *(f"{domain.name}/{other}" for other in model.ports)):
        yield {
            "port": f"{domain.name}/{port}",
            "input": read,
            "domain": domain.name,
            "input_domain": read.partition("/")[0],
            "file": _file(domain.name, model.file),
        }


def _own(graph: Iterable[PortModel], models: Iterable[CompiledModel]) -> set[str]:
    """The relations that the project itself makes, as SQL writes them."""
    made = {f"{identifier(model.schema)}.{identifier(model.name)}" for model in models}
    return made | {table for port in graph for table in port.snapshots}


def _relations(domain: str, model: CompiledModel, own: set[str]) -> Iterator[Row]:
    for schema, relation in _read_by(model.sql):
        yield {
            "domain": domain,
            "model": model.name,
            "file": _file(domain, model.file),
            "schema": schema,
            "relation": relation,
            "own": f"{identifier(schema)}.{identifier(relation)}" in own,
        }


def _read_by(sql: str) -> Mapping[tuple[str, str], None]:
    """Schema and name of every relation in a query, once each; a function that reads files has no schema, and its own text."""
    from sqlglot import exp, parse_one
    from sqlglot.errors import SqlglotError

    try:
        tree = parse_one(sql, dialect="duckdb")
    except (SqlglotError, RecursionError):
        return {}  # that it cannot be followed is told of the port
    named = {cte.alias for cte in tree.find_all(exp.CTE)}
    found: dict[tuple[str, str], None] = {}
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.Identifier):
            if table.db or table.name not in named:
                found[table.db, table.name] = None
        elif not isinstance(table.this, exp.Unnest):
            found["", table.this.sql("duckdb")[:200]] = None
    return found


def _file(domain: str, file: str) -> str:
    return f"dbt_projects/{domain}/{file}"
