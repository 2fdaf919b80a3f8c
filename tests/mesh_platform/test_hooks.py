"""The list of capabilities in mesh.toml: a listed capability loads or is an error, and no other is loaded."""

import os
from importlib import import_module

import pytest

import mesh_platform
from mesh_platform.capabilities import ask, capabilities_of, further_checks, listed, metadata_of, rulings_on
from mesh_platform.cli.app import command_line
from mesh_platform.errors import GateFailed, ProjectError
from mesh_platform.hooks import hookimpl
from mesh_platform.product.offer import load_offer


def mesh_toml(company, text):
    """Writes the list as another process will find it."""
    company.write("mesh.toml", text)
    capabilities_of.cache_clear()
    return company.root


GATE = """
from mesh_platform.hooks import Ruling, hookimpl

@hookimpl
def gates(offer, ports):
    return {port: Ruling() for port in ports}
"""


def test_a_listed_capability_is_asked_and_no_other(company, capability):
    capability("guard", GATE)
    capability("rest", "raise RuntimeError('nobody listed this')")
    (rulings,) = capabilities_of(mesh_toml(company, 'capabilities = ["guard"]')).gates(offer=None, ports=["things"], again={})
    assert list(rulings) == ["things"]
    assert capabilities_of(mesh_toml(company, "capabilities = []")).gates(offer=None, ports=["things"], again={}) == []


def test_the_list_does_not_change_while_a_process_runs(company, capability):
    capability("guard", GATE)
    before = capabilities_of(mesh_toml(company, 'capabilities = ["guard"]'))
    for text in ("capabilities = []", "capabilities = ["):
        company.write("mesh.toml", text)
        assert capabilities_of(company.root) is before


def test_capabilities_are_asked_in_the_order_of_the_list(company, capability):
    for name in ("one", "two"):
        capability(
            name, f"from mesh_platform.hooks import hookimpl\n@hookimpl\ndef checks(offer, port):\n    return ['{name}']\n"
        )
    assert capabilities_of(mesh_toml(company, 'capabilities = ["two", "one"]')).checks(offer=None, port="x") == [
        ["two"],
        ["one"],
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("raise RuntimeError('no licence')", "'guard', which mesh.toml lists, does not load: RuntimeError: no licence."),
        ("import not_installed_here", "does not load: ModuleNotFoundError: No module named 'not_installed_here'."),
        ("this is no Python", "does not load: SyntaxError: invalid syntax"),
        ("raise SystemExit(0)", "does not load: SystemExit: 0."),
        (GATE + "REQUIRES = ('lineage',)", "requires lineage, which mesh.toml does not list"),
        (
            "from mesh_platform.hooks import hookimpl\n@hookimpl\ndef gatez(offer): ...",
            "does not load: PluginValidationError: unknown hook 'gatez'",
        ),
        (
            "from mesh_platform.hooks import hookimpl\n@hookimpl\ndef gates(offer, everything): ...",
            "does not load: PluginValidationError: Plugin 'guard'",
        ),
    ],
    ids=["raises", "import", "syntax", "exits", "requires", "hook", "argument"],
)
def test_a_listed_capability_that_does_not_load_is_an_error_that_names_it(company, capability, text, sentence):
    capability("guard", text)
    with pytest.raises(ProjectError) as refusal:
        capabilities_of(mesh_toml(company, 'capabilities = ["guard"]'))
    assert sentence in str(refusal.value)


def test_all_that_needs_an_unlisted_capability_is_named_at_once(company, capability):
    imports = "from mesh_platform.hooks import Kinds, hookimpl\n"
    capability("feeds", f"{imports}@hookimpl\ndef kinds():\n    return Kinds(sources={{'Feed': 'x'}})\n")
    capability("near", GATE + "REQUIRES = ('feeds',)")
    capability("far", GATE + "REQUIRES = ('near',)")
    capability("apart", GATE)
    company.registry("shop", "books", "fair")
    for domain in ("shop", "books", "fair"):
        company.domain(domain)
    company.write("domains/shop/shop/parts/ingestion.py", "from mesh_platform import Feed\n")
    company.write("domains/fair/fair/definitions.py", "# feeds nobody: Feeder\n")
    company.product("sales", "books", inputPorts=[{"name": "things", "version": "1.0.0", "contractId": "shop.things.v1"}])
    with pytest.raises(ProjectError) as refusal:
        capabilities_of(mesh_toml(company, 'capabilities = ["apart", "far", "near"]'))
    assert refusal.value.found == "The capability 'near' requires feeds, which mesh.toml does not list."
    assert refusal.value.way_out == (
        "List feeds, or remove all that needs it: far in mesh.toml, near in mesh.toml, shop in workspace.yaml, domains/shop, "
        "dbt_projects/shop, the inputs from there in domains/books/products/sales.odps.yaml. Its README names what else "
        "mentions it."
    )
    capabilities_of(mesh_toml(company, 'capabilities = ["apart"]'))


def test_a_listed_capability_that_is_missing_is_an_error_that_names_it(company):
    with pytest.raises(ProjectError, match=r"The capability 'potato', which mesh\.toml lists, does not load"):
        capabilities_of(mesh_toml(company, 'capabilities = ["potato"]'))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "mesh.toml does not exist"),
        ("", "has no list of names `capabilities`"),
        ("capabilities = 'governance'", "has no list of names `capabilities`"),
        ('capabilities = ["a", 1]', "lists 1, which cannot be the name"),
        ('capabilities = ["../a"]', "lists '../a', which cannot be the name"),
        ('capabilities = ["__init__"]', "lists '__init__', which cannot be the name"),
        ('capabilities = ["a.b"]', "lists 'a.b', which cannot be the name"),
        ('capabilities = [""]', "lists '', which cannot be the name"),
        ('capabilities = ["a", "a"]', "lists a more than once"),
        ('capabilities = []\ncapabilites = ["a"]', "has the unknown key 'capabilites'"),
        ("capabilities = [", "is not TOML"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_and_not_taken_for_an_empty_one(company, text, sentence):
    (company.root / "mesh.toml").unlink()
    if text is not None:
        mesh_toml(company, text)
    with pytest.raises(ProjectError) as refusal:
        listed(company.root)
    assert sentence in str(refusal.value)


def test_kinds_of_sources_are_public_names_of_the_mesh_that_lists_them(company, capability, monkeypatch):
    capability(
        "sheets",
        "from mesh_platform.hooks import Kinds, hookimpl\nclass Sheet: ...\n@hookimpl\ndef kinds():\n"
        "    return Kinds(sources={'Sheet': 'their_capabilities.sheets'})\n",
    )
    company.registry("shop")
    mesh_toml(company, 'capabilities = ["sheets"]')
    monkeypatch.chdir(company.root)
    assert mesh_platform.Sheet.__name__ == "Sheet"
    mesh_toml(company, "capabilities = []")
    with pytest.raises(ProjectError, match="Sheet is a kind of source of the capability 'sheets', which mesh.toml does not"):
        _ = mesh_platform.Sheet


def test_the_interface_is_six_hooks():
    assert hookimpl.project_name == "mesh"
    from mesh_platform.hooks import Hooks

    assert [name for name in vars(Hooks) if not name.startswith("_")] == [
        "gates",
        "checks",
        "metadata",
        "kinds",
        "commands",
        "companions",
    ]


RULED = (
    "from mesh_platform.errors import MeshError; from mesh_platform.hooks import CheckResult, Ruling; "
    "return dict.fromkeys(ports, {})"
)
GATES = {
    "raises": ("raise RuntimeError('no connection')", "RuntimeError: no connection"),
    "says nothing": ("return None", "it gives NoneType and no Ruling on 'things'"),
    "forgets a port": ("return {}", "it gives NoneType and no Ruling on 'things'"),
    "gives something else": ("return {port: True for port in ports}", "it gives bool and no Ruling on 'things'"),
    "gives a list": ("return list(ports)", "it gives NoneType and no Ruling on 'things'"),
    "returns a coroutine": ("import asyncio; return asyncio.sleep(0)", "it gives NoneType and no Ruling on 'things'"),
    "leaves": ("raise GeneratorExit", "GeneratorExit"),
    "raises what cannot be shown": ("class Bad(Exception):\n        __str__ = lambda self: 1 / 0\n    raise Bad", "Bad"),
    "gives a mapping that fails": (
        "class Bad(dict):\n        __contains__ = lambda self, port: 1 / 0\n    return Bad()",
        "ZeroDivisionError: division by zero",
    ),
    "refuses with a text": (RULED.format("Ruling('no')"), "'no' is not a MeshError"),
    "refuses with an empty text": (RULED.format("Ruling('')"), "'' is not a MeshError"),
    "refuses with a falsehood": (RULED.format("Ruling(False)"), "False is not a MeshError"),
    "refuses without a reason": (RULED.format("Ruling(MeshError(''))"), "the refusal has no message"),
    "gives no checks": (RULED.format("Ruling(None, None)"), "its checks are not a tuple"),
    "gives other checks": (RULED.format("Ruling(None, (1,))"), "its checks are not CheckResults"),
    "gives a check without a result": (
        RULED.format("Ruling(None, (CheckResult('x', None),))"),
        "the check x has a result that is no bool",
    ),
    "gives a check that cannot be named": (
        RULED.format("Ruling(None, (CheckResult('no name', True),))"),
        "a check cannot be named 'no name'",
    ),
    "gives a check that cannot be shown": (
        RULED.format("Ruling(None, (CheckResult('x', True, metadata={'o': object()}),))"),
        "the check x cannot show 'o'",
    ),
    "refuses nothing although its check fails": (
        RULED.format("Ruling(None, (CheckResult('x', False),))"),
        "the check ['x'] failed, and nothing is refused",
    ),
    "gives a ruling of its own kind": (
        "from mesh_platform.hooks import Ruling\n    return dict.fromkeys(ports, type('Mine', (Ruling,), {})())",
        "it gives Mine and no Ruling on 'things'",
    ),
}


@pytest.mark.parametrize(("body", "reason"), GATES.values(), ids=GATES)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_gate_that_does_not_decide_lets_nothing_through(company, capability, body, reason):
    capability("guard", f"from mesh_platform.hooks import hookimpl\n@hookimpl\ndef gates(offer, ports):\n    {body}\n")
    capability("open", GATE)
    domain = company.domain()
    company.contract()
    company.product()
    mesh_toml(company, 'capabilities = ["open", "guard"]')
    rulings = rulings_on(load_offer(domain), ["things"])
    assert [ruling.refusal is None for ruling in rulings["things"]] == [True, False]
    refusal = rulings["things"][1].refusal
    assert isinstance(refusal, GateFailed)
    assert f"The gate of the capability 'guard' did not decide: {reason}." in str(refusal)


@pytest.mark.parametrize("hook", ["commands(app)", "checks(offer, port)", "kinds()"])
def test_another_hook_that_fails_is_an_error_that_names_its_capability(company, capability, hook):
    capability("clumsy", f"from mesh_platform.hooks import hookimpl\n@hookimpl\ndef {hook}:\n    return 1 / 0\n")
    name = hook.partition("(")[0]
    hooks = capabilities_of(mesh_toml(company, 'capabilities = ["clumsy"]'))
    with pytest.raises(ProjectError, match=f"The hook `{name}` of the capability 'clumsy' failed: ZeroDivisionError"):
        list(ask(getattr(hooks, name), app=None, offer=None, port="things"))


def test_metadata_that_fails_is_shown_as_not_known_since_the_port_is_published_already(company, capability):
    capability("clumsy", "from mesh_platform.hooks import hookimpl\n@hookimpl\ndef metadata(attempt):\n    return 1 / 0\n")
    domain = company.domain()
    company.contract()
    company.product()
    mesh_toml(company, 'capabilities = ["clumsy"]')
    shown = metadata_of(load_offer(domain), None, {})["clumsy"]
    assert shown.startswith("Not known: The hook `metadata` of the capability 'clumsy' failed: ZeroDivisionError: division by")


@pytest.mark.parametrize(
    "answer", ["{'x': object()}", "{3: 1}", "None", "1", "{'x': [object()]}", "{'column_lineage': {3: []}}"]
)
def test_metadata_that_cannot_be_shown_is_not_known(company, capability, answer):
    capability("odd", f"from mesh_platform.hooks import hookimpl\n@hookimpl\ndef metadata(attempt):\n    return {answer}\n")
    mesh_toml(company, 'capabilities = ["odd"]')
    domain = company.domain()
    company.contract()
    company.product()
    assert list(metadata_of(load_offer(domain), None, {})) == ["odd"]


INTERRUPTED = """
from dagster import DagsterExecutionInterruptedError
from mesh_platform.hooks import hookimpl

@hookimpl
def {}:
    raise RuntimeError("Query interrupted") from {}()
"""


@pytest.mark.parametrize("signal", ["KeyboardInterrupt", "DagsterExecutionInterruptedError"])
@pytest.mark.parametrize("hook", ["gates(offer, ports)", "metadata(attempt)", "checks(offer, port)"])
def test_ctrl_c_inside_a_capability_is_an_interruption_also_while_dagster_runs(company, capability, hook, signal):
    capability("busy", INTERRUPTED.format(hook, signal))
    mesh_toml(company, 'capabilities = ["busy"]')
    domain = company.domain()
    company.contract()
    company.product()
    offer = load_offer(domain)
    asked = {
        "gates(offer, ports)": lambda: rulings_on(offer, ["things"]),
        "metadata(attempt)": lambda: metadata_of(offer, None, {}),
        "checks(offer, port)": lambda: further_checks(offer, "things", ()),
    }
    with pytest.raises(KeyboardInterrupt):
        asked[hook]()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("None", "TypeError: 'NoneType' object is not iterable"),
        ("[1]", "it gives int and no CheckSpec for 'things'"),
        ("(1 / 0 for _ in 'x')", "ZeroDivisionError: division by zero"),
        ("[CheckSpec('two words', '')]", "a check cannot be named 'two words'"),
        ("[CheckSpec('x', None)]", "the description of the check x is not a text"),
        ("[CheckSpec('values', '')]", "'things' has another check values"),
    ],
)
def test_checks_that_cannot_be_shown_are_an_error_that_names_the_capability(company, capability, answer, reason):
    capability(
        "odd",
        f"from mesh_platform.hooks import CheckSpec, hookimpl\n@hookimpl\ndef checks(offer, port):\n    return {answer}\n",
    )
    mesh_toml(company, 'capabilities = ["odd"]')
    domain = company.domain()
    company.contract()
    company.product()
    with pytest.raises(ProjectError) as problem:
        further_checks(load_offer(domain), "things", {"values"})
    assert f"The hook `checks` of the capability 'odd' failed: {reason}." in str(problem.value)


@pytest.mark.parametrize(
    "body",
    [
        "app.command('run')(lambda: None)",
        "import typer; app.add_typer(typer.Typer(), name='quarantine')",
        "app.callback()(lambda: None)",
        "app.registered_commands.clear()",
        "app.registered_groups.pop()",
        "app.command('twice')(lambda: None); app.command('twice')(lambda: None)",
    ],
)
def test_a_capability_that_replaces_or_removes_a_command_is_an_error_that_names_it(company, capability, body):
    capability("greedy", f"from mesh_platform.hooks import hookimpl\n@hookimpl\ndef commands(app):\n    {body}\n")
    with pytest.raises(ProjectError, match="The capability 'greedy' replaces or removes a command"):
        command_line(capabilities_of(mesh_toml(company, 'capabilities = ["greedy"]')))


HOOK = "from mesh_platform.hooks import hookimpl\n@hookimpl\ndef commands(app): ...\n"
HOLLOW = {
    "empty": ("", "it implements no hook"),
    "unmarked": ("def gates(offer, ports): ...\n" + HOOK, "its gates is no function with @hookimpl"),
    "cached": (
        "import functools\n@functools.cache\ndef gates(offer, ports): ...\n" + HOOK,
        "its gates is no function with @hookimpl",
    ),
    "a partial": ("import functools\ngates = functools.partial(print)\n" + HOOK, "its gates is no function with @hookimpl"),
    "an object": (
        "class Gate:\n    def __call__(self): ...\ngates = Gate()\n" + HOOK,
        "its gates is no function with @hookimpl",
    ),
    "optional": (
        HOOK + "@hookimpl(optionalhook=True)\ndef gatess(offer): ...",
        "its gatess is an optional hook, which would not be called if its name were wrong",
    ),
    "requires": (HOOK + "requires = ('governance',)", "it has requires; the name is REQUIRES"),
    "require": (HOOK + "REQUIRE = ('governance',)", "it has REQUIRE; the name is REQUIRES"),
    "a text": (HOOK + "REQUIRES = 'governance'", "its REQUIRES is 'governance', and not a tuple of names"),
    "none": (HOOK + "REQUIRES = None", "its REQUIRES is None, and not a tuple of names"),
}


@pytest.mark.parametrize(("text", "reason"), HOLLOW.values(), ids=HOLLOW)
def test_a_capability_whose_hooks_would_never_be_called_does_not_load(company, capability, text, reason):
    capability("guard", text)
    with pytest.raises(ProjectError, match="'guard', which mesh.toml lists, does not load") as refusal:
        capabilities_of(mesh_toml(company, 'capabilities = ["guard"]'))
    assert f"does not load: {reason}." in str(refusal.value)


def test_a_folder_without_an_init_and_a_module_are_no_capabilities(company, capability, tmp_path):
    capability("whole", HOOK)
    packages = tmp_path / "packages" / "their_capabilities"
    (packages / "left" / "__pycache__").mkdir(parents=True)
    (packages / "shared.py").write_text(HOOK)
    for name in ("left", "shared"):
        with pytest.raises(ProjectError, match=f"'{name}', which .* does not load: it is no package"):
            capabilities_of(mesh_toml(company, f'capabilities = ["whole", "{name}"]'))


@pytest.mark.parametrize("make", ["mkdir", "mkfifo", "loop", "deep", "bom"])
def test_a_list_that_is_no_file_is_refused_and_a_byte_order_mark_is_read(company, make):
    path = company.root / "mesh.toml"
    path.unlink()
    if make == "mkdir":
        path.mkdir()
    elif make == "mkfifo":
        os.mkfifo(path)
    elif make == "loop":
        path.symlink_to(path)
    elif make == "deep":
        path.write_text("capabilities = " + "[" * 5_000 + "]" * 5_000)
    else:
        path.write_text("capabilities = []", encoding="utf-8-sig")
        assert listed(company.root) == ()
        return
    with pytest.raises(ProjectError, match="mesh.toml (cannot be read|is not TOML|does not exist)"):
        listed(company.root)


@pytest.mark.parametrize("hook", ["commands(app)", "checks(offer, port)", "kinds()", "gates(offer, ports)"])
def test_a_hook_that_ends_the_process_is_an_error_and_no_success(company, capability, hook):
    capability("evil", f"from mesh_platform.hooks import hookimpl\n@hookimpl\ndef {hook}:\n    raise SystemExit(0)\n")
    domain = company.domain()
    company.contract()
    company.product()
    hooks = capabilities_of(mesh_toml(company, 'capabilities = ["evil"]'))
    name = hook.partition("(")[0]
    if name == "gates":
        assert "'evil' did not decide: SystemExit: 0" in str(rulings_on(load_offer(domain), ["things"])["things"][0].refusal)
        return
    with pytest.raises(ProjectError, match="'evil' failed: SystemExit: 0"):
        list(ask(getattr(hooks, name), app=None, offer=None, port="things"))


def test_a_module_of_a_capability_may_have_the_name_of_a_hook(company, capability, tmp_path):
    capability("doctor", HOOK)
    (tmp_path / "packages" / "their_capabilities" / "doctor" / "checks.py").write_text("")
    import_module("their_capabilities.doctor.checks")
    capabilities_of(mesh_toml(company, 'capabilities = ["doctor"]'))
