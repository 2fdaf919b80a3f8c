"""The column lineage of one domain's ports, followed through its private models and cached until the SQL changes."""

import glob
import hashlib
import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mesh_capabilities.columns.derivation import Derivation, Origin, Relation, folded, folded_relation, named_relations
from mesh_capabilities.compiled_models import unfinished
from mesh_capabilities.errors import LineageError, UnknownOrigin
from mesh_isolation.disclosure import expression_discloses
from mesh_isolation.files import write_whole
from mesh_isolation.records import read_cache
from mesh_isolation.sandbox import TookTooLong
from mesh_isolation.worker import ask_worker
from mesh_platform.build import dbt
from mesh_platform.build.dbt import CompiledModel, for_another
from mesh_platform.errors import ContractError, MeshError
from mesh_platform.ingestion.source import RAW
from mesh_platform.names import identifier
from mesh_platform.project import DomainFolder
from mesh_platform.yaml_files import read_mapping

_WAREHOUSE_SCHEMA = "main"
"""The schema of a warehouse that dbt writes to. The names of further schemas of dbt begin with it."""
_CACHE_FORMAT = 7
PORT_SECONDS = 10
"""How long following the SQL of one port may take; most take some hundredths of a second."""
CHARACTERS = 2_000_000
"""The most compiled SQL of a port, with that of the models that it reads."""
_WORD = re.compile(r"\w+")
_MEGABYTES, _BYTES = 1_000, 50_000_000


def derived_ports(
    domain: DomainFolder,
    models: Sequence[CompiledModel],
    promised: Mapping[Relation, Sequence[str]],
    keep_in: str = "columns.json",
) -> dict[str, Derivation | MeshError]:
    """The derivation of each port of a domain, or the error that prevents it.

    Args:
        domain: the owner of the ports.
        models: all models of its dbt project, or those that the chosen ports need.
        promised: the columns of the ports that the models may read, as their contracts list them.
        keep_in: the cache file, below the domain's dbt folder in the mesh's home.
    """
    cache = domain.home.dbt(domain.name) / keep_in
    named = _named(domain.name, models)
    read = [relation for relation in promised if folded_relation(relation) in named]
    earlier, types = earlier_columns(domain.root, read), column_types(domain.root, read)
    digest = lineage_digest(models, {relation: promised[relation] for relation in read}, earlier, types)
    if (cached := _read_cache(cache, digest)) is not None:
        return cached
    columns = DomainColumns(domain.name, models, promised, earlier, types)
    results: dict[str, Derivation | MeshError] = {}
    for port in columns.ports:
        try:
            results[port] = columns.of_port(port)
        except MeshError as problem:
            results[port] = problem
    late = any(isinstance(result, MeshError) and unfinished(result) for result in results.values())
    if late and not for_another(domain.name):
        return results  # a busy machine can be the reason; the next time shows it
    _write_cache(cache, digest, results)
    return results


EarlierColumns = Mapping[Relation, Mapping[str, Sequence[str]]]
"""By port, its columns in earlier majors: each with the columns of the newest major that make it."""


def earlier_columns(root: Path, ports: Iterable[Relation]) -> EarlierColumns:
    """The columns of the earlier majors of these ports, which are views over the newest one, by `transformLogic`.

    A contract that cannot be read is left out, and an expression that cannot counts as made of every column.
    """
    earlier: dict[Relation, dict[str, Sequence[str]]] = {}
    for port in ports:
        for _, column, made_of in columns_of_views(root, port):
            columns = earlier.setdefault(port, {})
            columns[column] = tuple(dict.fromkeys((*columns.get(column, ()), *made_of)))
    return earlier


def columns_of_views(root: Path, port: Relation) -> Iterator[tuple[int, str, Sequence[str]]]:
    """Each column of the port's earlier majors: the major, the column, and the columns of the newest major that make it.

    A contract that cannot be read is left out, and an expression that cannot counts as made of every column.
    """
    files = root.joinpath("domains", port.schema, "contracts").glob(f"{glob.escape(port.name)}.v*.odcs.yaml")
    majors = {int(match[1]): file for file in files if (match := _MAJOR.search(file.name))}
    *before, last = sorted(majors) or [0]
    newest = [str(entry.get("name")) for entry in _properties(majors[last])] if before else []
    for major in before:
        for entry in _properties(majors[major]):
            name = str(entry.get("name"))
            logic = entry.get("transformLogic")
            yield major, name, _made_of(str(logic), newest) if logic else [one for one in newest if folded(one) == folded(name)]


ColumnTypes = Mapping[Relation, Mapping[str, str]]
"""By port, the types of its columns: of each column that has the same type in all majors."""


def column_types(root: Path, ports: Iterable[Relation]) -> ColumnTypes:
    """The types of these ports' columns, as their contracts promise them. What no contract says is left out."""
    types: dict[Relation, dict[str, str]] = {}
    for port in ports:
        promised: dict[str, set[str]] = {}
        for file in sorted(root.joinpath("domains", port.schema, "contracts").glob(f"{glob.escape(port.name)}.v*.odcs.yaml")):
            for entry in _properties(file):
                promised.setdefault(str(entry.get("name")), set()).add(str(entry.get("physicalType") or ""))
        types[port] = {name: kinds.pop() for name, kinds in promised.items() if len(kinds) == 1}
    return types


_MAJOR = re.compile(r"\.v([0-9]+)\.odcs\.yaml$")


def _properties(contract: Path) -> Sequence[Mapping[str, Any]]:
    try:
        (table,) = read_mapping(contract, ContractError)["schema"]
        return [entry for entry in table["properties"] if isinstance(entry, Mapping)]
    except (MeshError, KeyError, TypeError, ValueError):
        return []  # its own domain reports it


def _made_of(logic: str, newest: Sequence[str]) -> Sequence[str]:
    """The columns of the newest major that an expression over them can be made of."""
    names = frozenset(map(str.casefold, newest))
    return [one for one in newest if expression_discloses(logic, own := frozenset([one.casefold()]), names - own)]


class DomainColumns:
    """The derivations of one domain's ports. Ports that a port reads are origins; private models are followed.

    Args:
        domain: its name.
        models: all models of its dbt project.
        promised: the columns of every port of the mesh, by `Relation(domain, port)`.
        earlier: what `earlier_columns` returns for them.
        types: what `column_types` returns for them.
        patience: what deriving may cost, if other ports of the domain share it.
    """

    def __init__(
        self,
        domain: str,
        models: Iterable[CompiledModel],
        promised: Mapping[Relation, Sequence[str]],
        earlier: EarlierColumns,
        types: ColumnTypes,
        patience: "Patience | None" = None,
    ) -> None:
        self._domain, self._patience, self._earlier = domain, patience or Patience(domain), earlier
        self._models = relations = {Relation(model.schema, model.name): model for model in models}
        self._ports = {relation: model for relation, model in relations.items() if model.materialized == "port"}
        self._private = {name: _query(model) for name, model in relations.items() if name not in self._ports}
        self._adds = {name: model.adds for name, model in relations.items() if model.adds}
        self._types = dict(types)
        self._types |= {Relation(_WAREHOUSE_SCHEMA, name): kinds for (schema, name), kinds in types.items() if schema == domain}
        self._columns = dict(promised)
        # The domain's own ports are in its warehouse, also those whose models are not among `models`.
        taken = set(map(folded_relation, relations))
        self._columns |= {
            own: columns
            for (schema, name), columns in promised.items()
            if schema == domain and folded_relation(own := Relation(_WAREHOUSE_SCHEMA, name)) not in taken
        }
        for relation in self._ports:
            self._columns[relation] = promised.get(Relation(domain, relation.name), ())
            self._types[relation] = types.get(Relation(domain, relation.name), {})
        self._known = set(map(folded_relation, self._columns))
        """What an origin can belong to, beside source tables: ports of the mesh, and seeds of the domain."""
        self._seeds = {folded_relation(Relation(*seed)) for model in relations.values() for seed in model.seeds}
        self._known |= self._seeds

    @property
    def ports(self) -> list[str]:
        return [relation.name for relation in self._ports]

    def of_port(self, port: str) -> Derivation:
        """The derivation of a port, computed in a process of its own.

        Raises LineageError if no model has the port's name, or if the SQL of the port or of a model it reads cannot be parsed,
        or takes too long to be followed; UnknownOrigin if it is made of a table that is none of the mesh.
        """
        model = next((model for relation, model in self._ports.items() if relation.name == port), None)
        if model is None:
            raise LineageError(f"dbt compiles no model of dbt_projects/{self._domain} under the name {port}.")
        texts = _reachable(model.sql, {name: f"{text}\n{self._adds.get(name, '')}" for name, text in self._private.items()})
        named = set().union(*map(named_relations, (model.sql, *texts.values())))
        columns = {name: parts for name, parts in self._columns.items() if folded_relation(name) in named}
        texts = {name: self._private[name] for name in texts}
        adds = {name: self._adds[name] for name in texts if name in self._adds}
        types = {name: kinds for name, kinds in self._types.items() if folded_relation(name) in named}
        seeds = sorted(self._seeds & named)
        sql = model.sql
        if model.file.endswith(".py"):  # its columns are not followed: they count as made of all that it reads
            sql, texts = (
                f"SELECT * FROM {identifier(model.schema)}.{identifier(port)}",
                {**texts, Relation(model.schema, port): sql},
            )
        try:
            if doubts := [part.doubt for name, part in self._models.items() if part.doubt and (part is model or name in texts)]:
                raise LineageError(f"{doubts[0]}.")
            derivation = self._patience.derive(sql, columns, texts, self._expected(port), adds, types, seeds)
            if sql is not model.sql and not derivation.relations:
                raise LineageError("It is no SQL, and its text names no relation.")
            if odd := sorted(relation for relation in derivation.relations if not self._is_known(relation)):
                names = ", ".join(".".join(filter(None, relation)) for relation in odd)
                raise UnknownOrigin(f"It is made of {names}: no port of the mesh, source table, model or seed.")
        except LineageError as problem:
            file = f"dbt_projects/{self._domain}/{model.file}"
            raise type(problem)(f"{file}, or a model it reads: {problem.found}") from problem.__cause__
        return Derivation(
            {name: self._addressed(origins) for name, origins in derivation.values.items()},
            {name: self._addressed(origins) for name, origins in derivation.rows.items()},
            self._addressed(derivation.named),
            derivation.unfollowed,
        )

    def _expected(self, port: str) -> Sequence[str]:
        """The columns of a port as its contracts name them."""
        return self._columns.get(Relation(self._domain, port), ())

    def _addressed(self, origins: Iterable[Origin]) -> frozenset[Origin]:
        """Origins with the mesh's names of their relations, which are the asset keys."""
        addressed = [Origin(self._address(origin.relation), origin.column) for origin in origins]
        newest = (
            Origin(origin.relation, column)
            for origin in addressed
            for column in self._earlier.get(origin.relation, {}).get(origin.column, ())
        )
        return frozenset([*addressed, *newest])

    def _is_known(self, relation: Relation) -> bool:
        return folded(relation.schema) == RAW or folded_relation(relation) in self._known

    def _address(self, relation: Relation) -> Relation:
        if folded(relation.schema) == RAW:
            return Relation(self._domain, f"{RAW}_{relation.name}")
        own = relation in self._ports or relation.schema.partition("_")[0] == _WAREHOUSE_SCHEMA
        return Relation(self._domain, relation.name) if own else relation


class Patience:
    """What following the SQL of one domain may cost: each port PORT_SECONDS, and all ports together a longer time."""

    def __init__(self, domain: str) -> None:
        self._left = dbt.OTHERS_SECONDS if for_another(domain) else dbt.SECONDS

    def derive(
        self,
        sql: str,
        columns: Mapping[Relation, Sequence[str]],
        models: Mapping[Relation, str],
        expected: Sequence[str] = (),
        adds: Mapping[Relation, str] = MappingProxyType({}),
        types: ColumnTypes = MappingProxyType({}),
        seeds: Sequence[Relation] = (),
    ) -> Derivation:
        """`sql_derivation.derive` in a process that the kernel stops. Raises LineageError, for a limit from TookTooLong."""
        from mesh_capabilities.columns.sql_derivation import answer_request  # sqlglot takes long to import

        if sum(map(len, (sql, *models.values(), *adds.values()))) > CHARACTERS:
            raise LineageError(f"The compiled SQL has more than {CHARACTERS:,} characters.")
        start = time.monotonic()
        limits = {"seconds": max(min(PORT_SECONDS, self._left), 0.01), "megabytes": _MEGABYTES, "bytes": _BYTES}
        tables = {"columns": [*columns.items()], "models": [*models.items()], "adds": [*adds.items()]}
        tables |= {"types": [*types.items()], "seeds": seeds}
        reply = ask_worker(answer_request, {"sql": sql, "expected": expected, **tables, **limits})
        self._left -= time.monotonic() - start
        if "refused" not in reply:
            return _derivation(reply)
        if "stopped" in reply["refused"]:
            raise LineageError(f"Following its columns {reply['refused']}") from TookTooLong()
        raise LineageError(reply["refused"])


def _derivation(document: Mapping[str, Any], origins: Sequence[Origin] = ()) -> Derivation:
    origins = origins or [Origin(Relation(schema, name), column) for schema, name, column in document["origins"]]
    return Derivation(
        {column: _chosen(indexes, origins) for column, indexes in document["values"].items()},
        {column: _chosen(indexes, origins) for column, indexes in document["rows"].items()},
        _chosen(document["named"], origins),
        document["unfollowed"],
    )


def _reachable(sql: str, models: Mapping[Relation, str]) -> dict[Relation, str]:
    """The models that the SQL names, itself or through another one. A name that is no single word is always among them."""
    by_name = {folded_relation(relation): relation for relation in models}
    odd = [name for name in by_name if not all(map(str.isidentifier, name))]
    reached, ahead = {}, [sql]
    while ahead:
        text = ahead.pop()
        for name in (*named_relations(text), *odd, *_bare(text, by_name)):
            relation = by_name.get(name)
            if relation is not None and relation not in reached:
                reached[relation] = models[relation]
                ahead.append(models[relation])
    return reached


def _bare(text: str, models: Iterable[Relation]) -> list[Relation]:
    """The models of the warehouse's own schema whose names a text has, since a query may leave that schema out."""
    words = set(_WORD.findall(folded(text)))
    return [name for name in models if name.schema == _WAREHOUSE_SCHEMA and name.name in words]


def _query(model: CompiledModel) -> str:
    """A model as a query. A snapshot gets the columns that dbt adds, each derived from the columns that start a new row."""
    if not model.remembers:
        return model.sql
    added = ", ".join(
        f"concat({', '.join(map(identifier, columns))}) AS {identifier(name)}" for name, columns in model.remembers.items()
    )
    return f"SELECT remembered.*, {added} FROM ({model.sql}) AS remembered"


def _named(domain: str, models: Sequence[CompiledModel]) -> set[Relation]:
    """The relations that the models name, and the models themselves, as `folded_relation` writes them."""
    own = {folded_relation(Relation(domain, model.name)) for model in models}
    return own.union(*(named_relations(f"{model.sql}\n{model.adds}") for model in models))


def lineage_digest(
    models: Sequence[CompiledModel],
    promised: Mapping[Relation, Sequence[str]],
    earlier: EarlierColumns,
    types: ColumnTypes,
) -> str:
    """Changes with everything that the lineage of these models of a domain depends on; arguments as for `DomainColumns`."""
    parts = [
        [_CACHE_FORMAT, version("sqlglot")],
        sorted(json.dumps(vars(model), sort_keys=True) for model in models),
        sorted((*relation, *columns) for relation, columns in promised.items()),
        *(sorted((*relation, *sorted(facts.items())) for relation, facts in known.items()) for known in (earlier, types)),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _read_cache(cache: Path, digest: str) -> dict[str, Derivation | MeshError] | None:
    """The cached results; None if there is no cache, or it is outdated or damaged."""
    document = read_cache(cache, dict[str, Any])
    try:
        if not document or document["digest"] != digest:
            return None
        origins = [Origin(Relation(schema, name), column) for schema, name, column in document["origins"]]
        derivations: dict[str, Derivation | MeshError] = {
            port: _derivation(parts, origins) for port, parts in document["ports"].items()
        }
        return derivations | {port: LineageError(*problem) for port, problem in document["problems"].items()}
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return None


def _chosen(indexes: Iterable[int], origins: Sequence[Origin]) -> frozenset[Origin]:
    return frozenset(origins[index] for index in indexes)


def _write_cache(cache: Path, digest: str, results: Mapping[str, Derivation | MeshError]) -> None:
    """Writes the results. Each origin is listed once, and the columns refer to it by its index."""
    derivations = {port: result for port, result in results.items() if isinstance(result, Derivation)}
    origins = sorted(set().union(*(derivation.origins for derivation in derivations.values())))
    index_of = {origin: index for index, origin in enumerate(origins)}

    def indexes(chosen: Iterable[Origin]) -> list[int]:
        return sorted(index_of[origin] for origin in chosen)

    document: dict[str, Any] = {
        "digest": digest,
        "origins": [(*origin.relation, origin.column) for origin in origins],
        "ports": {
            port: {
                "values": {column: indexes(chosen) for column, chosen in derivation.values.items()},
                "rows": {column: indexes(chosen) for column, chosen in derivation.rows.items()},
                "named": indexes(derivation.named),
                "unfollowed": dict(derivation.unfollowed),
            }
            for port, derivation in derivations.items()
        },
        "problems": {
            port: [problem.found, problem.way_out] for port, problem in results.items() if isinstance(problem, MeshError)
        },
    }
    write_whole({cache: json.dumps(document)})
