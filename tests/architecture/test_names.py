"""One name, one meaning: no class, function or type alias of the platform has its name in two modules."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest


def modules(platform: Path) -> Iterator[tuple[str, ast.Module]]:
    """Every module of the platform; the templates are files of the domains that they are copied to."""
    for path in sorted(platform.rglob("*.py")):
        name = path.relative_to(platform)
        if "templates" not in name.parts:
            yield name.as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def hooks(tree: ast.Module) -> list[ast.FunctionDef]:
    """The implementations of hooks: a hook has the same name in every capability."""
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    return [node for node in functions if any(ast.unparse(mark) == "hookimpl" for mark in node.decorator_list)]


def registrations(tree: ast.Module) -> set[str]:
    """The functions that the hook `commands` calls to add a capability's commands."""
    calls = (node for hook in hooks(tree) if hook.name == "commands" for node in ast.walk(hook) if isinstance(node, ast.Call))
    return {call.func.id for call in calls if isinstance(call.func, ast.Name)}


def commands(tree: ast.Module) -> set[str]:
    """The functions that are commands: two groups may have a command of the same name, such as `show`."""
    decorated = {
        node.name: [mark.func for mark in node.decorator_list if isinstance(mark, ast.Call)]
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
    }
    commands = {name for name, marks in decorated.items() if any(ast.unparse(mark).endswith(".command") for mark in marks)}
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Call)):
        if ast.unparse(call.func.func).endswith(".command"):
            commands |= {argument.id for argument in call.args if isinstance(argument, ast.Name)}
    return commands


def definitions(tree: ast.Module) -> Iterator[str]:
    """The public classes, functions and type aliases at the top of a module.

    The annotated arguments of commands are no types: each is an option with the help text of its commands.
    """
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names = [node.name]
        elif isinstance(node, ast.Assign) and not ast.unparse(node.value).startswith("Annotated["):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            names = [name for name in names if name[:1].isupper() and not name.isupper()]
        else:
            names = []
        yield from (name for name in names if not name.startswith("_"))


def shared_names(platform: Path) -> dict[str, list[str]]:
    """The names that stand for two things, with their modules. All hooks of one name are one thing, and so are all commands."""
    parsed = dict(modules(platform))
    registering = {name for tree in parsed.values() for name in registrations(tree)}
    things: dict[str, dict[str, str]] = defaultdict(dict)
    for module, tree in parsed.items():
        shared = {hook.name: "a hook" for hook in hooks(tree)} | dict.fromkeys(commands(tree), "a command")
        if module.endswith("/cli.py"):
            shared |= dict.fromkeys(registering, "adds the commands")
        for name in definitions(tree):
            things[name][shared.get(name, module)] = module
    return {name: sorted(modules.values()) for name, modules in sorted(things.items()) if len(modules) > 1}


def test_no_public_name_stands_for_two_things(root):
    assert shared_names(root / "platform") == {}


TWICE = {
    "a class": ("class Sheet: ...", "class Sheet: ..."),
    "a function": ("def count(): ...", "async def count(): ..."),
    "a class and an alias": ("class Sheet: ...", "Sheet = dict[str, int]"),
    "a command and the function that it calls": ("@app.command()\ndef count(): ...", "def count(): ..."),
    "a hook and another function": ("@hookimpl\ndef gates(): ...", "def gates(): ..."),
}


@pytest.mark.parametrize("texts", TWICE.values(), ids=TWICE)
def test_a_name_with_two_meanings_is_found(texts, tmp_path):
    for number, text in enumerate(texts):
        (tmp_path / f"module_{number}.py").write_text(text)
    assert list(shared_names(tmp_path).values()) == [["module_0.py", "module_1.py"]]


ONCE = {
    "two commands": ("@app.command()\ndef show(): ...", "def show(): ...\napp.command()(show)"),
    "two hooks": ("@hookimpl\ndef gates(): ...", "@hookimpl\ndef gates(): ..."),
    "private names": ("def _count(): ...", "def count(): ..."),
    "arguments of commands": ("Port = Annotated[str, 1]", "Port = Annotated[str, 2]"),
}


@pytest.mark.parametrize("texts", ONCE.values(), ids=ONCE)
def test_a_name_with_one_meaning_may_be_in_two_modules(texts, tmp_path):
    for number, text in enumerate(texts):
        (tmp_path / f"module_{number}.py").write_text(text)
    assert shared_names(tmp_path) == {}
