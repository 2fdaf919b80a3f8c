"""A domain's folder holds modules of others: nothing of it but the package of the domain is ever imported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLANTS = (
    *("mesh_platform", "mesh_isolation", "mesh_capabilities", "sales", "duckdb", "yaml", "dbt_planted"),
    *("tempfile", "fractions", "not_installed_anywhere", "sitecustomize", "usercustomize"),
)
"""Names of the platform, of another domain, of libraries, of a plugin of dbt, of the standard library, and of no one."""

IMPORTS = f"""
import importlib, importlib.util, pkgutil
for name in {PLANTS!r}:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        pass
print(sorted(module.name for module in pkgutil.iter_modules() if module.name.startswith("dbt_p")))
print(importlib.util.find_spec("marketing.definitions").origin)
try:
    import marketing.ingestion
except ImportError as problem:
    print(problem)
"""


@pytest.fixture
def planted(tmp_path):
    """A repository in which marketing has a module and a package of every name, which say that they were imported."""
    (tmp_path / "workspace.yaml").write_text(
        "".join(f"- {{module_name: {name}.definitions}}\n" for name in ("sales", "marketing"))
    )
    for domain in ("sales", "marketing"):
        package = tmp_path / "domains" / domain / domain
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        for name in ("__init__", "definitions", "ingestion"):
            (package / f"{name}.py").write_text(f"print('PLANTED {name}', flush=True)")
    for name in PLANTS:
        folder = tmp_path / "domains/marketing" / name
        folder.mkdir()
        (folder / "__init__.py").write_text(f"print('PLANTED {name}', flush=True)")
        folder.with_suffix(".py").write_text(f"print('PLANTED {name}', flush=True)")
    return tmp_path


def say(code, folder, *options):
    """What a process of this environment prints that executes the code in the folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run([sys.executable, *options, "-c", code], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


# The folder that Python puts on its path, without -P, is the working directory.
@pytest.mark.parametrize("folder", [".", "domains", "domains/marketing", "domains/marketing/marketing", "domains/sales"])
@pytest.mark.parametrize("options", [["-P"], []], ids=["not on the path", "first on the path"])
def test_only_what_the_domain_declares_is_found_in_its_folder(planted, folder, options):
    found, origin, refusal = say(IMPORTS, planted / folder, *options).splitlines()
    assert (found, origin) == ("[]", str(planted / "domains/marketing/marketing/definitions.py"))
    assert refusal.startswith("marketing.ingestion is code of the domain marketing: it is executed in the sandbox")


def test_a_link_to_the_folder_of_a_domain_is_no_place_for_modules_either(planted, tmp_path_factory):
    link = tmp_path_factory.mktemp("elsewhere") / "link"
    link.symlink_to(planted / "domains/marketing")
    code = f"import os, sys\nsys.path.insert(0, {str(link)!r})\nos.chdir({str(planted)!r})\n{IMPORTS}"
    assert "PLANTED" not in say(code, planted)


@pytest.mark.parametrize("folder", ["domains/marketing", "domains/marketing/marketing", "domains/sales"])
def test_the_server_of_the_sandbox_imports_nothing_of_the_folder_that_it_starts_in(planted, folder):
    code = """
from mesh_isolation import sandbox
import subprocess, sys, time
start = subprocess.Popen
subprocess.Popen = lambda command, **options: start(command, **{**options, "stdout": None, "stderr": None})
try:
    sandbox.call(time.sleep, {}, sandbox.Sandbox())
except sandbox.SandboxFailed as problem:
    print(problem)
"""
    assert "PLANTED" not in say(code, planted / folder, "-P")


def test_a_domain_that_is_not_registered_is_not_found(planted):
    (planted / "domains/nobody/nobody").mkdir(parents=True)
    assert say("import importlib.util; print(importlib.util.find_spec('nobody'))", planted) == "None\n"


def test_no_folder_of_a_domain_is_on_the_path_of_this_environment():
    assert [entry for entry in eval(say("import sys; print(sys.path)", ROOT)) if "domains" in entry] == []


def test_no_package_of_a_domain_is_installed_by_the_make_file():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "domains/" not in text.partition("PACKAGES ")[2].partition("\n")[0]
