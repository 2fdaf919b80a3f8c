"""The read-only commands over a small company: their text output and their JSON documents."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from mesh_isolation.terminal import age
from mesh_platform.errors import ContractViolation, MeshError, QueryRefused, UnknownPort
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.publish.refusal import refuse


def refusal(call, *arguments):
    result = call(*arguments)
    assert isinstance(result.exception, MeshError)
    assert result.stdout == ""
    return result.exception


def test_products_are_listed_with_owner_ports_and_what_they_consume(call, shop):
    output = call.text("products")
    assert "shop/things 1.0.0 active shop things To have things." in output
    assert "books/sales 1.0.0 active books sales shop/things To have things." in output
    assert output.splitlines()[-1] == "✔ 2 data products of 2 domains"
    things, sales = call.json("products")
    assert things["output_ports"] == {"shop/things": "shop.things.v1"}
    assert sales["input_ports"] == {"shop/things": "shop.things.v1"}
    assert things["descriptor"] == "domains/shop/products/things.odps.yaml"


@pytest.mark.parametrize("command", ["products", "status"])
def test_a_broken_descriptor_is_named_and_hides_no_other_domain(call, shop, command):
    shop.product("things", "shop", status=None)
    result = call(command)
    assert result.exit_code == 1
    assert "domains/shop/products/things.odps.yaml is not valid ODPS" in result.stderr
    assert "books/sales" in result.stdout and "shop/things 1.0.0" not in result.stdout
    assert [document.get("product", document.get("port")) for document in json.loads(call(command, "--json").stdout)] == [
        "books/sales"
    ]


CODE = {
    "a name": ("definitions.py", "import json\nwrong\n", "line 2, NameError: name 'wrong' is not defined"),
    "a sign": ("definitions.py", "def f(:\n", "line 1, SyntaxError"),
    "a sign elsewhere": ("ingestion.py", "\n\ndef f(:\n", "line 3, SyntaxError"),
    "a name of the platform": ("definitions.py", "from mesh_platform import CsvSorce\n", "line 1, ImportError"),
    "a package": ("ingestion.py", "import not_installed_here\n", "line 1, ModuleNotFoundError"),
    "the end": ("ingestion.py", "raise SystemExit(0)\n", "line 1, SystemExit"),
}


@pytest.mark.parametrize(("file", "text", "reason"), CODE.values(), ids=CODE)
@pytest.mark.parametrize("command", ["products", "status"])
def test_a_domain_whose_python_does_not_load_is_named_with_file_and_line(call, shop, publish, command, file, text, reason):
    publish("(1, 1, 'x')")
    good = {"ingestion.py": "SOURCES = []\n", "definitions.py": DEFINITIONS, "__init__.py": ""}
    for name, content in good.items():
        shop.write(f"domains/shop/shop/{name}", content)
    assert call(command).exit_code == 0
    shop.write(f"domains/shop/shop/{file}", text)
    result = call(command)
    assert result.exit_code == 1
    assert f"The code location shop does not load: domains/shop/shop/{file}, {reason}" in result.stderr
    assert "books/sales" in result.stdout and "shop/things" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("✘ 1 domain does not load: shop. Listed: ")
    shop.write(f"domains/shop/shop/{file}", good[file])
    result = call(command)
    assert result.exit_code == 0, result.stderr


DEFINITIONS = """from mesh_platform import build_domain
from shop.ingestion import SOURCES

defs = build_domain("shop", __file__, sources=SOURCES)
"""
ALONE = DEFINITIONS.replace("from shop.ingestion import SOURCES", "SOURCES = []")


def test_python_that_loads_is_executed_once_and_python_that_does_not_each_time(call, shop):
    cache = shop.root / ".mesh/code/shop.json"
    shop.write("domains/shop/shop/definitions.py", "raise RuntimeError('one')\n")
    assert call("status").exit_code == call("status").exit_code == 1
    assert not cache.exists()
    shop.write("domains/shop/shop/definitions.py", ALONE)
    assert call("status").exit_code == 0
    written = cache.stat().st_mtime_ns
    assert call("products").exit_code == 0
    assert cache.stat().st_mtime_ns == written


@pytest.mark.parametrize(
    ("file", "text"),
    [("models/things.sql", "select * from {{ ref('nothing') }}"), ("models/things.yml", "models:\n  - : [\n")],
)
def test_a_dbt_project_that_does_not_parse_is_named_with_its_file(call, shop, file, text):
    shop.write("dbt_projects/shop/dbt_project.yml", "name: shop\nprofile: mesh\n")
    shop.write(f"dbt_projects/shop/{file}", text)
    result = call("status")
    assert result.exit_code == 1
    assert "dbt cannot parse dbt_projects/shop" in result.stderr and "things." in result.stderr
    assert "shop does not load" in result.stdout


@pytest.mark.parametrize("command", ["products", "status"])
def test_a_missing_dbt_project_is_named_with_its_folder_and_hides_no_other_domain(call, shop, publish, command):
    publish("(1, 1, 'x')")
    (shop.root / "dbt_projects/shop").rmdir()
    result = call(command)
    assert result.exit_code == 1
    assert "shop does not load: its dbt project dbt_projects/shop is missing. Restore the folder." in result.stderr
    assert "books/sales" in result.stdout and "shop/things" in result.stdout


def test_status_says_when_and_by_what_the_last_attempt_was_refused_until_the_next_version(call, shop, publish):
    home, address = MeshHome(shop.root / ".mesh"), PortAddress("shop", "things")
    publish("(1, 1, 'x')")
    refuse(home, address, ContractViolation("shop/things breaks it:\n    id: is unique; found 2\n      id = 7\n    note: x"))
    assert "s ago, was refused: id: is unique; found 2, and 1 more" in call.text("status")
    things = call.json("status")[0]
    assert things["refused"]["by"] == "id: is unique; found 2, and 1 more"
    assert datetime.fromisoformat(things["refused"]["at"]) <= datetime.now(UTC)
    assert call.text("status").splitlines()[-1].startswith("! ")
    publish("(2, 1, 'x')")
    assert call.json("status")[0]["refused"] is None, "also if the process was killed before it removed the record"


def test_the_record_of_a_refusal_holds_the_reason_without_its_sentence(call, shop):
    home, address = MeshHome(shop.root / ".mesh"), PortAddress("shop", "things")
    refuse(home, address, MeshError("Not run, because books/sales was not published."), by="books/sales was not published")
    assert call.json("status")[0]["refused"]["by"] == "books/sales was not published"


def test_status_of_a_port_that_was_never_published_says_why(call, shop):
    refuse(MeshHome(shop.root / ".mesh"), PortAddress("shop", "things"), MeshError("The model things failed."))
    assert re.search("not published yet; the last attempt, . s ago, was refused: The model things failed", call.text("status"))


def test_a_record_of_a_refusal_that_is_damaged_is_none(call, shop):
    shop.write(".mesh/refused/shop/things.json", '{"at": 5}')
    assert call.json("status")[0]["refused"] is None


def test_status_says_what_is_not_published_yet(call, shop):
    assert "shop/things 1.0.0 not published yet" in call.text("status")
    assert [(port["port"], port["version"], port["remarks"]) for port in call.json("status")] == [
        ("shop/things", None, ["not published yet"]),
        ("books/sales", None, ["not published yet"]),
    ]


def test_status_says_what_is_up_to_date_and_whose_input_has_moved(call, publish):
    publish("(1, 1, 'x')", rows=1)
    publish("(1, 1, 'x')", "sales", "books", rows=1_234, inputs={"shop/things": 0})
    output = call.text("status")
    assert "up to date" in output
    assert "1,234" in output
    assert output.splitlines()[-1] == "✔ 2 of 2 ports are published and up to date"
    publish("(2, 2, 'y')")
    output = call.text("status")
    assert "shop/things has moved from version 0 to 1" in output
    assert output.splitlines()[-1] == "! 1 of 2 ports are published and up to date"


def test_status_says_when_a_contract_has_changed_since(call, shop, publish):
    publish("(1, 1, 'x')")
    path = shop.root / "domains/shop/contracts/things.v1.odcs.yaml"
    path.write_text(path.read_text() + "# a word more\n")
    assert call.json("status")[0]["remarks"] == ["its contract has changed since"]


def test_show_prints_contract_version_and_rows(call, publish):
    publish("(1, 10.5, 'x'), (2, 3, NULL)", rows=2, inputs={"other/port": 7})
    output = call.text("show", "shop/things")
    assert "shop/things The things." in output
    assert "One row per thing. Product things of shop, questions to #data-shop." in output
    assert "Version 0, 2 rows" in output
    assert "built from other/port version 7" in output
    assert "id INTEGER key, Identifies the thing." in output
    assert "price DECIMAL(10,2) never null, In reais." in output
    assert "1 10.50 x" in output


def test_show_as_json_is_exact(call, publish):
    publish("(1, 10.10, 'größe ☃'), (2, 3, NULL)", rows=2)
    document = call.json("show", "shop/things")
    assert document["columns"][1] == {"name": "price", "type": "DECIMAL(10,2)", "description": "In reais."}
    assert document["sample"] == [{"id": 1, "price": "10.10", "note": "größe ☃"}, {"id": 2, "price": "3.00", "note": None}]
    assert (document["version"], document["rows"], document["contract"]) == (0, 2, "shop.things.v1 1.0.0")


def test_show_shows_as_many_rows_of_as_old_a_version_as_asked(call, publish):
    publish("(1, 1, 'old'), (2, 1, 'old')")
    publish("(3, 1, 'new')")
    assert [row["note"] for row in call.json("show", "shop/things", "--version", 0, "--rows", 1)["sample"]] == ["old"]
    assert call.json("show", "shop/things", "--rows", 0)["sample"] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "shop/nothing"], "There is no port shop/nothing"),
        (["show", "nowhere/things"], "There is no port nowhere/things"),
        (["show", "things"], "'things' is not a port address"),
        (["show", "shop/things"], "shop/things is not published yet"),
        (["history", "shop/things"], "shop/things is not published yet"),
        (["rollback", "shop/things", "--to", "1"], "shop/things is not published yet"),
    ],
)
def test_a_port_that_is_not_there_is_named_with_a_way_out(call, shop, arguments, message):
    error = refusal(call, *arguments)
    assert isinstance(error, UnknownPort)
    assert error.found.startswith(message)
    assert error.way_out


def test_history_lists_versions_with_their_inputs(call, publish):
    publish("(1, 1, 'x')", rows=1_500, inputs={"other/port": 3}, run="run-a")
    publish("(1, 1, 'x')", rolled_back_to=0)
    output = call.text("history", "shop/things")
    assert "1,500 1.0.0 other/port 3" in output
    assert "the data of version 0" in output
    newest, oldest = call.json("history", "shop/things")
    assert (newest["version"], newest["rolled_back_to"]) == (1, 0)
    assert (oldest["version"], oldest["rows"], oldest["inputs"], oldest["run"]) == (0, 1500, {"other/port": 3}, "run-a")


def test_query_prints_a_table_or_a_document(call, publish):
    publish("(1, 10.10, 'x'), (2, 3, NULL)")
    output = call.text("query", "select id, price, note from shop.things order by id")
    assert "id price note" in output
    assert "1 10.10 x" in output
    assert "2 rows" in output
    assert call.json("query", "select id, price from shop.things order by id") == [
        {"id": 1, "price": "10.10"},
        {"id": 2, "price": "3.00"},
    ]
    assert call.json("query", "select id from shop.things where false") == []


def test_a_long_answer_is_cut_and_says_so(call, publish):
    publish("(1, 1, 'x')")
    output = call.text("query", "select i from range(5000) t(i)", "--limit", 3)
    assert "3 rows; there are more, --limit shows them" in output
    assert len(call.json("query", "select i from range(5000) t(i)")) == 5000


def test_texts_that_look_like_markup_are_printed_as_they_are(call, publish):
    publish("(1, 1, '[bold]x[/bold] [/] [link=y]')")
    assert "[bold]x[/bold] [/] [link=y]" in call.text("query", "select note from shop.things")
    assert "[bold]x[/bold] [/] [link=y]" in call.text("show", "shop/things")


def test_texts_of_the_data_cannot_steer_the_terminal(call, publish):
    publish("(1, 1, chr(27) || '[31mred' || chr(27) || ']0;title' || chr(7))")
    assert "\x1b" not in call("query", "select note from shop.things").stdout
    assert "\x1b" not in call("show", "shop/things").stdout


def test_two_columns_of_one_name_are_both_in_the_document(call, publish):
    publish("(1, 1, 'x')")
    (row,) = call.json("query", "select a.id, b.id + 1 as id from shop.things a, shop.things b")
    assert sorted(row.values()) == [1, 2]


@pytest.mark.parametrize("value", ["'nan'::double", "'inf'::double", "'-inf'::float"])
def test_a_number_that_json_does_not_have_leaves_the_document_readable(call, publish, value):
    publish("(1, 1, 'x')")
    (row,) = call.json("query", f"select {value} as number")
    assert list(row) == ["number"]


def test_values_of_every_kind_fit_into_the_document(call, publish):
    publish("(1, 1, 'x')")
    sql = (
        "select date '2018-01-31' as day, timestamptz '2018-01-31 12:00:00+00' as moment, interval 3 day as span, "
        "[1, 2] as list, {'a': 1} as struct, map {'k': 1} as pairs, 'x'::blob as bytes, true as yes, null as nothing"
    )
    (row,) = call.json("query", sql)
    assert (row["day"], row["moment"]) == ("2018-01-31", "2018-01-31 12:00:00+00:00")
    assert (row["list"], row["struct"], row["yes"], row["nothing"]) == ([1, 2], {"a": 1}, True, None)


@pytest.mark.parametrize(
    "sql",
    ["delete from shop.things", "select 1; select 2", "selec 1", "", "select '\udcff\udcfe' as x", 'select 1 as "\udcff"'],
)
def test_query_refuses_what_is_not_one_select(call, publish, sql):
    publish("(1, 1, 'x')")
    assert isinstance(refusal(call, "query", sql), QueryRefused)


@pytest.mark.usefixtures("own_environment")
def test_rollback_serves_the_old_data_and_says_so(call, publish):
    publish("(1, 1, 'old')", rows=1)
    publish("(2, 2, 'new')", rows=1)
    assert "✔ shop/things serves the data of version 0 again, as version 2: 1 row" in call.text(
        "rollback", "shop/things", "--to", 0
    )
    assert call.json("show", "shop/things")["sample"] == [{"id": 1, "price": "1.00", "note": "old"}]
    assert call.json("rollback", "shop/things", "--to", 1)["rolled_back_to"] == 1


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=-5), "0 s ago"),
        (timedelta(seconds=59), "59 s ago"),
        (timedelta(minutes=2), "2 min ago"),
        (timedelta(hours=3), "3 h ago"),
        (timedelta(days=40), "40 d ago"),
    ],
)
def test_ages_are_written_as_people_say_them(ago, words):
    assert age(datetime.now(UTC) - ago) == words


def test_a_document_is_all_there_is_on_standard_output(command, shop, publish):
    publish("(1, 1, 'x')")
    done = command("status", "--json", cwd=shop.root)
    assert [port["port"] for port in json.loads(done.stdout)] == ["shop/things", "books/sales"]


def test_a_query_of_a_port_that_is_not_published_names_the_port(call, shop):
    for sql in ("select * from shop.things", 'select count(*) from SHOP . things join "books"."sales" using (id)'):
        error = refusal(call, "query", sql)
        assert str(error) in {
            f"{port} is not published yet. `mesh run {port}` publishes it." for port in ("shop/things", "books/sales")
        }


def test_a_query_of_a_published_port_that_fails_is_not_told_otherwise(call, publish):
    publish("(1, 1, 'x')")
    assert "not published" not in str(refusal(call, "query", "select nothing from shop.things"))
    assert "not published" not in str(refusal(call, "query", "select * from shop.nothing"))


def test_into_a_pipe_no_cell_is_broken(call, publish):
    note = "word " * 100
    publish(f"(1, 1, '{note.strip()}'), (2, 2, '{'x' * 700}')")
    rows = call("query", "select * from shop.things order by id").stdout.splitlines()
    assert [line.split()[0] for line in rows] == ["id", "1", "2", "2"]
    assert note.strip() in rows[1] and "x" * 700 in rows[2]
