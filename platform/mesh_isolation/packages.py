"""Where Python finds the package of a domain: under the domain's name alone, and after everything else.

A folder of a team on Python's path could replace modules of the platform, of a library, or of another team. So a domain is not
installed. A line in the environment adds a finder (https://docs.python.org/3/reference/import.html#the-meta-path) to each
process; `python -m mesh_isolation.packages` writes that line.
"""

import re
import sys
import sysconfig
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path

_LINE = "import mesh_isolation.packages; mesh_isolation.packages.add_finder()\n"
_FILE = "zz_mesh_domains.pth"  # read after the files of the same kind, in order of their names, that say where the platform is


class DomainFinder:
    """Finds the package `<name>` in `domains/<name>` of a repository whose `workspace.yaml` registers that domain."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """The package of the domain; None for any other module, and where the repository cannot be read."""
        if path is not None or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            return None
        for root in _repositories():
            try:
                package = root / "domains" / name / name
                registry = (root / "workspace.yaml").read_text(encoding="utf-8", errors="replace")
                if re.search(rf"\b{name}\.definitions\b", registry) and package.is_dir() and not package.is_symlink():
                    folders = [str(package)]
                    return spec_from_file_location(name, package / "__init__.py", submodule_search_locations=folders)
            except OSError:
                continue  # in a sandbox, which has its own list of folders
        return None


def _repositories() -> Iterator[Path]:
    """The repository that contains the working directory, as for the command line, and that of the platform."""
    try:
        here = Path.cwd()
        yield from (folder for folder in (here, *here.parents) if (folder / "workspace.yaml").is_file())
    except OSError:
        pass  # the working directory was removed
    yield Path(__file__).parents[2]


def add_finder() -> None:
    """Lets this process import the domains' packages. It is the last finder: what is installed goes first."""
    if DomainFinder not in sys.meta_path:
        sys.meta_path.append(DomainFinder)


if __name__ == "__main__":
    Path(sysconfig.get_path("purelib"), _FILE).write_text(_LINE, encoding="utf-8")
