"""The borders of the mesh, read from the code: domains know the platform's public names and nobody else."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

import mesh_platform
from mesh_platform.capabilities import capabilities_of


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """Every import of a file as (module, name); the name is empty for `import module`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (("." * node.level + (node.module or ""), alias.name) for alias in node.names)


def python_files(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.relative_to(folder).parts)
    assert found, f"{folder} holds no Python file"
    return found


def keys(said: object) -> Iterator[str]:
    """Every key of a YAML document, however deep."""
    if isinstance(said, dict):
        for key, value in said.items():
            yield key
            yield from keys(value)
    elif isinstance(said, list):
        for value in said:
            yield from keys(value)


def test_there_are_domains_to_look_at(domains):
    assert domains


def test_no_domain_imports_another(root, domains):
    crossed = [
        f"{path.relative_to(root)} imports {module}"
        for domain in domains
        for path in python_files(root / "domains" / domain)
        for module, _ in imports(path)
        if module.split(".")[0] in set(domains) - {domain}
    ]
    assert crossed == []


def test_domains_know_the_platform_by_its_public_names_only(root, domains):
    kinds = {name for kinds in capabilities_of(root).kinds() for name in kinds.sources}
    public = {*mesh_platform.__all__, *kinds}
    private = [
        f"{path.relative_to(root)} imports {name or module} from {module}"
        for domain in domains
        for path in python_files(root / "domains" / domain)
        for module, name in imports(path)
        if module.split(".")[0] in ("mesh_platform", "mesh_capabilities") and (module != "mesh_platform" or name not in public)
    ]
    assert private == []


def test_the_platform_knows_no_domain(root, domains):
    known = [
        f"{path.relative_to(root)} imports {module}"
        for path in python_files(root / "platform")
        for module, _ in imports(path)
        if module.split(".")[0] in domains
    ]
    assert known == []


def test_only_one_module_touches_dbt(root):
    users = {
        path.relative_to(root / "platform").as_posix()
        for path in python_files(root / "platform")
        for module, _ in imports(path)
        if re.fullmatch(r"dbt|dbt\..*|dbt_common.*|dagster_dbt.*", module)
    }
    assert users == {"mesh_isolation/dbt_commands.py"}


def test_a_domain_s_definitions_are_at_most_fifteen_lines(root, domains):
    long = {domain: len((root / f"domains/{domain}/{domain}/definitions.py").read_text().splitlines()) for domain in domains}
    assert {domain: lines for domain, lines in long.items() if lines > 15} == {}


def test_a_domain_has_one_spelling(root, domains):
    registry = yaml.safe_load((root / "workspace.yaml").read_text())["load_from"]
    registered = {entry["python_module"]["location_name"]: entry["python_module"]["module_name"] for entry in registry}
    for domain in domains:
        assert registered[domain] == f"{domain}.definitions"
        assert (root / f"domains/{domain}/{domain}/__init__.py").is_file()
        assert yaml.safe_load((root / f"dbt_projects/{domain}/dbt_project.yml").read_text())["name"] == domain
        assert f'build_domain("{domain}"' in (root / f"domains/{domain}/{domain}/definitions.py").read_text()


def test_columns_of_ports_are_listed_in_contracts_and_nowhere_else(root):
    described = sorted(root.glob("dbt_projects/*/models/ports/*.y*ml"))
    assert described
    listing = [path.relative_to(root).as_posix() for path in described if "columns" in keys(yaml.safe_load(path.read_text()))]
    assert listing == []


def test_no_dbt_file_describes_the_columns_of_an_input(root):
    described = sorted(root.glob("dbt_projects/*/models/inputs/*.y*ml"))
    assert [path.name for path in described if "columns" in keys(yaml.safe_load(path.read_text()))] == []


def test_a_file_of_inputs_is_named_after_the_one_producer_it_reads(root, domains):
    for path in root.glob("dbt_projects/*/models/inputs/*.yml"):
        (source,) = yaml.safe_load(path.read_text())["sources"]
        assert source["name"] == source["schema"] == path.stem
        assert path.stem in set(domains) - {path.parents[2].name}


def test_every_contract_has_a_model_of_its_name_and_every_port_model_a_contract(root, domains):
    for domain in domains:
        contracts = {path.name.split(".")[0] for path in (root / f"domains/{domain}/contracts").glob("*.odcs.yaml")}
        models = {path.stem for path in (root / f"dbt_projects/{domain}/models/ports").glob("*.sql")}
        assert contracts == models


def test_import_platform_is_the_standard_library_s(root):
    code = "import platform; print(platform.__file__, platform.python_implementation())"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    file, implementation = done.stdout.split()
    assert Path(file).name == "platform.py"
    assert not Path(file).is_relative_to(root / "platform")
    assert implementation


def test_the_platform_folder_is_no_package_and_holds_no_tests(committed, root):
    below = [path.relative_to(root / "platform") for path in committed if path.is_relative_to(root / "platform")]
    assert below
    assert [str(path) for path in below if len(path.parts) == 1 and path.suffix == ".py"] == []
    below = [path for path in below if path.suffix != ".jinja"]  # templates are of what stands elsewhere
    assert [str(path) for path in below if path.name.startswith(("test_", "conftest")) or "tests" in path.parts] == []
