"""What the ports of one domain are made of, column by column: followed through its models to other ports and to its sources."""

from collections.abc import Iterable, Mapping, Sequence

from mesh_capabilities.columns.derivation import Derivation, Origin, Relation, derive
from mesh_platform.build.dbt import CompiledModel
from mesh_platform.errors import LineageError
from mesh_platform.ingestion.source import RAW
from mesh_platform.names import identifier

_OWN = "main"
"""The schema of a warehouse that dbt writes to; further ones of dbt's begin with it."""


class DomainColumns:
    """The derivations of one domain's ports; a port that another one reads is an origin, a private model is none.

    Args:
        domain: its name.
        models: all models of its dbt project.
        promised: the columns of every port of the mesh, by `Relation(domain, port)`.
    """

    def __init__(self, domain: str, models: Iterable[CompiledModel], promised: Mapping[Relation, Sequence[str]]) -> None:
        self._domain = domain
        relations = {Relation(model.schema, model.name): model for model in models}
        self._ports = {relation: model for relation, model in relations.items() if model.materialized == "port"}
        self._private = {name: _query(model) for name, model in relations.items() if name not in self._ports}
        self._columns = dict(promised)
        # Ports of the domain stand in its own warehouse, also those whose models are not among these.
        self._columns |= {Relation(_OWN, name): columns for (schema, name), columns in promised.items() if schema == domain}
        for relation in self._ports:
            self._columns[relation] = promised.get(Relation(domain, relation.name), ())

    @property
    def ports(self) -> list[str]:
        return [relation.name for relation in self._ports]

    def of_port(self, port: str) -> Derivation:
        """What a port is made of. Raises LineageError when the SQL of a model on the way cannot be followed."""
        model = next(model for relation, model in self._ports.items() if relation.name == port)
        try:
            found = derive(model.sql, self._columns, self._private)
        except LineageError as problem:
            file = f"dbt_projects/{self._domain}/{model.file}"
            raise LineageError(f"{file}, or a model it reads: {problem.found}") from problem
        return Derivation(
            {name: self._addressed(origins) for name, origins in found.values.items()},
            {name: self._addressed(origins) for name, origins in found.rows.items()},
            self._addressed(found.named),
        )

    def _addressed(self, origins: Iterable[Origin]) -> frozenset[Origin]:
        """Origins under the names that the mesh has for their relations, which are those of their assets."""
        return frozenset(Origin(self._address(origin.relation), origin.column) for origin in origins)

    def _address(self, relation: Relation) -> Relation:
        if relation in self._ports or relation.schema.partition("_")[0] == _OWN:
            return Relation(self._domain, relation.name)
        return Relation(self._domain, f"{RAW}_{relation.name}") if relation.schema == RAW else relation


def _query(model: CompiledModel) -> str:
    """A model as a query; a snapshot has the columns that dbt adds, each set by what makes dbt begin a new row."""
    if not model.remembers:
        return model.sql
    added = ", ".join(
        f"concat({', '.join(map(identifier, columns))}) AS {identifier(name)}" for name, columns in model.remembers.items()
    )
    return f"SELECT remembered.*, {added} FROM ({model.sql}) AS remembered"
