"""A number without a physicalType has the width of the data: in a publish of a dbt project, for readers, in a rollback."""

import json

import duckdb
import pytest
from deltalake import DeltaTable

import mesh_platform
from mesh_isolation.column_types import canonical, stored_type
from mesh_isolation.days import DayRange
from mesh_platform.build.port_graph import load_port_graph
from mesh_platform.build.warehouse import WarehouseFile
from mesh_platform.contract.document import load_contract
from mesh_platform.errors import ContractViolation, PublishError
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.query import query_ports
from mesh_platform.port.shelf import select_of
from mesh_platform.port.version import Provenance
from mesh_platform.product.descriptor import PortReference
from mesh_platform.product.offer import load_offer
from mesh_platform.project import load_project
from mesh_platform.publish.attempt import Work
from mesh_platform.publish.candidate import Candidate
from mesh_platform.publish.candidate_judgement import earlier_broken, judge_candidate
from mesh_platform.publish.pinning import served_version
from mesh_platform.publish.publishing import commit, publish
from mesh_platform.publish.serving_again import serve_again
from support.company import DAY

WHOLE = ["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "DECIMAL(4,0)", "DECIMAL(38,0)"]
WIDTHS = {"integer": WHOLE, "number": [*WHOLE, "FLOAT", "DOUBLE", "DECIMAL(4,1)", "DECIMAL(38,20)"]}
PORTS = {f"{logical}_{at}": (logical, width) for logical, widths in WIDTHS.items() for at, width in enumerate(widths)}
NEXT = {
    port: (logical, WIDTHS[logical][(WIDTHS[logical].index(width) + 1) % len(WIDTHS[logical])])
    for port, (logical, width) in PORTS.items()
}
MACROS = f"{mesh_platform.__path__[0]}/build/macros"
KEYS = {"apiVersion": "v3.2.0", "dataProduct": "things"}
PROJECT = {"version": "1.0.0", "flags": {"send_anonymous_usage_stats": False}, "macro-paths": [MACROS]}


def columns_of(logical):
    number = {"logicalType": logical}
    return [
        {"name": "n", **number, "primaryKey": True, "logicalTypeOptions": {"minimum": -1, "maximum": 2}},
        {"name": "s", "logicalType": "object", "properties": [{"name": "n", **number, "required": True}]},
        {"name": "l", "logicalType": "array", "items": {**number, "logicalTypeOptions": {"maximum": 9}}},
        {"name": "m", "logicalType": "map", "map": {"key": {"logicalType": "string"}, "value": number}},
    ]


def types_of(width):
    return {"n": width, "s": f'STRUCT("n" {width})', "l": f"{width}[]", "m": f"MAP(VARCHAR, {width})"}


def model_of(width, value=1):
    number = f"cast({value} as {width})"
    return f"select {number} as n, {{'n': {number}}} as s, [{number}] as l, map(['k'], [{number}]) as m"


def dbt_project(company, domain):
    path = f"{{{{ env_var('MESH_HOME', '../../.mesh') }}}}/warehouses/{domain}/{domain}.duckdb"
    company.write(f"dbt_projects/{domain}/dbt_project.yml", {"name": domain, "profile": domain, **PROJECT})
    company.write(
        f"dbt_projects/{domain}/profiles.yml",
        {domain: {"target": "mesh", "outputs": {"mesh": {"type": "duckdb", "path": path}}}},
    )


@pytest.fixture
def mesh(company):
    """shop has a port for each width of a number; books reads one of them, and leaves the width of what it copies open, too."""
    company.registry("shop", "books")
    for domain in ("shop", "books"):
        company.domain_file(domain)
        dbt_project(company, domain)
    for port, (logical, _) in PORTS.items():
        company.contract(port, columns=columns_of(logical), **KEYS)
    company.product(ports=[*PORTS])
    read = {"name": "shop/integer_0", "version": "1.0.0", "contractId": "shop.integer_0.v1"}
    company.contract("copies", "books", columns=[{"name": "n", "logicalType": "integer"}])
    company.product("copies", "books", inputPorts=[read])
    source = {"name": "integer_0", "config": {"meta": {"dagster": {"asset_key": ["shop", "integer_0"]}}}}
    company.write("dbt_projects/books/models/sources.yml", {"sources": [{"name": "shop", "tables": [source]}]})
    model = "{{ config(materialized='port') }} select n from {{ source('shop', 'integer_0') }}"
    company.write("dbt_projects/books/models/copies.sql", model)
    return company


def build(mesh, widths=None):
    """Publishes the ports of shop, with data of these widths, or those of books; gives the error of each port."""
    for port, width in (widths or {}).items():
        mesh.write(f"dbt_projects/shop/models/{port}.sql", f"{{{{ config(materialized='port') }}}} {model_of(width)}")
    domain = load_project(mesh.root).domains["shop" if widths else "books"]
    offer, graph = load_offer(domain), load_port_graph(domain)
    work = Work(offer, graph, WarehouseFile(domain.home.root / f"warehouses/{domain.name}/{domain.name}.duckdb"))
    return {attempt.address.port: attempt.problem for attempt in publish(work.attempts([*graph]), work, commit)}


def served(mesh, port, domain="shop", number=None):
    """The types of a version by column, as the platform and as delta-rs alone read them, and those of its rows."""
    address, home = PortAddress(domain, port), load_project(mesh.root).home
    folder = home.port(address, 1)
    version = OutputPort(address, folder).current() if number is None else OutputPort(address, folder).at(number)
    table = json.loads(DeltaTable(folder, version=version.number).schema().to_json())
    with duckdb.connect() as connection:
        described = {name: kind for name, kind, *_ in connection.execute(f"DESCRIBE {select_of(version)}").fetchall()}
    delta = {field["name"]: stored_type(field["type"]) for field in table["fields"]}
    recorded = dict(zip(version.columns, version.types))
    assert recorded == delta == {name: canonical(kind) for name, kind in described.items()}
    return recorded


def test_every_width_is_published_read_followed_by_another_and_served_again(mesh):
    first, second = ({port: width for port, (_, width) in ports.items()} for ports in (PORTS, NEXT))
    for number, widths in enumerate((first, second)):
        assert build(mesh, widths) == dict.fromkeys(PORTS)
        for port, width in widths.items():
            assert served(mesh, port) == types_of(width), port
        assert build(mesh) == {"copies": None}
        assert served(mesh, "copies", "books") == {"n": widths["integer_0"]}
        home = load_project(mesh.root).home
        answer = query_ports(home, "select typeof(n), n + 300, s.n, l[1], m['k'] from shop.integer_0")
        assert [row[1:] for row in answer.rows] == [(301, 1, 1, 1)], number
    project = load_project(mesh.root)
    for port, width in first.items():
        assert serve_again(project, PortAddress("shop", port), 0).provenance.rolled_back_to == 0
        assert served(mesh, port) == types_of(width), port
        assert served(mesh, port, number=1) == types_of(second[port]), port
    assert build(mesh, second) == dict.fromkeys(PORTS)
    assert {port: served(mesh, port)["n"] for port in PORTS} == second


@pytest.mark.parametrize(
    ("logical", "kind"), [("integer", "VARCHAR"), ("integer", "DOUBLE"), ("integer", "DECIMAL(4,1)"), ("number", "BOOLEAN")]
)
def test_a_publish_of_anything_else_is_refused_with_what_was_expected(mesh, logical, kind):
    port = f"{logical}_0"
    problems = build(mesh, {name: kind if name == port else width for name, (_, width) in PORTS.items()})
    assert isinstance(problems[port], ContractViolation)
    expected = f"ANY_{logical.upper()}"
    assert f"column n as {kind} where {expected} (TINYINT, SMALLINT, INTEGER, BIGINT" in str(problems[port])
    assert f"column l as {kind}[] where {expected}[] ({expected} is TINYINT, SMALLINT" in str(problems[port])


def test_a_version_is_served_again_as_the_contract_of_today_judges_it(mesh):
    first, second = ({port: width for port, (_, width) in ports.items()} for ports in (PORTS, NEXT))
    assert build(mesh, first) == build(mesh, second) == dict.fromkeys(PORTS)
    for key, value, reason in [
        ("physicalType", second["integer_0"], "column n as TINYINT where SMALLINT is promised"),
        ("logicalTypeOptions", {"minimum": 2}, "n is at least 2"),
        ("logicalType", "boolean", "column n as TINYINT where BOOLEAN is promised"),
    ]:
        n, *others = columns_of("integer")
        mesh.contract("integer_0", columns=[{**n, "logicalTypeOptions": {}, key: value}, *others], **KEYS)
        with pytest.raises(ContractViolation, match=reason):
            serve_again(load_project(mesh.root), PortAddress("shop", "integer_0"), 0)
    mesh.contract("integer_0", columns=columns_of("number"), **KEYS)
    assert serve_again(load_project(mesh.root), PortAddress("shop", "integer_0"), 0).types == tuple(
        types_of("TINYINT").values()
    )


THINGS = PortAddress("shop", "things")


def provenance_of(contract, rows=1):
    return Provenance(contract.id, contract.version, contract.file, contract.digest, rows, 1)


@pytest.fixture
def by_day(company, parquet):
    """Builds days of a port whose column leaves its width open, as (day of January, width); gives what publishes them."""
    domain = company.domain()

    def by_day(*days, wanted=None, name="things", **stated):
        columns = [DAY, {"name": "n", "logicalType": "number", **stated}]
        contract = load_contract(company.contract(columns=columns, version="1.1.0" if stated else "1.0.0"), company.root)
        candidate = Candidate(contract, domain.home, wanted and DayRange.parse(wanted))
        candidate.path = candidate.path.with_stem(name)
        sql = " UNION ALL ".join(f"SELECT DATE '2017-01-{day:02}' AS day, {day}::{width} AS n" for day, width in days)
        parquet(sql, candidate.path)
        provenance = provenance_of(contract, len(days))
        judgement = judge_candidate(contract, candidate.path, provenance, domain.home, files=candidate.files())
        assert judgement.error is None
        return lambda: candidate.publish(provenance)

    return by_day


@pytest.mark.parametrize("width", WIDTHS["number"])
def test_the_days_of_a_port_have_one_width_until_the_contract_changes(by_day, width):
    other = "SMALLINT" if width == "BIGINT" else "BIGINT"
    assert by_day((1, width), (2, width))().types == ("DATE", width)
    for days, wanted in (((2, other), (3, other)), None), (((3, other),), "2017-01-03"):
        with pytest.raises(PublishError, match="n is .*, and .* on the days that are served") as refusal:
            by_day(*days, wanted=wanted)
        assert f"n is {other}, and {width} on the days that are served" in refusal.value.found
        assert "state its physicalType" in refusal.value.way_out
    assert by_day((1, width), (2, width), (3, width))().types == ("DATE", width)
    version = by_day((1, other), (2, other), (3, other), physicalType=other)()
    assert version.types == ("DATE", other)
    assert len(version.files) == 3


def test_of_two_processes_that_publish_days_of_different_widths_at_once_one_is_refused(by_day):
    first, second = by_day((1, "INTEGER"), name="one"), by_day((2, "BIGINT"), name="other")  # compared with nothing, both
    assert first().types == ("DATE", "INTEGER")
    with pytest.raises(PublishError, match="n is BIGINT, and INTEGER on the days that are served"):
        second()
    assert by_day((2, "INTEGER"))().types == ("DATE", "INTEGER")


def test_readers_of_an_earlier_major_get_the_width_of_the_newest(company, parquet):
    domain = company.domain()
    both = [{"name": "things", "version": f"{major}.0.0", "contractId": f"shop.things.v{major}"} for major in (1, 2)]
    company.product("things", outputPorts=both)
    old = [{"name": "id", "logicalType": "integer"}, {"name": "half", "logicalType": "number", "transformLogic": "n / 2"}]
    company.contract("things", columns=old, customProperties=[{"property": "servedFrom", "value": "shop.things.v2"}])
    new = [{"name": "id", "logicalType": "integer"}, {"name": "n", "logicalType": "number"}]
    company.contract("things", columns=new, version="2.0.0", id="shop.things.v2", file="things.v2.odcs.yaml")
    offer = load_offer(domain)
    for width in WHOLE:
        candidate = Candidate(offer.contracts["things"], domain.home)
        parquet(f"SELECT 1::{width} AS id, 3::{width} AS n", candidate.path)
        candidate.files()
        assert earlier_broken(offer, "things", candidate.path) is None
        candidate.publish(provenance_of(offer.contracts["things"]))
        version = served_version(domain, PortReference(THINGS, 1, "shop.things.v1", "1.0.0"))
        assert (version.columns, version.types) == (("id", "half"), (width, "DOUBLE"))
        with duckdb.connect() as connection:
            assert connection.execute(select_of(version)).fetchall() == [(1, 1.5)]
    parquet("SELECT 'x' AS id, 3 AS n", candidate.path)
    assert "column id as VARCHAR where ANY_INTEGER" in str(earlier_broken(offer, "things", candidate.path))


def test_a_candidate_of_another_width_is_judged_by_limits_of_that_width(company, parquet):
    domain = company.domain()
    column = {"name": "n", "logicalType": "number", "logicalTypeOptions": {"maximum": 0.1}}
    contract = load_contract(company.contract(columns=[column]), company.root)
    for value, width, kept in [
        ("0.1", "DOUBLE", True),
        ("0.1", "FLOAT", True),
        ("0.1", "DECIMAL(4,1)", True),
        ("0.2", "DECIMAL(4,1)", False),
        ("0.10000000000000000001", "DECIMAL(38,20)", False),
        ("0.10000000000000002", "DOUBLE", False),
        ("0", "TINYINT", True),
        ("1", "TINYINT", False),
        ("nan", "DOUBLE", False),
    ]:
        candidate = Candidate(contract, domain.home)
        parquet(f"SELECT '{value}'::{width} AS n", candidate.path)
        judgement = judge_candidate(contract, candidate.path, provenance_of(contract), domain.home, files=candidate.files())
        assert (judgement.error is None) == kept, (value, width)
