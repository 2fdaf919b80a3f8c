"""What belongs to the sample company is found, and the rest reads well without it."""

import subprocess

import pytest

from mesh_capabilities.scaffolding.adoption.adopt import plan_adoption
from mesh_capabilities.scaffolding.adoption.belongings import find_belongings
from mesh_capabilities.scaffolding.adoption.marks import is_marked, without_marked
from mesh_platform.errors import ScaffoldError

# Put together, so that this file is not marked itself.
BEGIN, END = "sample:" + "begin", "sample:" + "end"


@pytest.mark.parametrize(("open_", "close"), [("# ", ""), ("-- ", ""), ("<!-- ", " -->"), ("    # ", "")])
def test_a_marked_part_goes_with_its_marks(open_, close):
    text = f"a\n{open_}{BEGIN}{close}\nb\n{open_}{END}{close}\nc\n"
    assert is_marked(text)
    assert without_marked(text, "x") == "a\nc\n"


def test_no_more_blank_lines_are_left_than_were_before():
    assert without_marked(f"a\n\n\n# {BEGIN}\nb\n\n\n# {END}\n\nc\n", "x") == "a\n\n\nc\n"
    assert without_marked(f"a\n\n# {BEGIN}\nb\n# {END}\n", "x") == "a\n"
    assert without_marked(f"# {BEGIN}\nb\n# {END}\n", "x") == ""


def test_what_only_speaks_of_marks_is_not_marked():
    assert not is_marked(f"Lines with `{BEGIN}` and `{END}` are marks.\n")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"# {BEGIN}\na\n", "x, line 1, begins a sample part that has no end"),
        (f"a\n# {END}\n", "x, line 2, ends a sample part that has not begun"),
        (f"# {BEGIN}\n# {BEGIN}\n# {END}\n", "x, line 2, begins a sample part within another"),
    ],
)
def test_marks_that_do_not_come_in_pairs_are_named(text, why):
    with pytest.raises(ScaffoldError, match=why):
        without_marked(text, "x")


def found_in(company, monkeypatch, files, **listed):
    listing = {"fixtures": ["mesh"], "gone": [], "lines": {}, "replace": {}, **listed}
    module = "mesh_capabilities.scaffolding.adoption.belongings"
    monkeypatch.setattr(f"{module}._LIST", company.write("list.yaml", listing))
    for path, text in files.items():
        company.write(path, text)
    return find_belongings(company.root, sorted(files), {"name": "Acme", "slug": "acme", "domain": "ops"})


def test_tests_that_run_the_sample_mesh_go_and_a_conftest_with_the_last_of_them(company, monkeypatch):
    files = {
        "tests/a/conftest.py": "import pytest\n",
        "tests/a/test_run.py": "def test_it(mesh):\n    assert mesh\n",
        "tests/b/conftest.py": "import pytest\n",
        "tests/b/test_pure.py": "def mesh(root, *words): ...\n\n\ndef test_it(tmp_path):\n    assert mesh(tmp_path) is None\n",
        "tests/conftest.py": "import pytest\n\n\n@pytest.fixture\ndef more(mesh): ...\n",
        "tests/b/test_marked.py": f"def test_x(): ...\n\n\n# {BEGIN}\ndef test_it(mesh): ...\n# {END}\n",
    }
    found = found_in(company, monkeypatch, files)
    assert found.gone == ["tests/a/conftest.py", "tests/a/test_run.py"]
    assert found.edited["tests/b/test_marked.py"][1] == "def test_x(): ...\n"


def test_a_file_of_which_nothing_is_left_goes_and_rows_that_link_to_it(company, monkeypatch):
    files = {
        "docs/old.md": f"<!-- {BEGIN} -->\nOld.\n<!-- {END} -->\n",
        "docs/README.md": "| a | b |\n|---|---|\n| [old](old.md) | x |\n| [new](new.md) | x |\n",
        "docs/new.md": "New.\n",
    }
    found = found_in(company, monkeypatch, files)
    assert found.gone == ["docs/old.md"]
    assert found.edited["docs/README.md"][1] == "| a | b |\n|---|---|\n| [new](new.md) | x |\n"


def test_lines_go_and_words_are_replaced(company, monkeypatch):
    files = {"CONTRIBUTING.md": "| `make demo` | x |\n--editable domains/sales\n"}
    replace = {"CONTRIBUTING.md": [["domains/sales", "domains/{domain}"]]}
    found = found_in(company, monkeypatch, files, lines={"CONTRIBUTING.md": ["^\\| `make demo`"]}, replace=replace)
    assert found.edited["CONTRIBUTING.md"][1] == "--editable domains/ops\n"
    replace = {"CONTRIBUTING.md": [["no such words", ""]]}
    with pytest.raises(ScaffoldError, match="CONTRIBUTING.md holds nothing like 'no such words'"):
        found_in(company, monkeypatch, files, replace=replace)


def git(root, *words):
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True)


@pytest.fixture
def saved(grown, monkeypatch):
    """The company in a git repository in which everything is committed."""
    grown.write("README.md", "# A mesh\n\nText.\n")
    grown.write("pyproject.toml", '[project]\nname = "reference"\n')
    grown.write(".gitignore", ".mesh/\n")
    git(grown.root, "init", "--quiet")
    git(grown.root, "add", "--all")
    git(grown.root, "commit", "--quiet", "--message", "x")
    return grown


def test_without_dropping_anything_the_mesh_is_renamed(saved, mesh_new):
    mesh_new("adopt", "--name", "Acme & Söhne")
    assert (saved.root / "README.md").read_text("utf-8") == "# The data mesh of Acme & Söhne\n\nText.\n"
    assert 'name = "acme-s-hne-mesh"' in (saved.root / "pyproject.toml").read_text("utf-8")


def test_a_dry_run_of_an_adoption_writes_nothing(saved, mesh_new, files):
    before = files()
    assert "it would be the mesh of Acme" in mesh_new("adopt", "--name", "Acme", "--dry-run").stdout
    assert files() == before


@pytest.mark.parametrize(
    ("name", "first", "why"),
    [
        ("!!", "operations/orders", "is no name for a mesh"),
        ("Acme", "operations", "names no domain with a product"),
        ("Acme", "class/orders", "is a reserved name"),
    ],
)
def test_names_that_cannot_be_are_refused(saved, project, name, first, why):
    with pytest.raises(Exception, match=why):
        plan_adoption(project(), name, False, first)


def test_what_git_could_not_bring_back_is_not_adopted(saved, project):
    saved.write("notes.md", "Mine.\n")
    with pytest.raises(ScaffoldError, match="1 files are not committed"):
        plan_adoption(project(), "Acme", False, "operations/orders")


def test_a_folder_without_git_is_not_adopted(grown, project):
    with pytest.raises(ScaffoldError, match="is no git repository"):
        plan_adoption(project(), "Acme", False, "operations/orders")


def test_where_there_is_no_sample_company_nothing_can_be_dropped(saved, project):
    with pytest.raises(ScaffoldError, match="no sample company here any more"):
        plan_adoption(project(), "Acme", True, "operations/orders")
