"""SQL that one party writes and another runs: what it tries, through which door, and that nothing was read or changed.

Each attempt is executed where the mesh executes it: in the audit, the evaluation of policies, the judgement of a candidate,
lint, or `mesh query`. The world around it holds a secret file, the warehouse of another domain, and an unpublished
candidate. Whatever the door answers, no file changes, none appears, and the secret is not in the answer.
"""

import hashlib
import json
import os
import re
import resource
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from mesh_capabilities.contract_lint.lint import LintLevel, lint_file
from mesh_capabilities.errors import PolicyError
from mesh_capabilities.governance import policy_tables
from mesh_capabilities.governance.catalog.tables import TABLES
from mesh_capabilities.governance.library import Library
from mesh_capabilities.governance.policy import SCOPES, Phase, Policy, Scope
from mesh_capabilities.governance.policy_report import run_policies
from mesh_capabilities.governance.waiver import Waiver
from mesh_isolation import sql, worker
from mesh_isolation.sql import FOREIGN, Limits
from mesh_isolation.yaml_bounds import RULES
from mesh_platform.contract.audit import audit
from mesh_platform.contract.document import load_contract
from mesh_platform.errors import ContractError, MeshError, QueryRefused
from mesh_platform.port.query import query_ports
from mesh_platform.product.expectations import Expectation, with_expectations
from mesh_platform.product.offer import load_offer
from mesh_platform.publish.candidate_judgement import earlier_broken
from mesh_platform.restricted_sql import answer

SECRET = "s3cr3t-of-another-domain"
COLUMNS = ({"name": "id", "physicalType": "INTEGER"}, {"name": "status", "physicalType": "VARCHAR"})
TODAY, NOW = date(2026, 6, 1), datetime(2026, 6, 1, 12, tzinfo=UTC)


class World:
    """A company whose domain `shop` owns a candidate; beside it, what no SQL may reach."""

    def __init__(self, company, parquet) -> None:
        self.company, self.root = company, Path(company.root)
        self.domain = company.domain()
        self.candidate = parquet("SELECT i::INTEGER AS id, 'delivered' AS status FROM range(5) t(i)")
        self.secret = self.root / "secret.csv"
        self.secret.write_text(f"a\n{SECRET}\n")
        self.warehouse = self.root / "other.duckdb"
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.execute(f"CREATE TABLE customers AS SELECT '{SECRET}' AS name")
        self.out = self.root / "out"

    def fill(self, text: str) -> str:
        names = {"SECRET": self.secret, "WAREHOUSE": self.warehouse, "CANDIDATE": self.candidate, "OUT": self.out}
        for name, path in names.items():
            text = text.replace(name, str(path))
        return text

    def files(self) -> dict[str, str]:
        """The digest of every file, apart from the declarations that an attempt itself writes."""
        paths = {path for folder in (self.root, self.candidate.parent) for path in folder.rglob("*") if path.is_file()}
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths if path.suffix != ".yaml"}


@pytest.fixture
def world(company, parquet):
    return World(company, parquet)


def rule(world, sql):
    """A quality rule of the contract's owner, in the audit."""
    quality = [{"type": "sql", "name": "x", "query": sql, "mustBe": -1}]
    contract = load_contract(world.company.contract(columns=COLUMNS, quality=quality), world.root)
    return audit(contract, [world.candidate]).verdicts


def expectation(world, sql):
    """An expectation of a consumer, in the producer's audit."""
    contract = load_contract(world.company.contract(columns=COLUMNS), world.root)
    document = {"type": "sql", "query": sql, "mustBe": -1}
    stated = Expectation(contract.id, "books/ledger", "team:books", "domains/books/products/ledger.odps.yaml", document)
    _, *verdicts = audit(with_expectations(contract, [stated], blocks=True), [world.candidate]).verdicts
    if not verdicts or isinstance(verdicts[0].found, str) and " the rule 'relied_on" in verdicts[0].found:
        raise ContractError(verdicts[0].found if verdicts else "the producer ignores an expectation that it cannot execute")
    return verdicts


def linted(world, sql):
    """A quality rule, in lint."""
    quality = [{"type": "sql", "name": "x", "query": sql, "mustBe": -1}]
    report = lint_file(world.company.contract(columns=COLUMNS, quality=quality), world.root)
    if not report.good:
        raise ContractError(str(report.of(LintLevel.ERROR)))
    return report


def _evaluated(world, policy, waivers=()):
    with duckdb.connect() as connection:
        for name, table in TABLES.items():
            rows = [{"product": "shop/things", "domain": "shop", "name": "things"}] if name == "products" else ()
            policy_tables.create_table(connection, name, table, rows)
        policy_tables.create_policy_tables(connection, TODAY, ())
        report = run_policies(Library((policy,), tuple(waivers)), [policy], connection, TODAY, NOW)
        if any(finding.state == "unrunnable" for finding in report.findings):
            raise PolicyError(str(report.findings))
        return report.results


POLICY = Policy(
    id="shop.x",
    title="T.",
    why="W.",
    severity="error",
    scope=Scope(SCOPES["products"]),
    phases=(Phase.PUBLISH,),
    fix="F.",
    owner="team:shop",
    effective_from=date(2026, 1, 1),
    warns_from=date(2026, 1, 1),
    query="select product as subject, 'bad' as message, null as evidence from products",
    file="domains/shop/policies/x.sql",
    domain="shop",
)


def policy(world, sql):
    """The query of a domain's policy, in the evaluation."""
    return _evaluated(world, replace(POLICY, query=sql))


def scope(world, sql):
    """The condition of a policy's scope, in the evaluation."""
    return _evaluated(world, replace(POLICY, scope=Scope(SCOPES["products"], sql)))


def mapping(world, sql):
    """The transformLogic of an earlier major, in the judgement of a candidate of the newest."""
    both = [{"name": "things", "version": f"{major}.0.0", "contractId": f"shop.things.v{major}"} for major in (1, 2)]
    world.company.product("things", outputPorts=both)
    served = [{"property": "servedFrom", "value": "shop.things.v2"}]
    old = ({"name": "id", "physicalType": "INTEGER"}, {"name": "state", "physicalType": "VARCHAR", "transformLogic": sql})
    world.company.contract("things", columns=old, customProperties=served)
    world.company.contract("things", columns=COLUMNS, version="2.0.0", id="shop.things.v2", file="things.v2.odcs.yaml")
    offer = load_offer(world.domain)
    if problem := earlier_broken(offer, "things", world.candidate):
        raise problem


def queried(world, sql):
    """A reader's query over published ports."""
    return query_ports(world.domain.home, sql).rows


SELECTS = (rule, expectation, linted, policy, queried)
"""The doors for a whole SELECT."""
EXPRESSIONS = (scope, mapping)
"""The doors for an expression, which the platform writes into a statement of its own."""

PASTED = {
    "the parentheses are closed, the candidate is replaced": "select 1), count(*) from candidate union all select 0, 0; "
    "create or replace temp table t as select * replace ('canceled' as status) from candidate; "
    "copy t to 'CANDIDATE' (format parquet); select (0",
    "another domain's warehouse is attached and copied": "select 1), count(*) from candidate; attach 'WAREHOUSE' as w "
    "(read_only); copy (select * from w.customers) to 'OUT.csv'; select (0",
    "a second statement": "select 0; copy (select 1) to 'OUT.csv'",
    "a comment that never ends": "select 0 /*",
    "a text that never ends": "select 0 where '",
    "nothing": "-- nothing",
}
WRITTEN = {
    "copy": "copy (select 1) to 'OUT.csv'",
    "copy in a with": "with x as (select 1) insert into candidate select * from x",
    "a table": "create table x as select 1",
    "an attached database": "attach 'WAREHOUSE' as w",
    "export": "export database 'OUT'",
    "install": "install httpfs",
    "load": "load 'SECRET'",
    "a secret": "create persistent secret s (type s3, key_id 'k', secret 's')",
    "a setting": "set lock_configuration = false",
    "a reset": "reset enable_external_access",
    "a pragma": "pragma enable_profiling",
    "call": "call enable_logging(storage_path := 'OUT')",
    "explain analyze": "explain analyze copy (select 1) to 'OUT.csv'",
    "pivot": "pivot candidate on status using count(*)",
    "a log to a file": "select count(*) from enable_logging(storage_path := 'OUT')",
    "a profile to a file": "select count(*) from enable_profiling(save_location := 'OUT.json', format := 'json')",
    "logging off": "select count(*) from disable_logging()",
    "a checkpoint": "select count(*) from force_checkpoint()",
    "a log entry": "select write_log('x')",
    "a seed": "select setseed(0.5)",
    "a sequence": "select nextval('x')",
}
READ = {
    "read_text": "select content from read_text('SECRET')",
    "read_csv": "select a from read_csv('SECRET')",
    "read_blob": "select content::varchar from read_blob('SECRET')",
    "read_duckdb": "select * from read_duckdb('WAREHOUSE', table_name := 'customers')",
    "sniff_csv": "select columns::varchar from sniff_csv('SECRET')",
    "a file as a table": "select a from 'SECRET'",
    "a quoted file as a table": 'select a from "SECRET"',
    "a step named like a file": 'select * from (with "SECRET" as (select 1) select * from "SECRET") as a, \'SECRET\' as b',
    "a file in a subquery": "select (select a from read_csv('SECRET'))",
    "query": "select * from query('select content from read_text(''SECRET'')')",
    "query_table": "select * from query_table('SECRET')",
    "serialized SQL": "select * from json_execute_serialized_sql(json_serialize_sql('select 1'))",
    "glob": "select file from glob('/etc/pass*')",
    "the environment": "select getenv('HOME')",
    "a setting": "select current_setting('allowed_paths')",
    "all settings": "select string_agg(value, ',') from duckdb_settings()",
    "views and their files": "select string_agg(sql, ',') from duckdb_views()",
    "the definition of a view": "select pg_get_viewdef(1)",
    "secrets": "select count(*) from duckdb_secrets()",
    "a file's metadata": "select file_name from parquet_metadata('SECRET')",
    "memory at an address": "select * from arrow_scan(1, 2, 3)",
    "an object of pandas": "select * from pandas_scan(1)",
    "a database's list": "select path from duckdb_databases()",
}
OF_THE_DATABASE = {
    "views of SQLite's name": "select string_agg(sql, ',') from sqlite_master",
    "views of the standard's name": "select string_agg(view_definition, ',') from information_schema.views",
    "a description": "select * from (describe candidate)",
}
"""What a reader may ask: the files are those of the ports that the reader reads anyway."""

COSTLY = {
    "time": "select sum(a.i * b.i) from range(100000000) a(i), range(100000000) b(i)",
    "memory of one aggregate": "select string_agg(repeat('x', 1000000) || i, '') from range(100000) t(i)",
    "one long operation": "select length(repeat('x', 1000000000) || repeat('y', 1000000000))",
    "a recursion": "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n",
    "a long list": "select len(list(i)) from range(3000000000) t(i)",
}
EXPRESSION = {
    "a subquery": "(select content from read_text('SECRET'))",
    "the parentheses are closed": "id), (select a from read_csv('SECRET')) as y, (id",
    "both parentheses stay even": "id) + (id",
    "a table": "id from read_csv('SECRET')",
    "a second statement": "id; copy (select 1) to 'OUT.csv'",
    "exists": "exists (from 'SECRET')",
    "a file as a table": "id in (select a from 'SECRET')",
    "the environment": "getenv('HOME')",
    "a setting": "current_setting('allowed_paths')",
    "a log entry": "write_log('x')",
    "a sequence": "nextval('x')",
    "query": "query('select 1')",
    "a comment that never ends": "id /*",
}
PURE = {
    "chance": "random()",
    "the clock": "now()",
    "the day": "current_date",
    "the database": "current_database()",
    "the user": "user",
    "an aggregate": "max(status)",
    "a window": "row_number() over ()",
    "every column": "*",
    "columns by a pattern": "columns('i.*')",
    "a parameter": "$1",
    "a column that is none": "password",
    "a side function": "setseed(0.5)",
    "too much time": "len(list_filter(range(1000000000), x -> x % 2 = id))::varchar",
    "too much memory": "repeat('x', 1000000000)",
}


def attempts(doors, *tables):
    return [
        pytest.param(door, sql, id=f"{door.__name__}: {name}")
        for door in doors
        for table in tables
        for name, sql in table.items()
    ]


@pytest.mark.parametrize(
    ("door", "sql"),
    [
        *attempts(SELECTS, PASTED, WRITTEN, READ),
        *attempts(SELECTS[:-1], OF_THE_DATABASE),
        *attempts(EXPRESSIONS, EXPRESSION),
        *attempts([mapping], PURE),
    ],
)
def test_what_reaches_beyond_its_table_is_refused_and_nothing_is_read_or_written(world, door, sql):
    before = world.files()
    with pytest.raises(MeshError) as refusal:
        door(world, world.fill(sql))
    assert SECRET not in str(refusal.value)
    assert world.files() == before


@pytest.mark.parametrize(("door", "sql"), attempts((rule, expectation, policy), COSTLY))
def test_what_costs_too_much_is_stopped_within_its_limits_and_the_next_query_is_answered(world, door, sql, monkeypatch):
    limits = Limits(1.5, megabytes=300)
    monkeypatch.setattr("mesh_platform.contract.quality.OWN", limits)
    monkeypatch.setattr("mesh_platform.product.expectations.FOREIGN", limits)
    monkeypatch.setattr("mesh_capabilities.governance.evaluation.Limits", lambda seconds, **most: Limits(1.5, 300, **most))
    start, own = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        *_, verdict = door(
            world, sql if door is not policy else f"select 'shop/things' as subject, ({sql}) as message, null as evidence"
        )
        assert not verdict.passed
        answered = verdict.found
    except MeshError as refusal:
        answered = str(refusal)
    assert re.search(r"was stopped: it took more than (1\.5 s|300 MB of memory)", answered), answered
    assert time.monotonic() - start < 6
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - own < 100_000
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 1_500_000
    assert answer("select count(*) from candidate", {"candidate": [world.candidate]}, FOREIGN).rows == [(5,)]


def test_the_doors_are_open_for_what_they_are_for(world):
    (_, verdict) = rule(world, "select count(*) from ${object} where status = 'canceled' -- none\n;")
    assert (verdict.passed, verdict.found) == (False, "0")
    (verdict,) = expectation(world, "with x as (select * from {object}) select count(*) from x")
    assert verdict.found == "5"
    assert linted(world, "select max(id) from ${object}").good
    bad = [{"subject": "shop/things", "state": "violated"}]
    assert [{key: row[key] for key in bad[0]} for row in policy(world, POLICY.query)] == bad
    assert [row["state"] for row in scope(world, "domain = 'shop' and name in (select name from products)")] == ["violated"]
    mapping(world, "upper(split_part(status, '-', 1)) -- in capitals")
    assert queried(world, "explain select 1") and queried(world, "select 1") == [(1,)]


def test_a_scope_or_a_waiver_reaches_no_subject_of_another_domain(world):
    for text in ("true) union all select * from products where (true", "true) or (true", "product = 'x' or 1 = 1) --"):
        with pytest.raises(PolicyError):
            scope(world, text)
    for text in ("shop/things' or true --", "shop/things'; drop table products; --", "shop/things' then 'x' when true"):
        waiver = Waiver("w.yaml", "shop", "shop.x", text, "r", "team:a", "team:b", "c", TODAY, TODAY)
        assert [row["state"] for row in _evaluated(world, POLICY, [waiver])] == ["violated"]


def test_all_expectations_of_a_consumer_share_the_time_of_one(world, monkeypatch):
    for module in ("product.expectations", "contract.audit"):
        monkeypatch.setattr(f"mesh_platform.{module}.FOREIGN", Limits(1))
    contract = load_contract(world.company.contract(columns=COLUMNS), world.root)
    document = {"type": "sql", "query": COSTLY["time"], "mustBe": -1}
    stated = [Expectation(contract.id, "books/ledger", "team:books", "x.odps.yaml", document)] * 6
    start = time.monotonic()
    audited = audit(with_expectations(contract, stated, blocks=True), [world.candidate])
    assert [verdict.passed for verdict in audited.verdicts] == [True, *[False] * 6]
    assert time.monotonic() - start < 6


def test_a_contract_states_other_limits_up_to_the_ceiling(world):
    def load(limits):
        properties = [{"property": "limits", "value": limits}]
        quality = [{"type": "sql", "query": "select 1", "mustBe": 1, "customProperties": properties}]
        return load_contract(world.company.contract(columns=COLUMNS, quality=quality), world.root).rules[-1].limits

    assert load({"seconds": 120, "megabytes": 2000}) == Limits(120, 2000)
    for beyond in ({"seconds": 1e9}, {"megabytes": 900_000}, {"seconds": -1}, {"rows": 5}, "a lot"):
        with pytest.raises(ContractError, match="limits"):
            load(beyond)


@pytest.mark.parametrize("number", [RULES + 1, 30_000, 300_000])
def test_too_many_rules_are_refused_before_they_cost_anything(world, number):
    path = world.company.contract(columns=COLUMNS)
    entry = "\n      - {metric: rowCount, mustBeGreaterThan: 0}"
    path.write_text(f"{path.read_text().partition('schema:')[0]}schema:\n  - name: things\n    quality:{entry * number}\n")
    start = time.monotonic()
    for read in (lambda: load_contract(path, world.root), lambda: lint_file(path, world.root).findings[0].sentence):
        try:
            told = read()
        except ContractError as problem:
            told = str(problem)
        assert "the most is" in told or "has more than 1,000,000 bytes" in told
    assert time.monotonic() - start < 20


def test_the_process_for_foreign_sql_sees_nothing_of_its_parent(world):
    os.environ["MESH_TEST_SECRET"] = SECRET
    try:
        answer("select 1", {}, FOREIGN)
        process = worker._workers[os.getpid(), sql.__name__, "_reply"].process
        assert SECRET.encode() not in Path(f"/proc/{process.pid}/environ").read_bytes()
    finally:
        del os.environ["MESH_TEST_SECRET"]


def test_a_killed_process_for_foreign_sql_is_replaced(world):
    answer("select 1", {}, FOREIGN)
    worker._workers[os.getpid(), sql.__name__, "_reply"].process.kill()
    with pytest.raises(QueryRefused):
        answer("select 1", {}, FOREIGN)
    assert answer("select 1", {}, FOREIGN).rows == [(1,)]


def test_a_reader_s_query_holds_no_more_rows_than_it_shows(world):
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert query_ports(world.domain.home, "select * from range(20000000)", most=3).rows == [(0,), (1,), (2,)]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - own < 200_000


EXPECTATION = """          - metric: rowCount
            mustBeGreaterThan: 0"""


def test_a_run_publishes_what_was_built_whatever_a_consumer_expects(mesh):
    """The attempt that once published every order as canceled, at the height of `mesh run`."""
    candidate, out = mesh.home / "candidates/sales/orders.parquet", mesh.home / "stolen.csv"
    attempt = PASTED["the parentheses are closed, the candidate is replaced"].replace("CANDIDATE", str(candidate))
    stolen = f"select 1), count(*) from candidate; copy (from candidate) to '{out}'; select (0"
    before = mesh.json("query", "select status, count(*) as n from sales.orders group by all order by all")
    hostile = "".join(
        f"\n          - type: sql\n            query: {json.dumps(sql)}\n            mustBe: 0" for sql in (attempt, stolen)
    )
    descriptor = "domains/finance/products/daily_revenue.odps.yaml"
    with mesh.changed(descriptor, (EXPECTATION, EXPECTATION + hostile)):
        mesh.run("run", "sales/orders")
        assert mesh.json("query", "select status, count(*) as n from sales.orders group by all order by all") == before
        told = mesh.run("run", "finance/daily_revenue", code=1)
    assert "has an expectation of sales/orders that cannot be executed" in told.stdout + told.stderr
    assert not out.exists()


def test_a_run_reads_no_other_warehouse_for_a_rule_of_its_own(mesh):
    contract, out = "domains/sales/contracts/sellers.v1.odcs.yaml", mesh.home / "stolen.csv"
    attempt = f"select count(*) from read_duckdb('{mesh.home}/warehouses/finance.duckdb', table_name := 'x')"
    rule = f"    quality:\n      - {{type: sql, name: x, query: {json.dumps(attempt)}, mustBe: 0}}\n"
    before = mesh.versions()["sales/sellers"]
    with mesh.changed(contract, ("    quality:\n", rule)):
        told = mesh.run("run", "sales/sellers", code=1)
        assert "its query calls 'read_duckdb', which it may not call" in " ".join((told.stdout + told.stderr).split())
    assert (mesh.versions()["sales/sellers"], out.exists()) == (before, False)


def test_endless_policies_of_one_domain_cost_another_domain_nothing(mesh):
    text = (mesh.root / "domains/finance/policies/no_personal_data.sql").read_text().replace("[ci, publish]", "[ci]")
    header = text[: text.index("select ")]
    for number in range(6):
        own = header.replace("no_personal_data", f"endless{number}").replace("Finance publishes", f"{number} Finance publishes")
        sql = f"select sum(a.i * b.i)::varchar as subject, '' as message, '' as evidence from {_endless()}"
        (mesh.root / f"domains/finance/policies/endless{number}.sql").write_text(own + sql)
    try:
        start = time.monotonic()
        mesh.run("run", "sales/sellers")
        assert time.monotonic() - start < 60
    finally:
        for number in range(6):
            (mesh.root / f"domains/finance/policies/endless{number}.sql").unlink()


def _endless():
    return "range(100000000) a(i), range(100000000) b(i)"
