"""Personal values stay inside: whatever fails, no message, log, report, event or page holds a value of a personal column.

Every person of a mesh of its own has planted values. Each attempt makes the mesh fail, or asks it to show what it has.
Afterwards everything that it printed, and every byte of its home except the data themselves, is searched for the values.
"""

import csv
import io
import json
import shutil
import sqlite3
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
import yaml
from tests.conftest import Mesh, copy_repository

from mesh_isolation.text import hiding_values, without_values
from support.starting_point import write_sources

STARTS_FIRST = True
"""This file takes longest."""
PLANTED = ("plantedperson", "PLANTEDVILLE", "PLANTEDZIP")
"""What the personal columns of each person begin with. A hash of such a value does not hold it."""

MODEL = "dbt_projects/sales/models/ports/customers.sql"
TESTS = "dbt_projects/sales/models/ports/customers.yml"
CONTRACT = "domains/sales/contracts/customers.v1.odcs.yaml"
SEGMENTS = "dbt_projects/marketing/models/ports/customer_segments.sql"
CONSUMER = "domains/marketing/products/customer_segments.odps.yaml"
FILE = "olist/olist_customers_dataset.csv"

OWN_DATA = ("warehouses/", "built/", "candidates/", "ports/sales/", "ports/marketing/", "quarantine/")
"""Where the data themselves are. Only their Parquet and database files, and rows set aside, may hold planted values."""


def plant(sources: Path) -> None:
    """Replaces the personal values of every customer in the source file."""
    rows = list(csv.reader(io.StringIO((sources / FILE).read_text(encoding="utf-8"))))
    with (sources / FILE).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(rows[0])
        for number, (customer, person, _, _, state) in enumerate(rows[1:]):
            writer.writerow([customer, f"plantedperson{person}", f"{number:05}", f"PLANTEDVILLE {number}", state])


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Mesh:
    """A mesh whose customers are planted, published once."""
    root = tmp_path_factory.mktemp("personal")
    copy_repository(root)
    mesh = Mesh(root, write_sources(root / "sources", 300))
    plant(mesh.sources)
    mesh.run("run", "sales", "marketing", "--source", mesh.sources)
    return mesh


def texts(path: Path) -> Iterator[bytes]:
    """The content of a file: its bytes, and what its format keeps compressed or in parts."""
    content = path.read_bytes()
    yield content
    if content.startswith(b"SQLite format 3"):
        # In a copy: to read a file of a database by itself as well would take SQLite's locks from its other connections.
        with TemporaryDirectory() as folder:
            for part in path.parent.glob(f"{path.name}*"):
                if not part.name.endswith("-shm"):
                    shutil.copy(part, folder)
            with closing(sqlite3.connect(Path(folder, path.name))) as database:
                yield "\n".join(database.iterdump()).encode()
    elif content.startswith(b"PAR1"):
        for row in duckdb.sql(f"SELECT t::VARCHAR FROM read_parquet('{path}', hive_partitioning = false) AS t").fetchall():
            yield row[0].encode()
    elif content[8:12] == b"DUCK":
        with duckdb.connect(path, read_only=True) as database:
            for schema, table in database.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall():
                yield str(database.execute(f'SELECT * FROM "{schema}"."{table}"').fetchall()).encode()


def is_data(path: Path, home: Path) -> bool:
    """Whether it is a file of the owner's data."""
    name = path.relative_to(home).as_posix()
    return (name.startswith(OWN_DATA) and path.suffix in (".parquet", ".duckdb", ".wal")) or "/aside/" in f"/{name}"


def leaks(home: Path, planted: Iterable[str] = PLANTED) -> list[str]:
    """The files of the home that hold a planted value, and are not data."""
    files = [path for path in sorted(home.rglob("*")) if path.is_file() and not is_data(path, home)]
    assert len(files) > 50
    words = [word.encode() for word in planted]
    return [str(path.relative_to(home)) for path in files if any(word in text for text in texts(path) for word in words)]


def printed(done: subprocess.CompletedProcess) -> str:
    return f"{done.stdout}\n{done.stderr}"


def check_held(mesh: Mesh, output: str, *expected: str) -> None:
    """The failure happened, as `expected` shows, and neither the output nor the home holds a planted value."""
    for words in expected:
        assert words in output
    assert not [word for word in PLANTED if word in output], output
    assert leaks(mesh.home) == []


CITY = "    zip_code_prefix,\n    city,\n    state,\n    order_count,"


def with_city(sql: str) -> tuple[str, str]:
    return CITY, CITY.replace("    city,", f"    {sql} as city,")


IN_A_BUILD = "{% if execute and flags.WHICH == 'build' %}"
"""Elsewhere, a project that asks for rows cannot be compiled, and counts as made of everything."""
MODELS = {
    "a rule on values is broken": (
        (CITY, CITY.replace("    zip_code_prefix,", "    concat('PLANTED', 'ZIP', zip_code_prefix) as zip_code_prefix,")),
        ("breaks its contract sales.customers.v1", "customer_unique_id = #", "zip_code_prefix = #"),
    ),
    "a text is no number": (with_city("city::integer"), ("a value of the column city does not fit INT32",)),
    "a text is no date": (with_city("city::date::varchar"), ("model customers", "is not valid")),
    "a text is no time": (with_city("strptime(city, '%Y')::varchar"), ("model customers", "is not valid")),
    "a text is no JSON": (with_city("(city::json)::varchar"), ("model customers", "is not valid")),
    "a text is no list": (with_city("city::integer[]::varchar"), ("model customers", "is not valid")),
    "a pattern from the data": (with_city("regexp_matches('x', city || '[')::varchar"), ("model customers", "is not valid")),
    "a text is no time zone": (
        with_city("timezone(city, timestamp '2020-01-01')::varchar"),
        ("model customers", "Not implemented Error: the message is not shown"),
    ),
    "a column that is named like a value": (
        ("from people\n", "from (pivot people on city using count(*) group by customer_unique_id)\n"),
        ("sales/customers",),
    ),
    "an error that quotes a value": (with_city("error('belongs to ' || city)"), ("model customers", "is not valid")),
    "an error that looks like a cast": (
        with_city("error('Conversion Error: cannot cast to ' || upper(city))"),
        ("model customers", "is not valid"),
    ),
    "a macro that raises a value": (
        (
            "with customers as (",
            f"{IN_A_BUILD}{{% set people = run_query('select customer_city from raw.customers limit 1') %}}"
            "{{ exceptions.raise_compiler_error(people.rows[0][0]) }}{% endif %}\nwith customers as (",
        ),
        ("model customers", "its message is not shown"),
    ),
    "a macro that raises a value like an unknown name": (
        (
            "with customers as (",
            f"{IN_A_BUILD}{{% set people = run_query('select customer_city from raw.customers limit 1') %}}"
            "{{ exceptions.raise_compiler_error(\"'\" ~ people.rows[0][0].split(' ')[0] ~ \"' is undefined\") }}{% endif %}\n"
            "with customers as (",
        ),
        ("model customers", "its message is not shown"),
    ),
    "a macro that prints and logs a value": (
        (
            "with customers as (",
            f"{IN_A_BUILD}{{% set people = run_query('select customer_city from raw.customers limit 1') %}}"
            "{% do log(people.rows[0][0], info=True) %}{% do print(people.rows[0][0]) %}{% endif %}"
            "select 1 / 0 as nothing, missing from customers_of_nobody\n-- with customers as (",
        ),
        ("sales/customers",),
    ),
    "a dbt test counts": (("from people\n", "from people limit 10\n"), ("the test keeps_every_row",)),
}
"""A change of the model of sales/customers, and what the refusal says."""


@pytest.mark.parametrize("attempt", MODELS)
def test_a_model_that_fails(home, attempt):
    replacement, expected = MODELS[attempt]
    with home.changed(MODEL, replacement):
        output = printed(home.run("run", "sales/customers", code=1))
    check_held(home, output, *expected)


def test_a_dbt_test_that_fails_on_a_value(home):
    with home.with_file(
        "dbt_projects/sales/tests/cities.sql", "select 1 as n from {{ ref('customers') }} where city::int > 0\n"
    ):
        output = printed(home.run("run", "sales/customers", code=1))
    check_held(home, output, "the test cities", "a value of the column city does not fit INT32")


VALUE = (
    "{% set value = run_query('select max(customer_unique_id) from raw.customers').columns[0].values()[0] "
    "if execute and flags.WHICH == 'build' else 'nothing' %}"
)
NAMES = {
    "a column": "select {{ value }} from {{ ref('customers') }}",
    "a table": "select * from {{ value }}",
    "a schema": "select * from {{ value }}.things",
    "a function": "select {{ value }}(1) as n",
    "a type": "select 1::{{ value }} as n",
    "a word where none may be": "select 1 as n from {{ ref('customers') }} limit 1 {{ value }}",
    "a setting": "select current_setting('{{ value }}') as n",
    "a file": "select * from '/tmp/{{ value }}.csv'",
    "a file of a port": "select * from read_parquet('{{ env_var('MESH_HOME') }}/ports/{{ value }}/x/v1/y.parquet')",
    "an environment variable": "select '{{ env_var(value) }}' as n",
    "a macro": f"select {IN_A_BUILD}{{{{ context[value]() }}}}{{% else %}}1{{% endif %}}",
    "a column without quotes in a message": "select unnest({'n': 1, '{{ value }}': 2}) = {'n': 1} as n",
    "numbers of two digits": "select * from \"{{ value[:2] ~ ' ' ~ value[2:4] ~ ' 82 24' }}\"",
    "words of the project": "select * from \"{{ 'city' if value else 'state' }}\"",
}
"""SQL that makes a name of a value; tests/mesh_isolation/test_known_names.py has more of them."""


@pytest.mark.parametrize(
    ("place", "attempt"), [*(("test", attempt) for attempt in NAMES), ("model", "a column"), ("model", "a table")]
)
def test_a_value_that_became_a_name(home, place, attempt):
    sql = NAMES[attempt]
    if place == "test":
        changed = home.with_file("dbt_projects/sales/tests/named.sql", f"-- {{{{ ref('customers') }}}}\n{VALUE}{sql}\n")
    else:
        text = (home.root / MODEL).read_text(encoding="utf-8")
        sql = sql.replace("ref('customers')", "ref('stg_customers')")
        changed = home.changed(MODEL, (text, f"{VALUE}{text}\nunion all by name ({sql})"))
    with changed:
        output = printed(home.run("run", "sales/customers", code=1))
    shutil.rmtree(home.home / "dbt/sales/target", ignore_errors=True)  # the domain's own SQL, as dbt has rendered it
    expected = "is not a declared secret" if attempt == "an environment variable" else "its message is not shown"
    check_held(home, output, expected if place == "test" else "sales/customers")


@pytest.mark.parametrize("ending", ["\n-- limit 0", " /* limit 0 */ -- limit 0", " limit 1 offset 0 -- LIMIT\tlimit 0"])
def test_rows_are_rows_whatever_the_query_that_fetched_them_says(home, ending):
    asked = VALUE.replace("from raw.customers'", f"from raw.customers{ending.encode('unicode_escape').decode()}'")
    wrong = NAMES["words of the project"]
    with home.with_file("dbt_projects/sales/tests/named.sql", f"-- {{{{ ref('customers') }}}}\n{asked}{wrong}\n"):
        output = printed(home.run("run", "sales/customers", code=1))
    shutil.rmtree(home.home / "dbt/sales/target", ignore_errors=True)
    check_held(home, output, "its message is not shown")


def test_a_unit_test_that_fails_on_rows_of_people(home):
    people = (
        "select customer_id, customer_unique_id, customer_zip_code_prefix as zip_code_prefix, customer_city as city, "
        "customer_state as state from raw.customers limit 5"
    )
    orders = "select 'nobody' as customer_id, null::timestamptz as purchased_at"
    given = [
        {"input": f"ref('{name}')", "format": "sql", "rows": rows}
        for name, rows in (("stg_customers", people), ("stg_orders", orders))
    ]
    expected = (
        "select 'somebody' as customer_unique_id, '01310' as zip_code_prefix, 'somewhere' as city, 'SP' as state, "
        "1 as order_count, null::timestamptz as first_ordered_at, null::timestamptz as last_ordered_at"
    )
    expect = {"format": "sql", "rows": expected}
    test = {"name": "people", "model": "customers", "given": given, "expect": expect}
    text = yaml.safe_dump({"unit_tests": [test]})
    with home.with_file("dbt_projects/sales/models/ports/people.yml", text):
        output = printed(home.run("run", "sales/customers", code=1))
    shutil.rmtree(home.home / "dbt/sales/target", ignore_errors=True)
    check_held(home, output, "people", "the result differs from what it expects: ", "rows only in the result")
    assert "\\x1b" not in output


def test_names_that_people_wrote_are_shown(home):
    """A control: what is hidden are names that stand in no file."""
    for sql, expected in (
        ("select zipcode from {{ ref('customers') }}", 'Referenced column "zipcode" not found'),
        ("select * from clients", "reads 'clients', which is neither a source"),
        ("select summed(order_count) as n from {{ ref('customers') }}", "Scalar Function with name summed does not exist"),
        ("select '{{ env_var('API_TOKEN') }}' as n", "API_TOKEN"),
    ):
        with home.with_file("dbt_projects/sales/tests/named.sql", f"-- {{{{ ref('customers') }}}}\n{sql}\n"):
            output = printed(home.run("run", "sales/customers", code=1))
        assert expected in output, output
        assert "…" not in output.partition("✘")[2]


def test_a_person_that_occurs_twice(home):
    with home.without_file(TESTS), home.changed(MODEL, ("from people\n", "from people union all select * from people\n")):
        output = printed(home.run("run", "sales/customers", code=1))
    check_held(home, output, "primary_key:", "customer_unique_id = #")


def test_a_relationship_to_nobody(home):
    text = (home.root / SEGMENTS).read_text(encoding="utf-8")
    last = text.rindex("    customer_unique_id,")
    changed = f"{text[:last]}    'x' || customer_unique_id as customer_unique_id,{text[last + 23 :]}"
    with home.changed(SEGMENTS, (text, changed)):
        output = printed(home.run("run", "marketing/customer_segments", "--json", code=1))
    check_held(home, output, "relationships:", "customer_unique_id = #")


QUOTING = [
    "timezone(v, timestamp '2020-01-01')",
    "timezone(v, timestamptz '2020-01-01')",
    "make_timestamptz(2020, 1, 1, 1, 1, 1.0, v)",
    "time_bucket(interval '1 month', date '2020-01-01', v)",
    "date_trunc(v, date '2020-01-01')",
    "date_part(v, date '2020-01-01')",
    "datediff(v, date '2020-01-01', date '2020-01-01')",
    "strptime(v, '%Y')",
    "json_extract('{}', '$' || v)",
    "json_keys(v)",
    'json_transform_strict(v, \'{"a": "INT"}\')',
    "json_deserialize_sql(v)",
    "from_base64(v)",
    "('\\x' || v)::blob",
    "v::uuid",
    "v::interval",
    "v::timestamptz",
    "v::int[]",
    "v::map(int, int)",
    "v::variant::int",
    "regexp_matches('x', v || '[')",
    "reduce([1, 2], lambda a, b: error(v))",
    "error('Binder Error: ' || v)",
    "error(E'Not implemented Error: x\\nLINE 1: ' || v)",
    "error('IO Error: Cannot open file \"/x\": ' || v)",
    "lpad(v::kinds)",
    "v::kinds + 1",
    "struct_extract({'a': v::kinds}, 'b')",
    "case when true then v::kinds else 1 end",
    "(select missing from (pivot people on v using count(*)))",
]
"""SQL that fails on a text `v`, or on a type or a name that is made of its values, and the text is in DuckDB's message."""


@pytest.mark.parametrize("expression", QUOTING)
def test_an_expression_whose_error_quotes_a_value(expression):
    value = "PLANTEDVILLE de São José"
    with duckdb.connect() as database:
        database.execute("CREATE TABLE people AS SELECT ? AS v, 1 AS n", [value])
        database.execute("CREATE TYPE kinds AS ENUM (SELECT v FROM people)")
        with pytest.raises(duckdb.Error) as raised:
            database.execute(f"SELECT {expression} FROM people").fetchall()
        assert not str(raised.value).startswith("Parser Error"), raised.value
        with pytest.raises(duckdb.Error) as hidden, hiding_values():
            database.execute(f"SELECT {expression} FROM people").fetchall()
    for message in (str(hidden.value), without_values(f"Runtime Error in model x (models/x.sql)\n  {raised.value}")):
        assert "PLANTED" not in message
        assert "José" not in message


HELPFUL = {
    "select lenght(v) from people": 'Scalar Function with name lenght does not exist! Did you mean "',
    "select cty from people": 'Referenced column "cty" not found in FROM clause! Candidate bindings: "v"',
    'select "the city" from people': 'Referenced column "the city" not found',
    "select * from peeple": 'Table with name peeple does not exist! Did you mean "',
    "select v frm people x y": 'syntax error at or near "',
    "select v + 1 from people": "No function matches the given name and argument types '+(VARCHAR, INTEGER_LITERAL)'",
    "select * from read_csv('/nowhere/*.csv')": 'No files found that match the pattern "/nowhere/*.csv"',
    "select * from read_csv('nowhere.csv')": 'No files found that match the pattern "nowhere.csv"',
    "select v.a from people": "Cannot extract field 'a' from expression \"v\"",
}
"""SQL that is wrong by itself, and what the message still says."""


@pytest.mark.parametrize("sql", HELPFUL)
def test_control_an_error_of_the_code_still_names_what_is_wrong(sql):
    with duckdb.connect() as database:
        database.execute("CREATE TABLE people AS SELECT 'x' AS v")
        with pytest.raises(duckdb.Error) as raised, hiding_values():
            database.execute(sql).fetchall()
    assert HELPFUL[sql] in str(raised.value)


RULES = {
    "the result is a value": ("select max(city) from ${object}", "its query returns a text, and is compared with a number"),
    "the result is a list of values": (
        "select list(city)::varchar from ${object}",
        "its query returns a text, and is compared with a number",
    ),
    "the result is a number that is a value": (
        "select max(zip_code_prefix::int) from ${object}",
        "found a number that is made of personal data",
    ),
    "the query cannot convert a value": ("select max(city::int) from ${object}", "failed to evaluate: "),
    "the query raises a value": ("select max(error(city)) from ${object}", "is not valid"),
}


@pytest.mark.parametrize("attempt", RULES)
def test_a_query_of_a_contract(home, attempt, tmp_path):
    query, expected = RULES[attempt]
    quality = "    quality:\n      - name: has_rows"
    stated = f'    quality:\n      - {{name: asks, type: sql, mustBe: -1, query: "{query}"}}\n      - name: has_rows'
    text = (home.root / CONTRACT).read_text(encoding="utf-8")
    assert quality in text
    changed = home.root / "domains/sales/changed/customers.v1.odcs.yaml"
    output = ""
    with home.with_file(str(changed.relative_to(home.root)), text.replace(quality, stated)):
        for options in ([], ["--json"], ["--junit", tmp_path / "junit.xml"]):
            output += printed(home.run("contract", "test", "sales/customers", "--contract", changed, *options, code=1))
    if (tmp_path / "junit.xml").exists():
        output += (tmp_path / "junit.xml").read_text(encoding="utf-8")
    check_held(home, output, expected)
    assert "PLANTED" not in output


@pytest.mark.parametrize("attempt", RULES)
def test_an_expectation_of_a_consumer(home, attempt):
    query, expected = RULES[attempt]
    declared = "  - name: sales/customers\n    version: 1.0.0\n    contractId: sales.customers.v1\n"
    expectation = {"property": "expectations", "value": [{"type": "sql", "mustBe": -1, "query": query}]}
    with home.changed(CONSUMER, (declared, f"{declared}    customProperties: [{json.dumps(expectation)}]\n")):
        output = printed(home.run("run", "sales/customers", code=1))
    check_held(home, output, "relied_on_by_marketing_customer_segments", expected)


NUMBER = "max(hash(customer_unique_id) % 1000000007)::integer"
"""A number that is made of the personal values of one person, which nobody would take for a value."""


def written(home: Mesh) -> tuple[str, str]:
    """The number as it is written, and with commas."""
    with (home.sources / FILE).open(encoding="utf-8") as file:
        people = [(row["customer_unique_id"],) for row in csv.DictReader(file)]
    with duckdb.connect() as database:
        database.execute("CREATE TABLE people (customer_unique_id VARCHAR)")
        database.executemany("INSERT INTO people VALUES (?)", people)
        (number,) = database.execute(f"SELECT {NUMBER} FROM people").fetchone()
    assert number > 1_000_000
    return str(number), f"{number:,}"


def check_no_number(mesh: Mesh, output: str, *expected: str) -> None:
    """The failure happened, as `expected` shows; what it printed, the home and governance.check_results lack the number."""
    number = written(mesh)
    check_held(mesh, output, *expected)
    assert not [form for form in number if form in output], output
    assert leaks(mesh.home, number) == []
    mesh.run("run", "governance")
    results = mesh.run("query", "from governance.check_results", "--json").stdout
    assert "sales/customers" in results
    assert not [form for form in number if form in results]
    assert leaks(mesh.home, number) == []


RESULTS = {
    "the calculation of a test": (
        {"unique": {"config": {"fail_calc": f"max((select {NUMBER} from sales.customers))"}}},
        "of its query is not shown, because it can be made of data, and the test fails if it is != 0",
    ),
    "the calculation of a test that warns": (
        {"unique": {"config": {"severity": "warn", "fail_calc": f"max((select {NUMBER} from sales.customers))"}}},
        "",
    ),
    "a limit that ends the query of a test": (
        {
            "not_null": {
                "config": {
                    "error_if": "= 0",
                    "warn_if": "!= 0 as should_warn, true as should_error from (select 1) as t having false union all "
                    f"select (select {NUMBER} from sales.customers), true",
                }
            }
        },
        "count(*) of its query is not shown, because it can be made of data",
    ),
}


@pytest.mark.parametrize("attempt", RESULTS)
def test_a_dbt_test_whose_number_is_made_of_a_value(home, attempt):
    test, expected = RESULTS[attempt]
    columns = [{"name": "state", "data_tests": [test]}]  # several people live in one
    text = yaml.safe_dump({"models": [{"name": "customers", "columns": columns}]}, width=1000)
    with home.changed(TESTS, ((home.root / TESTS).read_text(encoding="utf-8"), text)):
        output = printed(home.run("run", "sales/customers", code=1 if expected else 0))
    shutil.rmtree(home.home / "dbt/sales/target", ignore_errors=True)
    check_no_number(home, output, expected or "sales/customers")
    assert "…" not in output.partition("not shown")[2].partition("\n")[0]


@pytest.mark.parametrize(("severity", "code"), [("warning", 0), ("error", 1)])
def test_a_rule_whose_number_is_made_of_a_value(home, severity, code, tmp_path):
    before = home.versions()["sales/customers"]
    query = f"select {NUMBER} from ${{object}}"
    quality = "    quality:\n      - name: has_rows"
    rule = {"name": "oracle", "type": "sql", "severity": severity, "query": query, "mustBe": 0}
    stated = f"    quality:\n      - {json.dumps(rule)}\n      - name: has_rows"
    described = ("domains/sales/products/customers.odps.yaml", ("    version: 1.1.0\n", "    version: 1.2.0\n"))
    with home.changed(CONTRACT, (quality, stated), ("\nversion: 1.1.0\n", "\nversion: 1.2.0\n")), home.changed(*described):
        output = printed(home.run("contract", "test", "sales/customers", code=code))
        tested = home.run("contract", "test", "sales/customers", "--json", "--junit", tmp_path / "junit.xml", code=code).stdout
        output += tested + (tmp_path / "junit.xml").read_text(encoding="utf-8")
        (oracle,) = [entry for entry in json.loads(tested)["rules"] if entry["check"] == "oracle"]
        assert (oracle["found"], oracle["verdict"]) == (None, "broken" if code else "warned")
        for options in ([], ["--json"]):
            output += printed(home.run("run", "sales/customers", *options, code=code))
        check_no_number(home, output, "found a number that is made of personal data")
    if not code:  # the contract has its earlier version again, and so has what is served
        home.run("rollback", "sales/customers", "--to", before)


def test_an_expectation_whose_number_is_made_of_a_value(home):
    declared = "  - name: sales/customers\n    version: 1.0.0\n    contractId: sales.customers.v1\n"
    rule = {"type": "sql", "mustBe": 0, "query": f"select {NUMBER} from ${{object}}"}
    expectation = {"property": "expectations", "value": [rule]}
    with home.changed(CONSUMER, (declared, f"{declared}    customProperties: [{json.dumps(expectation)}]\n")):
        output = printed(home.run("run", "sales/customers", code=1))
    check_no_number(home, output, "found a number that is made of personal data")


def test_rows_that_cannot_be_read_and_a_file_without_a_header(home, tmp_path):
    lines = (home.sources / FILE).read_text(encoding="utf-8").splitlines(keepends=True)
    wrong = "".join([*lines[:5], "PLANTEDVILLE,plantedperson,1\n", 'a,b,c,"PLANTEDVILLE" x,d\n', *lines[5:]])
    rows = home.sources_with(tmp_path / "rows", FILE, wrong.encode())
    output = printed(home.run("run", "sales/customers", "--source", rows, code=1))
    header = home.sources_with(tmp_path / "header", FILE, "".join(lines[1:]).encode())
    output += printed(home.run("run", "sales/customers", "--source", header, code=1))
    check_held(home, output, "set aside", "has lost customer_id")
    home.run("run", "sales/customers", "--source", home.sources)


def test_rows_of_the_quarantine_are_hashes_until_they_are_revealed(home):
    with home.changed(MODEL, MODELS["a rule on values is broken"][0]):
        home.run("run", "sales/customers", code=1)
    entry = home.json("quarantine", "list", "sales/customers")[0]["id"]
    output = printed(home.run("quarantine", "show", entry)) + printed(home.run("quarantine", "show", entry, "--json"))
    output += printed(home.run("quarantine", "list")) + printed(home.run("quarantine", "list", "--json"))
    check_held(home, output, "--reveal shows personal values")
    (hashed, *_) = home.json("quarantine", "show", entry)["kept"]
    (revealed, *_) = home.json("quarantine", "show", entry, "--reveal")["kept"]
    assert hashed["row"]["city"].startswith("#")
    assert revealed["row"]["city"].startswith("PLANTEDVILLE")
    assert hashed["row"]["order_count"] == revealed["row"]["order_count"], "only personal values are hashes"
    assert "PLANTEDVILLE" in home.run("quarantine", "show", entry, "--reveal").stdout


def test_comparisons_and_descriptions(home, tmp_path):
    output = ""
    with home.changed(MODEL, with_city("city || '!'")):
        for options in ([], ["--json"]):
            output += printed(home.run("dev", "sales/customers", "--once", *options))
            output += printed(home.run("reproduce", "sales/customers", *options, code=1))
    for command in (["show", "sales/customers"], ["trace", "sales/customers"], ["contract", "test", "sales/customers"]):
        for options in ([], ["--json"]):
            output += printed(home.run(*command, *options))
    check_held(home, output, "customer_unique_id #")


SIGNALS = "domains/marketing/contracts/{}.v1.odcs.yaml"


def signal_files() -> dict[str, str]:
    """A product of marketing whose first port has personal values under a false label, and whose second is built from it."""
    column = {"logicalType": "string", "physicalType": "VARCHAR", "classification": "internal"}
    columns = [
        {"name": "id", "description": "A person.", **column, "primaryKey": True, "required": True},
        {"name": "note", "description": "A note.", **column, "logicalTypeOptions": {"maxLength": 8}},
    ]
    about = {"apiVersion": "v3.1.0", "kind": "DataContract", "version": "1.0.0", "status": "draft", "domain": "marketing"}
    table = {"physicalType": "table", "description": "Signals.", "dataGranularityDescription": "One row per person."}
    files = {}
    for port in ("sig", "echo"):
        schema = [{"name": port, **table, "properties": columns}]
        contract = {**about, "id": f"marketing.{port}.v1", "name": port, "dataProduct": "sig", "schema": schema}
        files[SIGNALS.format(port)] = yaml.safe_dump(contract, sort_keys=False)
    outputs = [{"name": port, "version": "1.0.0", "contractId": f"marketing.{port}.v1"} for port in ("sig", "echo")]
    product = {
        "apiVersion": "v1.0.0",
        "kind": "DataProduct",
        "id": "marketing.sig",
        "name": "sig",
        "version": "1.0.0",
        "status": "draft",
        "domain": "marketing",
        "description": {"purpose": "Signals.", "limitations": "None.", "usage": "Read it."},
        "inputPorts": [{"name": "sales/customers", "version": "1.0.0", "contractId": "sales.customers.v1"}],
        "outputPorts": outputs,
        "team": {"name": "marketing"},
    }
    files["domains/marketing/products/sig.odps.yaml"] = yaml.safe_dump(product, sort_keys=False)
    models = "dbt_projects/marketing/models/ports"
    files[f"{models}/sig.sql"] = "select customer_unique_id as id, city as note from {{ source('sales', 'customers') }}\n"
    files[f"{models}/echo.sql"] = "select id, note from {{ ref('sig') }}\n"
    return files


def test_a_trial_of_a_port_that_the_policies_refuse(home):
    with ExitStack() as stack:
        for file, text in signal_files().items():
            stack.enter_context(home.with_file(file, text))
        output = "".join(printed(home.run("dev", f"marketing/{port}", "--once", code=1)) for port in ("sig", "echo"))
        output += printed(home.run("dev", "marketing", "--once", "--json", code=1))
    shutil.rmtree(home.home / "dbt/marketing/target", ignore_errors=True)
    check_held(home, output, "break it", "id = #", "note = #")
    assert "because the labels of sig may hide too little: marketing/sig breaks a policy of the mesh" in output


def test_a_trial_under_a_lower_label_that_breaks_the_contract(home):
    city = "        description: City, as the customer wrote it.\n        logicalType: string\n        physicalType: VARCHAR\n"
    signature = '{by: "team:governance", "on": "2026-01-31", why: "It names nobody."}'
    lowered = (
        f"{city}        logicalTypeOptions: {{maxLength: 8}}\n        classification: internal\n"
        f"        customProperties: [{{property: declassified, value: {signature}}}]\n"
    )
    output = ""
    with home.changed(CONTRACT, (f"{city}        classification: personal\n", lowered)):
        for options in ([], ["--json"]):
            output += printed(home.run("dev", "sales/customers", "--once", *options, code=1))
    check_held(home, output, "city has at most 8", "city = #")
    assert "may hide too little: sales/customers was not published, because its contract changed" in output


def test_policies_reports_events_and_pages_after_all_that(home, tmp_path):
    output = ""
    reports = [tmp_path / "policies.sarif", tmp_path / "policies.xml"]
    for arguments in (
        ["policy", "check"],
        ["policy", "check", "--json"],
        ["policy", "check", "--sarif", reports[0], "--junit", reports[1]],
        ["lineage", "export", "--to", tmp_path / "events.jsonl"],
        ["status"],
        ["status", "--json"],
        ["history", "sales/customers"],
        ["history", "sales/customers", "--json"],
        ["portal", "build"],
        ["doctor"],
        ["doctor", "--json"],
    ):
        done = subprocess.run(home.command(*arguments), cwd=home.root, env=home.environment, capture_output=True, text=True)
        assert done.returncode in (0, 1), printed(done)
        output += printed(done)
    home.run("run", "governance")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) >= 3
    output += "".join(path.read_text(encoding="utf-8") for path in files)
    check_held(home, output)
    assert (home.home / "portal/index.html").is_file()


def test_the_key_of_the_hashes_is_private_and_the_hash_is_stable(home):
    key = home.home / "hash.key"
    assert (key.stat().st_mode & 0o777, key.stat().st_size) == (0o600, 32)
    first, second = (home.json("show", "sales/customers")["sample"] for _ in range(2))
    assert first == second
    assert len(first[0]["customer_unique_id"]) == 13


def test_control_the_search_finds_what_is_let_out(home, tmp_path):
    assert "PLANTEDVILLE" in home.run("query", "select city from sales.customers limit 1").stdout
    let_out = home.home / "let out"
    let_out.mkdir()
    try:
        (let_out / "log.txt").write_text("city = PLANTEDVILLE 5", encoding="utf-8")
        duckdb.sql("SELECT repeat('x', 100) AS a, 'PLANTEDVILLE 5' AS b FROM range(1000)").write_parquet(
            str(let_out / "rows.parquet"), compression="zstd"
        )
        with sqlite3.connect(let_out / "events.db") as database:
            database.execute("CREATE TABLE events (body TEXT)")
            database.execute("INSERT INTO events VALUES (?)", ("x" * 4090 + "PLANTEDVILLE" + "x" * 9000,))
        with duckdb.connect(let_out / "catalog.duckdb") as database:
            database.execute("CREATE TABLE messages AS SELECT 'plantedperson1' AS message FROM range(5000)")
        found = {Path(name).name for name in leaks(home.home)}
    finally:
        for path in let_out.iterdir():
            path.unlink()
        let_out.rmdir()
    assert found == {"log.txt", "rows.parquet", "events.db", "catalog.duckdb"}
    assert leaks(home.home) == []
