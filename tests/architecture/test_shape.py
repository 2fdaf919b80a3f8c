"""The shape of the platform: the core stays small, knows no capability, and its paths are those that the page shows."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs/site"))

from architecture_page import CONTRACT, RUN, figures  # noqa: E402
from shape import CAPABILITIES, CORE, ISOLATION, Shape  # noqa: E402

SHAPE = Shape(ROOT / "platform")


def test_the_core_is_small_enough_to_be_read_in_an_afternoon(capsys):
    with capsys.disabled():
        print(*(f"\n  {name}: {now}" for name, (_, now) in figures().items()))
    assert len(SHAPE.within(CORE)) <= 80
    assert SHAPE.lines(CORE) <= 11_100, "the aim is 10,000: move what only capabilities use to them"


def test_what_a_domain_is_built_with_lies_inside_the_core():
    closure = SHAPE.closure(f"{CORE}.dagster.factory")
    assert len(closure) > 30
    assert {name for name in closure if not name.startswith((CORE, ISOLATION))} == set()


def test_every_module_is_reached_from_the_command_line_from_a_domain_or_from_a_hook():
    starts = [f"{CORE}.cli.app", f"{CORE}.dagster.factory", f"{CORE}.dagster.internals", CORE]
    starts += [name for name in SHAPE.within(CAPABILITIES) if name.count(".") == 1]
    reached = {name for start in starts for name in SHAPE.closure(start)}
    packages = {name for name, path in SHAPE.modules.items() if path.name == "__init__.py"}
    # By the hook `kinds`, as a program, and by the environment of every process.
    named = {f"{CAPABILITIES}.governance.catalog.metadata_source", f"{CORE}.dagster.webserver", f"{ISOLATION}.packages"}
    reached |= {name for start in named for name in SHAPE.closure(start)}
    assert sorted(SHAPE.modules.keys() - reached - packages) == []


def functions(file):
    """The source of every function of a file of the core by its name, methods included."""
    text = (ROOT / "platform" / CORE / file).read_text(encoding="utf-8")
    nodes = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef))
    return {node.name: ast.get_source_segment(text, node) for node in nodes}


@pytest.mark.parametrize("path", [RUN, CONTRACT], ids=["a run", "a promise"])
def test_every_step_of_a_path_is_a_function_that_calls_the_next_one(path):
    for step in path:
        assert step.function in functions(step.file), f"{step.file} has no {step.function}"
        body = functions(step.file)[step.function].partition(":")[2]
        assert f"{step.calls}(" in body or f"{step.calls}," in body, f"{step.function} does not call {step.calls}"


ONE = min(name.split(".")[1] for name in SHAPE.within(CAPABILITIES) if name.count(".") > 1)
"""Some capability."""


def test_the_page_names_the_steps_of_a_publish_in_the_order_of_the_code():
    (step,) = [step for step in RUN if (step.file, step.function) == ("publish/publishing.py", "publish")]
    steps = {
        "asks the gates": "_ask_gates(",
        "pins inputs": "_pin(",
        "builds": "_build(",
        "judges": "judge_attempt(",
        "ends": "end(",
    }
    body = functions(step.file)[step.function].partition('"""')[2]
    assert sorted(steps, key=step.does.index) == sorted(steps, key=lambda name: body.index(steps[name])) == list(steps)


BREACHES = {
    "a capability in the core": (f"{CORE}/names.py", f"import {CAPABILITIES}.{ONE}", "The core knows no capability"),
    "an arrow that points up": (f"{CORE}/port/place.py", f"import {CORE}.publish.publishing", "The core has layers"),
    "a module without a layer": (f"{CORE}/loose.py", "import json", "The core has layers"),
    "Dagster in a capability": (f"{CAPABILITIES}/{ONE}/__init__.py", "import dagster", "imports Dagster"),
    "dbt beside its module": (f"{CORE}/build/port_graph.py", "import dbt.version", "imports dbt"),
}


@pytest.mark.parametrize("breach", BREACHES.values(), ids=BREACHES)
def test_the_linter_refuses(breach, tmp_path):
    refuses(*breach, tmp_path)


def test_the_linter_refuses_capabilities_in_a_circle(tmp_path):
    name, required = next((name, min(others)) for name, others in requirements().items() if others)
    file, statement = f"{CAPABILITIES}/{required}/__init__.py", f"import {CAPABILITIES}.{name}"
    refuses(file, statement, "Capabilities have no circular imports", tmp_path)


def refuses(file, statement, contract, tmp_path):
    """The linter refuses a copy of the platform in which the file ends with the statement, and names the contract."""
    shutil.copytree(ROOT / "platform", tmp_path / "platform", ignore=shutil.ignore_patterns("__pycache__", "templates"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    path = tmp_path / "platform" / file
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(f"{before}\n{statement}\n", encoding="utf-8")
    environment = {"PYTHONPATH": str(tmp_path / "platform"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    broken = [line for line in done.stdout.splitlines() if line.endswith("BROKEN") or "BROKEN" in line]
    assert done.returncode == 1, done.stdout + done.stderr
    assert [line for line in broken if contract in line] or contract in done.stdout.partition("layers are undefined")[0]


def test_no_module_of_the_core_is_imported_by_a_text_that_the_linter_cannot_see():
    texts = []
    for path in (ROOT / "platform" / CORE).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = node.func if isinstance(node, ast.Call) else None
            called = name.attr if isinstance(name, ast.Attribute) else getattr(name, "id", "")
            if called == "__import__" or (called == "import_module" and isinstance(node.args[0], ast.Constant)):
                texts.append(f"{path.name}: {ast.unparse(node)}")
    assert texts == []


def requirements():
    """By capability, the other capabilities that its modules import."""
    found = {}
    for name in SHAPE.within(CAPABILITIES):
        parts = name.split(".")
        if len(parts) > 1 and SHAPE.modules[".".join(parts[:2])].name == "__init__.py":
            others = {other.split(".")[1] for other in SHAPE.imports[name] if other.startswith(f"{CAPABILITIES}.")}
            found.setdefault(parts[1], set()).update(others - {parts[1]})
    shared = {path.stem for path in (ROOT / "platform" / CAPABILITIES).glob("*.py")}
    return {name: others - shared for name, others in found.items()}


def test_a_capability_says_which_others_it_requires():
    said = {}
    for name in requirements():
        tree = ast.parse((ROOT / "platform" / CAPABILITIES / name / "__init__.py").read_text(encoding="utf-8"))
        values = [node.value for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == "REQUIRES"]
        said[name] = set(ast.literal_eval(values[0])) if values else set()
    assert said == requirements()


@pytest.mark.parametrize("name", sorted(requirements()))
def test_a_capability_opens_with_a_page_that_says_what_it_is_and_how_to_switch_it_off(name):
    text = (ROOT / "platform" / CAPABILITIES / name / "README.md").read_text(encoding="utf-8")
    assert "mesh.toml" in text
    assert 8 <= len(text.splitlines()) <= 70
    hooks = {
        node.name
        for node in ast.parse((ROOT / "platform" / CAPABILITIES / name / "__init__.py").read_text()).body
        if isinstance(node, ast.FunctionDef) and any(ast.unparse(mark) == "hookimpl" for mark in node.decorator_list)
    }
    assert {hook for hook in hooks if hook not in text} == set()
    for other in requirements()[name]:
        assert other in text, f"it requires {other}"
