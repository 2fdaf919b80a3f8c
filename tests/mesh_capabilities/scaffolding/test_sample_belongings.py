"""What of this very repository belongs to the sample company: the list names what is there, and the rest holds together."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from mesh_capabilities.scaffolding.adoption.belongings import find_belongings
from mesh_capabilities.scaffolding.adoption.readme import kept_chapters
from mesh_platform.errors import ScaffoldError
from mesh_platform.yaml_files import read_mapping

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def belongings():
    """What of this very repository would go."""
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = [name for name in listed.split("\0") if name and (ROOT / name).is_file()]
    return files, find_belongings(ROOT, files, {"name": "Acme", "slug": "acme", "domain": "operations"})


def test_the_list_names_only_what_is_there(belongings):
    listing = read_mapping(ROOT / "platform/mesh_capabilities/scaffolding/adoption/samples.yaml", ScaffoldError)
    missing = [path for path in listing["gone"] if not (ROOT / path).exists() and path != "bench/results.json"]
    assert missing == []
    unmatched = [
        (path, pattern)
        for path, patterns in listing["lines"].items()
        for pattern in patterns
        if not re.search(pattern, (ROOT / path).read_text("utf-8"), re.MULTILINE)
    ]
    assert unmatched == []


def test_what_is_left_is_python_and_knows_no_sample(belongings):
    files, found = belongings
    for path in files:
        if path.endswith(".py") and path not in found.gone:
            text = found.edited[path][1] if path in found.edited else (ROOT / path).read_text("utf-8")
            imported = [node.module or "" for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)]
            assert not any(module.startswith("marketplace") for module in imported), path


def test_the_readme_keeps_the_chapters_on_the_platform(belongings):
    chapters = kept_chapters(belongings[1].edited["README.md"][1])
    assert "mesh sources generate" not in chapters["verbs"] and "mesh adopt" in chapters["verbs"]
    assert "bench/" not in chapters["tree"]
