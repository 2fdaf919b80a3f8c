"""What must never be committed: addresses of package registries, paths of somebody's machine, outputs, credentials."""

import re

import pytest

REGISTRY = re.compile(
    r"https?://[^\s\"'<>)]*(?:pypi\.org|pythonhosted\.org|/simple\b|artifactory|nexus|devpi|npmjs\.|crates\.io|/api/pypi)"
    r"|(?:--(?:extra-)?index-url|--find-links)[ =]\S+"
)
MACHINE = re.compile(
    r"(?<![\w.~}])/(?:home|Users)/(?!runner\b)[\w.-]+/|\b[A-Z]:\\\\?Users\\|(?<![\w.~}])/(?:root|private/var|var/folders)/[\w.-]+"
)
OUTPUTS = re.compile(
    r"(?:^|/)(?:target|logs|\.mesh|__pycache__|\.venv|node_modules)/|\.(?:duckdb|parquet|pyc|log|wal|egg-info)$|(?:^|/)\.env$|_old\."
)


@pytest.fixture(scope="module")
def lines(committed, root):
    """Every line of every committed text file: (file and line, text)."""
    found = []
    for path in committed:
        data = path.read_bytes()
        if b"\0" not in data:
            text = data.decode("utf-8").splitlines()
            found += [(f"{path.relative_to(root)}:{number}", line) for number, line in enumerate(text, start=1)]
    assert len(found) > 1_000
    return found


def test_the_search_finds_what_it_looks_for():
    slash = "/"
    assert REGISTRY.search(f"url = https:{slash}{slash}pypi.org/simple/dagster/")
    assert REGISTRY.search(f"{'--index'}-url https:{slash}{slash}mirror.example/x")
    assert REGISTRY.search(f"https:{slash}{slash}company.example/artifactory/api")
    assert not REGISTRY.search("the Python package open-data-contract-standard 3.2.0 (PyPI)")
    assert MACHINE.search(f"path: {slash}home{slash}ana/projects/mesh")
    assert MACHINE.search(f"{slash}Users{slash}ana/mesh")
    assert not MACHINE.search("https://example.com/home/page/")
    assert not MACHINE.search("$MESH_HOME/ports and ~/olist")
    assert OUTPUTS.search("dbt_projects/sales/target/manifest.json")
    assert not OUTPUTS.search("docs/catalog.md")


def test_no_file_holds_the_address_of_a_package_registry(lines):
    assert [where for where, line in lines if REGISTRY.search(line)] == []


def test_no_file_holds_an_absolute_path_of_somebody_s_machine(lines):
    assert [f"{where}: {line.strip()}" for where, line in lines if MACHINE.search(line)] == []


def test_no_output_is_committed(committed, root):
    assert [path.as_posix() for path in (path.relative_to(root) for path in committed) if OUTPUTS.search(path.as_posix())] == []


def test_every_file_is_small_enough_to_be_source(committed, root):
    large = {path.relative_to(root).as_posix(): path.stat().st_size for path in committed if path.stat().st_size > 600_000}
    assert large == {}


def test_text_files_end_with_a_line_end_and_hold_no_windows_ones(committed, root):
    wrong = [
        path.relative_to(root).as_posix()
        for path in committed
        if path.suffix in (".py", ".sql", ".yml", ".yaml", ".md", ".toml", ".lock")
        and (data := path.read_bytes())
        and (b"\r" in data or not data.endswith(b"\n"))
    ]
    assert wrong == []


def test_requirements_are_locked_with_hashes(root):
    lock = (root / "requirements.lock").read_text()
    packages = re.findall(r"^[a-z0-9][\w.-]*==\S+.*$", lock, flags=re.MULTILINE)
    assert len(packages) > 50
    assert [line for line in packages if not line.endswith("\\")] == []
    assert lock.count("--hash=sha256:") >= len(packages)
