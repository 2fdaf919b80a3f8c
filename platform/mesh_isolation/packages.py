"""Where Python finds the package of a domain: in the sandbox its own modules, and everywhere else only what they declare.

A folder of a team on Python's path could replace modules of the platform, of a library, or of another team. So a domain is not
installed. A line in the environment prepares each process; `python -m mesh_isolation.packages` writes that line.

Dagster and others import `<name>.definitions` into a process of the platform. There the module is made by the platform, and no
module below `domains` is executed, even if a folder there is on Python's path. Only the sandbox executes them; see
`execute_domains`. How Python imports: https://docs.python.org/3/reference/import.html
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

    It is the last finder: what is installed goes first.
    """

    executes = False
    """Whether modules of domains are executed in this process."""

    @classmethod
    def find_spec(cls, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """The package of the domain, or a module in it; None for any other module, and where the repository cannot be read.

        Raises ImportError for a module that only the sandbox executes.
        """
        if path is not None:
            loader = getattr(sys.modules.get(name.partition(".")[0]), "__loader__", None)
            return loader.find_below(name) if isinstance(loader, DeclaredModules) else None
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            return None
        for root in _repositories():
            try:
                package = root / "domains" / name / name
                registry = (root / "workspace.yaml").read_text(encoding="utf-8", errors="replace")
                if not re.search(rf"\b{name}\.definitions\b", registry) or not package.is_dir():
                    continue
                if not cls.executes:
                    return spec_from_loader(name, DeclaredModules(root), is_package=True)
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


class _NoModules:
    """Finds no module in a folder."""

    @staticmethod
    def find_spec(name: str, target: object = None) -> None:
        return None


def _hide_domains(path: str) -> type[_NoModules]:
    """A hook for folders on Python's path: those below the `domains` of a repository hold no modules."""
    for place in {os.path.abspath(path), os.path.realpath(path)}:  # noqa: PTH100
        for folder in (Path(place), *Path(place).parents):
            if folder.name == "domains" and (folder.parent / "workspace.yaml").is_file():
                return _NoModules
    raise ImportError("other hooks know this folder")


def _repositories() -> Iterator[Path]:
    """The repository that contains the working directory, as for the command line, and that of the platform."""
    try:
        here = Path.cwd()
        yield from (folder for folder in (here, *here.parents) if (folder / "workspace.yaml").is_file())
    except OSError:
        pass  # the working directory was removed
    yield Path(__file__).parents[2]


def add_finder() -> None:
    """Lets this process, one of the platform, import what the domains declare, and nothing else below `domains`."""
    if DomainFinder not in sys.meta_path:
        sys.meta_path.append(DomainFinder)
        sys.path_hooks.insert(0, _hide_domains)
        sys.path_importer_cache.clear()


def execute_domains() -> None:
    """Lets this process, which is in the sandbox, import the domains' own modules."""
    DomainFinder.executes = True
    sys.path_hooks[:] = [hook for hook in sys.path_hooks if hook is not _hide_domains]
    sys.path_importer_cache.clear()
    for name, module in [*sys.modules.items()]:  # of the process that this one was forked from
        if isinstance(getattr(module, "__loader__", None), DeclaredModules):
            del sys.modules[name]


if __name__ == "__main__":
    Path(sysconfig.get_path("purelib"), _FILE).write_text(_LINE, encoding="utf-8")
