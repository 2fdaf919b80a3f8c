"""Where Python finds the package of a domain: in the sandbox its own modules, and everywhere else only what they declare.

A folder of a team on Python's path could replace modules of the platform, of a library, or of another team. So a domain is not
installed. A line in the environment adds a finder (https://docs.python.org/3/reference/import.html#the-meta-path) to each
process; `python -m mesh_isolation.packages` writes that line.

Dagster and others import `<name>.definitions` into a process of the platform. There the module is made by the platform, and no
module of a domain is executed. Only the sandbox executes them; see `execute_domains`.
"""

import os
import re
import sys
import sysconfig
from collections.abc import Iterator
from importlib import import_module
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location, spec_from_loader
from pathlib import Path
from types import ModuleType

_LINE = "import mesh_isolation.packages; mesh_isolation.packages.add_finder()\n"
_FILE = "zz_mesh_domains.pth"  # read after the files of the same kind, in order of their names, that say where the platform is
_BUILDER = "mesh_platform.dagster.factory"
"""The module whose `definitions_of(root, name)` gives the `defs` of a domain. It is imported with the first domain."""


class DomainFinder:
    """Finds the package `<name>` in `domains/<name>` of a repository whose `workspace.yaml` registers that domain.

    In a process of the platform it is the first finder, so that no folder on Python's path gives that name to the code of a
    domain. A name that anything outside of `domains` has, such as a library, is left to the others.
    """

    executes = False
    """Whether modules of domains are executed in this process."""

    @classmethod
    def find_spec(cls, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """The package of the domain, or a module in it; None for any other module, and where the repository cannot be read.

        Raises ImportError for a module that only the sandbox imports.
        """
        if path is not None:
            parent = getattr(sys.modules.get(name.partition(".")[0]), "__loader__", None)
            return parent.find_below(name) if isinstance(parent, DeclaredModules) else None
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in sys.stdlib_module_names:
            return None
        for root in _repositories():
            try:
                package = root / "domains" / name / name
                if not os.path.isdir(package):  # noqa: PTH112 - asked for each module that this process imports
                    continue
                registry = (root / "workspace.yaml").read_text(encoding="utf-8", errors="replace")
                if not re.search(rf"\b{name}\.definitions\b", registry):
                    continue
                if not cls.executes:
                    return None if _is_installed(name, root) else spec_from_loader(name, DeclaredModules(root), is_package=True)
                if not package.is_symlink():
                    folders = [str(package)]
                    return spec_from_file_location(name, package / "__init__.py", submodule_search_locations=folders)
            except OSError:
                continue  # in a sandbox, which has its own list of folders
        return None


class DeclaredModules(Loader):
    """Makes the package of a domain, which is empty, and its module `definitions` for a process of the platform."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def find_below(self, name: str) -> ModuleSpec:
        """The module `<domain>.definitions`. Raises ImportError for any other."""
        domain, _, rest = name.partition(".")
        if rest == "definitions":
            return spec_from_loader(name, self, origin=str(self._root / "domains" / domain / domain / "definitions.py"))
        message = f"{name} is code of the domain {domain}: it is executed in the sandbox, and in no process of the platform"
        raise ImportError(message, name=name)

    def exec_module(self, module: ModuleType) -> None:
        """Fills `definitions`; the package has nothing. Raises what the builder raises."""
        domain, _, rest = module.__name__.partition(".")
        if rest:
            module.defs = import_module(_BUILDER).definitions_of(self._root, domain)


def _is_installed(name: str, root: Path) -> bool:
    """Whether another finder has a module of that name that is not below the repository's `domains`."""
    finders = [finder for finder in sys.meta_path if finder is not DomainFinder and hasattr(finder, "find_spec")]
    for finder in finders:
        if spec := finder.find_spec(name, None):
            domains, places = os.path.realpath(root / "domains"), [spec.origin, *(spec.submodule_search_locations or ())]
            own = [place for place in places if place and _lies_in(place, domains, str(root / "domains"))]
            # A folder without __init__.py gives way to everything else.
            return spec.origin is not None and not own
    return False


def _lies_in(place: str, *folders: str) -> bool:
    return any(Path(path).is_relative_to(folder) for folder in folders for path in (place, os.path.realpath(place)))


def _repositories() -> Iterator[Path]:
    """The repository that contains the working directory, as for the command line, and that of the platform."""
    try:
        here = Path.cwd()
        yield from (folder for folder in (here, *here.parents) if (folder / "workspace.yaml").is_file())
    except OSError:
        pass  # the working directory was removed
    yield Path(__file__).parents[2]


def add_finder() -> None:
    """Lets this process, one of the platform, import what the domains declare."""
    if DomainFinder not in sys.meta_path:
        sys.meta_path.insert(0, DomainFinder)


def execute_domains() -> None:
    """Lets this process, which is in the sandbox, import the domains' own modules: last, so what is installed goes first."""
    DomainFinder.executes = True
    sys.meta_path[:] = [*(finder for finder in sys.meta_path if finder is not DomainFinder), DomainFinder]
    for name, module in [*sys.modules.items()]:  # of the process that this one was forked from
        if isinstance(getattr(module, "__loader__", None), DeclaredModules):
            del sys.modules[name]


if __name__ == "__main__":
    Path(sysconfig.get_path("purelib"), _FILE).write_text(_LINE, encoding="utf-8")
