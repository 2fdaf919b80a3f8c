"""The platform package as its readers meet it: a curated face, one sentence at the top of every module, one error tree."""

import ast
import hashlib
import inspect
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import mesh_platform
from mesh_capabilities import errors as errors_of_capabilities
from mesh_platform import errors
from mesh_platform.errors import MeshError
from mesh_platform.standards import check_against

PLATFORM = Path(mesh_platform.__file__).parents[1]
MODULES = sorted(
    path.relative_to(PLATFORM).as_posix()
    for package in ("mesh_platform", "mesh_capabilities")
    for path in (PLATFORM / package).rglob("*.py")
)
VENDORED = ["mesh_platform/contract/schemas", "mesh_capabilities/openlineage/schemas", "mesh_platform/product/schemas"]
VENDORED += ["mesh_capabilities/contract_lint/schemas"]


def docstring(module):
    return ast.get_docstring(ast.parse((PLATFORM / module).read_text(encoding="utf-8")))


def test_the_public_face_is_sorted_and_without_doubles():
    assert mesh_platform.__all__ == sorted(set(mesh_platform.__all__)) == dir(mesh_platform)


@pytest.mark.parametrize("name", mesh_platform.__all__)
def test_every_public_name_can_be_imported_and_says_what_it_is(name):
    public = getattr(mesh_platform, name)
    assert public.__name__ == name
    assert public.__module__.startswith(("mesh_platform.", "mesh_capabilities."))
    assert re.match(r"[A-Z].+", inspect.getdoc(public) or "")
    assert not (inspect.getdoc(public) or "").startswith(f"{name}(")  # what dataclass writes where nobody wrote anything


def test_a_name_that_is_not_public_is_answered_with_those_that_are():
    with pytest.raises(AttributeError, match="mesh_platform has no 'Potato'; it has .*OutputPort"):
        _ = mesh_platform.Potato


def test_importing_the_package_costs_nothing_that_is_not_used():
    code = "import sys; before = set(sys.modules); import mesh_platform; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {name.split(".")[0] for name in ast.literal_eval(done.stdout)} <= {
        "mesh_platform",
        "importlib",
        "typing",
        "warnings",
    } | (sys.stdlib_module_names)


@pytest.mark.parametrize("module", MODULES)
def test_every_module_opens_with_one_sentence_that_says_what_it_is_for(module):
    first = (docstring(module) or "").split("\n\n")[0].replace("\n", " ")
    assert re.fullmatch(r"[A-Z`].*[.?]", first), f"{module} opens with {first!r}"
    assert not re.search(r"(?<!e\.g)(?<!i\.e)\. [A-Z]", first), f"{module} opens with more than one sentence: {first!r}"


def drawn():
    """The error trees of the two docstrings: name → sentence."""
    text = errors.__doc__ + errors_of_capabilities.__doc__
    return dict(re.findall(r"^[│ ]*[├└]── (\w+) +(.+)$", text, flags=re.MULTILINE))


def all_errors():
    for module in MODULES:
        import_module(".".join(Path(module).with_suffix("").parts).removesuffix(".__init__"))
    ahead = [MeshError]
    while ahead:
        for kind in ahead.pop().__subclasses__():
            if kind.__module__.startswith(("mesh_platform", "mesh_capabilities")):
                ahead.append(kind)
                yield kind


def test_every_error_is_drawn_in_the_tree_with_its_own_sentence():
    defined = {kind.__name__: inspect.getdoc(kind).split("\n\n")[0].rstrip(".") for kind in all_errors()}
    assert {name: sentence.rstrip(".")[1:] for name, sentence in drawn().items()} == {
        name: sentence[1:] for name, sentence in defined.items()
    }


def test_every_error_stands_in_the_one_module_of_its_package():
    assert {kind.__module__ for kind in all_errors()} == {"mesh_platform.errors", "mesh_capabilities.errors"}


def test_errors_raised_on_purpose_are_of_the_tree():
    allowed = set(drawn()) | {
        "MeshError",
        "AttributeError",
        "KeyboardInterrupt",
        "ValueError",
        "Failure",
        "NotImplementedError",
    }
    strange = []
    for module in MODULES:
        for node in ast.walk(ast.parse((PLATFORM / module).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name):
                name = node.exc.func.id
                if name[0].isupper() and name not in allowed:
                    strange.append(f"{module}:{node.lineno} raises {name}")
    assert strange == []


def recorded(folder):
    """What SOURCES.md says of the vendored files: name → (source, licence, digest)."""
    rows = re.findall(
        r"^\| (\S+\.json) \| (.+?) \| (\S+) \| ([0-9a-f]{64}) \|$", (PLATFORM / folder / "SOURCES.md").read_text(), re.M
    )
    return {name: (source, licence, digest) for name, source, licence, digest in rows}


@pytest.mark.parametrize("folder", VENDORED)
def test_every_vendored_schema_is_the_recorded_one(folder):
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (PLATFORM / folder).glob("*.json")}
    assert digests == {name: digest for name, (_, _, digest) in recorded(folder).items()} != {}


@pytest.mark.parametrize("folder", VENDORED)
def test_every_vendored_schema_has_a_source_and_a_licence_that_allows_it(folder):
    for source, licence, _ in recorded(folder).values():
        assert re.search(r"commit [0-9a-f]{40}|package \S+ \d+\.\d+\.\d+", source)
        assert licence in ("Apache-2.0", "MIT")


@pytest.mark.parametrize("standard", ["odcs", "odps"])
def test_what_stands_beside_the_schemas_is_no_version_of_the_standard(standard, tmp_path):
    with pytest.raises(errors.ContractError) as refusal:
        check_against({"apiVersion": "v0.0.0"}, tmp_path / "x.yaml", standard)
    known = re.search(r"Declare one of (.+)\.$", str(refusal.value))[1].split(", ")
    assert all(re.fullmatch(r"v\d+\.\d+\.\d+", version) for version in known)
