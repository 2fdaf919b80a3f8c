"""The command line with the commands of all capabilities: explained with examples, and as light to start as without them."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import get_type_hints

import pytest
import typer

from mesh_platform.capabilities import every_capability, listed
from mesh_platform.cli import entry
from mesh_platform.cli.app import command_line
from support.command_line import check_example, check_explained, commands_of
from support.commands import call, command, publish, shop
from support.documents import code, text_of

__all__ = ["call", "command", "publish", "shop"]

ROOT = Path(__file__).parents[2]
COMMANDS = commands_of(command_line(every_capability()))
NAMES = [" ".join(path) for path in COMMANDS]
ADDED = {}
"""By capability, the commands that it adds."""
for implementation in every_capability().commands.get_hookimpls():
    group = typer.Typer(callback=lambda: None)
    implementation.function(group)
    own = f"mesh_capabilities.{implementation.plugin_name}."  # two capabilities may fill one group
    ADDED[implementation.plugin_name] = [
        path for path, command in commands_of(group).items() if command.callback.__module__.startswith(own)
    ]
HEAVY = ["dagster", "dbt", "pandas", "duckdb", "deltalake", "jsonschema", "sqlalchemy", "yaml", "jinja2", "sqlglot", "copier"]


def test_this_repository_lists_every_capability_that_it_has():
    folders = {path.parent.name for path in ROOT.glob("platform/mesh_capabilities/*/__init__.py")}
    assert set(listed(ROOT)) == folders


@pytest.mark.parametrize("name", sorted(ADDED))
def test_the_page_of_a_capability_names_every_command_that_it_adds(name):
    named = {span.split()[-1] for span in code(text_of(f"platform/mesh_capabilities/{name}/README.md")) if span.strip()}
    assert [command for *_, command in ADDED[name] if command not in named] == []


@pytest.mark.parametrize("path", COMMANDS, ids=NAMES)
def test_every_command_shows_an_example_that_it_understands(path, call):
    check_example(path, COMMANDS[path], call.text(*path[1:], "--help"))


@pytest.mark.parametrize("path", COMMANDS, ids=NAMES)
def test_every_command_and_every_option_is_explained(path):
    check_explained(COMMANDS[path])


@pytest.fixture
def printed(capsys, monkeypatch, tmp_path):
    """What `mesh` with all capabilities prints outside a mesh: the exit code, and the documents on standard output."""
    monkeypatch.chdir(tmp_path)

    def printed(*arguments):
        monkeypatch.setattr(sys, "argv", ["mesh", *arguments])
        code = entry._run(lambda: command_line(every_capability()))
        return code, json.loads(capsys.readouterr().out)

    return printed


WITH_JSON = [path for path, command in COMMANDS.items() if any("--json" in option.opts for option in command.params)]


@pytest.mark.parametrize("path", WITH_JSON, ids=" ".join)
def test_with_json_an_error_is_one_document(path, printed):
    words = shlex.split(COMMANDS[path].epilog.removeprefix("Example: "))[1:]
    code, document = printed(*(word for word in words if word != "--json"), "--json")
    assert code == 1
    assert document.keys() == {"error"} and document["error"].keys() == {"kind", "found", "way_out"}
    assert document["error"]["found"].endswith(".")
    assert document["error"]["kind"] != "UnexpectedError"


@pytest.mark.parametrize("path", COMMANDS, ids=NAMES)
def test_with_json_a_bad_command_line_is_one_document(path, printed):
    code, document = printed(*path[1:], "--json", "--nonsense")
    assert (code, document["error"]["kind"]) == (2, "UsageError")
    assert "No such option: --" in document["error"]["found"]


NEW = ("import", "port", "product", "domain", "run")
"""Commands whose port is new; `mesh run` needs code locations, and has its own test."""
TAKING_A_PORT = [
    path
    for path, command in COMMANDS.items()
    if path[-1] not in NEW and any("DOMAIN/PORT" in (option.metavar or "") for option in command.params)
]


def _about(path, port):
    """The example of a command, about another port."""
    words = shlex.split(COMMANDS[path].epilog.removeprefix("Example: "))[1:]
    words = [re.sub(r"^\w+/\w+([@.]\w+)?$", port, word) for word in words]
    words = words if port in words else [*words, *(["--output-port"] if path[-1] == "export" else []), port]
    return ["shop" if word in ("logistics", "sales", "finance") else word for word in words if word != "--reveal"]


@pytest.mark.parametrize("path", TAKING_A_PORT, ids=" ".join)
def test_every_command_that_takes_a_port_refuses_an_unknown_one_and_names_the_nearest(path, shop, call):
    assert len(TAKING_A_PORT) >= 14
    result = call(*_about(path, "shop/thingz"))
    assert result.exit_code == 1, result.output
    assert re.match(
        r"(There is no port shop/thingz\b.*|shop/thingz is no port.*) Did you mean .*shop/things", str(result.exception)
    )


@pytest.mark.parametrize("path", TAKING_A_PORT, ids=" ".join)
def test_a_port_of_a_domain_that_is_not_registered_is_refused_with_the_line_to_add(path, shop, call):
    shop.registry("books")
    result = call(*_about(path, "shop/things"))
    assert result.exit_code == 1, result.output
    assert str(result.exception) == (
        "domains/shop exists, and workspace.yaml does not register it. Add `- python_module: {module_name: shop.definitions, "
        "location_name: shop}` to workspace.yaml."
    )


ONE_OF_EVERYTHING = [
    "products",
    "status",
    "show shop/things",
    "history shop/things",
    "query 'select 1 as id'",
    "quarantine list",
    "doctor",
    "contract lint shop",
    "contract test shop/things",
    "contract show shop/things",
    "ports verify",
    "ports vacuum",
    "ports sweep",
    "policy check",
    "impact shop/things",
    "product status shop/things",
]


@pytest.mark.parametrize("words", ONE_OF_EVERYTHING)
def test_one_of_a_thing_is_singular(words, call, shop, publish, parquet):
    for file in ("products/sales.odps.yaml", "contracts/sales.v1.odcs.yaml"):
        (shop.root / "domains/books" / file).unlink()
    shop.registry("shop")
    shutil.rmtree(shop.root / "domains/books")
    publish("(1, 1, 'x')", rows=1)
    result = call(*shlex.split(words))
    assert isinstance(result.exception, SystemExit | None)
    printed = result.output
    assert re.findall(r"\b1 \w*[^s\W]s\b(?! ago)", printed) == []


def test_help_with_every_capability_loads_nothing_heavy():
    code = (
        "import sys; sys.argv = ['mesh', '--help']\nfrom mesh_platform.cli.app import command_line_here as here\n"
        f"here()(standalone_mode=False)\nprint('loaded:', sorted(set(sys.modules) & {set(HEAVY)!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "loaded: []", done.stderr


def test_inside_a_mesh_the_commands_are_those_of_the_listed_capabilities(company, call, monkeypatch):
    alone = [name for name in ADDED if not getattr(import_module(f"mesh_capabilities.{name}"), "REQUIRES", ())]
    one, other = alone[0], alone[-1]
    (_, command), (_, missing, *_) = ADDED[one][0], ADDED[other][0]
    company.registry()
    company.write("mesh.toml", f'capabilities = ["{one}"]\n')
    monkeypatch.chdir(company.root)
    assert f" {command} " in call.text("--help") and f" {missing} " not in call.text("--help")
    refused = call(missing)
    assert refused.exit_code == 2
    assert f"No such command '{missing}'. It belongs to the capability" in refused.output
    assert "which mesh.toml does not list." in " ".join(refused.output.replace("│", " ").split())


@pytest.mark.parametrize("arguments", [["--help"], ["status"], ["doctor"]])
def test_a_capability_that_does_not_load_stops_every_command_and_is_named(company, command, arguments):
    company.registry()
    company.write("mesh.toml", 'capabilities = ["governance_2"]\n')
    done = command(*arguments, cwd=company.root)
    assert done.returncode == 1
    assert "The capability 'governance_2', which mesh.toml lists, does not load: ModuleNotFoundError" in done.stderr


def test_the_version_is_printed(call):
    assert re.fullmatch(r"mesh \d+\.\d+\.\d+\n", call.text("--version"))


def test_a_history_names_the_other_majors_and_what_was_quarantined(shop, call, publish):
    publish("(1, 2.00, 'a')", set_aside=3)
    assert "3 rows quarantined" in call.text("history", "shop/things")
    ports = shop.root / ".mesh/ports/shop/things"
    shutil.copytree(ports / "v1", ports / "v2")
    assert call.text("history", "shop/things").splitlines()[-1] == "v1 has 1 version: `mesh history shop/things --major 1`"
    assert "--major 2" in call.text("history", "shop/things", "--major", 1)
    refused = call("history", "shop/things", "--major", 3)
    assert str(refused.exception).startswith("shop/things has no published version in v3. There are v1, v2.")


@pytest.mark.parametrize(("name", "meant"), [("doktor", "doctor"), ("contract_lynt", "contract_lint")])
def test_a_misspelt_capability_is_refused_with_the_nearest(shop, call, name, meant):
    shop.write("mesh.toml", f'capabilities = ["{name}"]')
    with pytest.raises(Exception, match=f"'{name}', which mesh.toml lists, does not load.* Did you mean {meant}"):
        call("products")


@pytest.mark.parametrize(
    "command",
    [
        "show shop/things",
        "history shop/things",
        "rollback shop/things --to 0",
        "trace shop/things",
        "reproduce shop/things",
        "contract test shop/things",
        "ports verify shop/things",
    ],
)
def test_a_port_that_is_not_published_yet_is_said_to_be_so(shop, call, publish, command):
    publish("(1, 2.00, 'a')", "sales", "books")
    refused = call(*command.split())
    assert str(refused.exception) == "shop/things is not published yet. `mesh run shop/things` publishes it."


def test_a_query_of_a_port_that_is_not_published_yet_says_so(shop, call):
    assert str(call("query", "select * from shop.things").exception).startswith("shop/things is not published yet.")


def test_a_major_that_is_not_published_yet_is_named(shop, call, publish):
    publish("(1, 2.00, 'a')")
    shop.contract("things", version="2.0.0", id="shop.things.v2", file="things.v2.odcs.yaml")
    shop.contract("things", version="1.1.0", customProperties=[{"property": "servedFrom", "value": "shop.things.v2"}])
    outputs = [{"name": "things", "version": f"{v}", "contractId": f"shop.things.v{v[0]}"} for v in ("1.1.0", "2.0.0")]
    shop.product("things", outputPorts=outputs)
    assert str(call("show", "shop/things").exception).startswith("shop/things v2 is not published yet.")


def numbers_of(command):
    """The options of a command that take a number."""
    kinds = get_type_hints(command.callback).items()
    taken = {name for name, kind in kinds if kind in (int, float, int | None, float | None)}
    return [option for option in command.params if option.name in taken]


NUMBERS = [(path, option) for path, command in COMMANDS.items() for option in numbers_of(command)]


@pytest.mark.parametrize(("path", "option"), NUMBERS, ids=lambda part: " ".join(part) if isinstance(part, tuple) else part.name)
@pytest.mark.parametrize("number", ["9" * 20, "9" * 400, "-1", "1e308", "inf", "-inf", "nan"])
def test_a_number_that_nobody_can_mean_is_an_invalid_command_line(path, option, number):
    assert option.min is not None and option.max <= 10**9
    words = shlex.split(COMMANDS[path].epilog.removeprefix("Example: "))[len(path) :]
    with pytest.raises(Exception, match="nput should be") as raised:
        COMMANDS[path].make_context(path[-1], [*words, option.opts[0], number])
    assert type(raised.value).__name__ == "BadParameter"


def test_commands_take_numbers():
    assert len(NUMBERS) > 15
