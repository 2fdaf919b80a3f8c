"""The shape of the platform, measured from its own imports and definitions: the figures of docs/architecture.md."""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

CORE, CAPABILITIES, ISOLATION = "mesh_platform", "mesh_capabilities", "mesh_isolation"


@dataclass(frozen=True)
class Shape:
    """The modules below a folder with packages, read as text: nothing is imported."""

    folder: Path

    @cached_property
    def modules(self) -> Mapping[str, Path]:
        """Every module of the packages by its dotted name, `__init__` under the name of its package."""
        modules = {}
        for package in (CORE, CAPABILITIES, ISOLATION):
            for path in sorted((self.folder / package).rglob("*.py")):
                if "templates" not in path.relative_to(self.folder).parts:
                    modules[".".join(path.relative_to(self.folder).with_suffix("").parts).removesuffix(".__init__")] = path
        return modules

    @cached_property
    def imports(self) -> Mapping[str, frozenset[str]]:
        """By module, the modules that it imports anywhere, functions included; imports under `TYPE_CHECKING` are left out."""
        return {name: frozenset(self._imported(name)) for name in self.modules}

    def _imported(self, name: str) -> Iterator[str]:
        for node in _statements(ast.parse(self.modules[name].read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names if alias.name in self.modules)
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    full = f"{node.module}.{alias.name}"
                    if full in self.modules or node.module in self.modules:
                        yield full if full in self.modules else node.module

    def closure(self, start: str) -> set[str]:
        """The modules that `start` imports, directly and through others, itself included."""
        reached, ahead = set(), [start]
        while ahead:
            if (name := ahead.pop()) not in reached:
                reached.add(name)
                ahead.extend(self.imports[name])
        return reached

    def within(self, package: str) -> list[str]:
        """The modules of a package or folder."""
        return [name for name in self.modules if name == package or name.startswith(f"{package}.")]

    def lines(self, package: str) -> int:
        """The lines of a package's modules, blank ones and comments included."""
        return sum(len(self.modules[name].read_text(encoding="utf-8").splitlines()) for name in self.within(package))

    def imports_per_100_lines(self, package: str) -> float:
        """The number of the platform's own modules that a hundred lines import."""
        count = sum(len(self.imports[name] - {name}) for name in self.within(package))
        return round(100 * count / self.lines(package), 1)

    def names_of_several_things(self) -> list[str]:
        """Names of public classes that more than one module defines."""
        names = Counter(name for module in self.modules for name in self._defined(module))
        return sorted(name for name, count in names.items() if count > 1)

    def _defined(self, module: str) -> Iterator[str]:
        for node in ast.parse(self.modules[module].read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield node.name


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node but those below `if TYPE_CHECKING:`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        yield node
        yield from _statements(node)
