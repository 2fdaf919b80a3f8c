"""What of the repository belongs to the sample company: the list names what is there, and the rest does not need it."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from mesh_capabilities.errors import ScaffoldError
from mesh_platform.yaml_files import read_mapping

ROOT = Path(__file__).parents[2]
LISTING = read_mapping(ROOT / "examples/marketplace/belongings.yaml", ScaffoldError)
TEMPLATES = ROOT / "platform/mesh_capabilities/scaffolding/templates/v1/adopted"


@pytest.fixture(scope="module")
def kept() -> list[str]:
    """The files of the repository that an adopted one keeps as they are."""
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    there = [name for name in listed if name and (ROOT / name).is_file() and not (TEMPLATES / f"{name}.jinja").exists()]
    return [name for name in there if not any(name == path or name.startswith(f"{path}/") for path in LISTING["paths"])]


def test_the_list_names_only_what_is_there():
    assert [path for path in LISTING["paths"] if not (ROOT / path).exists()] == []


def test_its_steps_are_verbs_of_the_sample_company():
    verbs = (ROOT / "examples/marketplace/targets.mk").read_text(encoding="utf-8")
    assert all(re.search(rf"^{step.removeprefix('make ')}: .*##", verbs, re.MULTILINE) for step in LISTING["steps"])


def test_what_is_kept_imports_nothing_of_the_sample_company(kept):
    for path in kept:
        if path.endswith(".py"):
            tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
            imported = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
            imported += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
            assert not {module.partition(".")[0] for module in imported} & {"marketplace", "sales", "marketing", "finance"}, (
                path
            )


def test_no_test_that_is_kept_asks_for_the_sample_mesh(kept):
    """Whoever asks for the fixture `mesh` of tests/conftest.py runs the sample company."""
    asking = []
    for path in kept:
        if path.startswith("tests/") and path.endswith(".py") and not path.endswith("conftest.py"):
            functions = [
                node for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))) if isinstance(node, ast.FunctionDef)
            ]
            handed = [node for node in functions if node.name.startswith("test_") or node.decorator_list]
            asked = any(argument.arg == "mesh" for node in handed for argument in node.args.args)
            if asked and not any(node.name == "mesh" for node in handed):
                asking.append(path)
    assert asking == []


def test_no_platform_file_is_marked(kept):
    mark = re.compile("sample:" + "(begin|end)")
    texts = {
        path: (ROOT / path).read_bytes().decode("utf-8", "ignore") for path in kept if not path.startswith("docs/decisions/")
    }
    assert [path for path, text in texts.items() if mark.search(text)] == []
