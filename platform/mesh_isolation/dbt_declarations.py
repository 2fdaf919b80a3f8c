"""What a dbt project declares and dbt ignores: misspelt names, keys, folders and variables, which dbt at most warns about."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from mesh_isolation.misspelt import did_you_mean, near
from mesh_isolation.text import counted, nearest, visible


class IgnoredDeclaration(Exception):
    """dbt ignores a part of the project, or refuses it without its file. The message names the file and the known names."""


def check_declarations(
    manifest: Any, config: Any, warnings: Iterable[tuple[str, Mapping[str, Any]]], schema: Mapping[str, Any]
) -> None:
    """Raises IgnoredDeclaration for a project of which dbt ignores a part.

    Args:
        manifest: the project as dbt has loaded it.
        config: dbt's configuration of the project.
        warnings: what dbt has warned of meanwhile: the names and the fields of its events and deprecations.
        schema: dbt's schema of a yml file.
    """
    if faults := list(dict.fromkeys(_Project(manifest, config, warnings, schema).faults())):
        more = f" The project has {counted(len(faults) - 1, 'more fault')} of this kind." if faults[1:] else ""
        raise IgnoredDeclaration(faults[0] + more)


_READ_BY_MACROS = re.compile(r"\bconfig\.\w+\(\s*['\"]([\w-]+)['\"]")
_OF_SOURCES = {"external_location", "formatter", "plugin"}
"""The settings of a source that the adapter's Python reads."""
_KINDS = {"models": "model", "seeds": "seed", "snapshots": "snapshot", "analyses": "analysis"}
_IN_CONFIG = "custom-key-in-config-deprecation"
_OWN = "Remove it, or put what is your own under `config: {meta: …}`."
_PATHS = ("model", "seed", "snapshot", "test", "macro", "analysis")


class _Project:
    """A project as dbt has loaded it, and the warnings meanwhile."""

    def __init__(
        self, manifest: Any, config: Any, warnings: Iterable[tuple[str, Mapping[str, Any]]], schema: Mapping[str, Any]
    ) -> None:
        self.manifest, self.config, self.warnings, self.schema = manifest, config, warnings, schema
        self.name, self.root = config.project_name, Path(config.project_root)
        disabled = [node for nodes in manifest.disabled.values() for node in nodes]
        self.nodes = [node for node in [*manifest.nodes.values(), *disabled] if node.package_name == self.name]
        self.sources = [*manifest.sources.values()]
        self.files = [file for file in manifest.files.values() if file.project_name == self.name]

    def faults(self) -> Iterator[str]:
        """A sentence for each declaration that is ignored: first what only dbt's warnings say, then what the project shows."""
        for name, said in self.warnings:
            if about := _WARNINGS.get(name):
                yield from about(self, **said)
        folders = (self._folders, self._configured_folders)
        for find in (self._top_levels, self._tests, self._settings, self._constraints, *folders, self._variables):
            yield from find()

    # The sentences about a warning. Its fields are the arguments; an empty field is missing.

    def _no_node(self, patch_name: str = "", yaml_key: str = "", file_path: str = "") -> Iterator[str]:
        kind = _KINDS.get(yaml_key, "test")
        yield f"{file_path} describes the {kind} {patch_name}, which does not exist. {self._nearest_node(patch_name, kind)}"

    def _wrong_kind(
        self,
        patch_name: str = "",
        resource_type: str = "",
        plural_resource_type: str = "",
        yaml_key: str = "",
        file_path: str = "",
    ) -> Iterator[str]:
        yield (
            f"{file_path} describes {patch_name} under {yaml_key}, so dbt ignores it: it is a {resource_type}. "
            f"List it under {plural_resource_type}."
        )

    def _no_macro(self, patch_name: str = "") -> Iterator[str]:
        named = [file for file in self.files if patch_name in _names(getattr(file, "dfy", {}).get("macros"))]
        file = named[0].path.original_file_path if named else "A file"
        own = {macro.name for macro in self.manifest.macros.values() if macro.package_name == self.name}
        yield f"{file} describes the macro {patch_name}, which does not exist. {nearest(patch_name, own)}"

    def _no_target(
        self, original_file_path: str = "", target_name: str = "", target_kind: str = "", unique_id: str = "", **_: str
    ) -> Iterator[str]:
        if any(name == "NoNodeForYamlKey" and said["patch_name"] == target_name for name, said in self.warnings):
            return
        if target_kind == "source":
            known: Iterable[str] = (f"{source.source_name}.{source.name}" for source in self.sources)
            named, way_out = f"the source {target_name}", nearest(target_name, known)
        else:
            named, way_out = target_name, self._nearest_node(target_name, "model", "seed", "snapshot")
        yield f"{original_file_path} has a test of {named}, which does not exist. {way_out}"

    def _disabled_target(self, unique_id: str = "", target_name: str = "", **_: str) -> Iterator[str]:
        for test in (node for node in self.nodes if node.unique_id == unique_id):
            attached, way_out = getattr(test, "attached_node", None), f"Enable {target_name}, or remove the test."
            others = (self.manifest.ref_lookup.get_unique_id(ref.name, None, ref.version) for ref in test.refs)
            if attached in self.manifest.nodes or (attached is None and any(others)):
                found = f"{test.original_file_path} has the test {test.name}, which dbt leaves out"
                yield f"{found}, because it reads {target_name}, which is disabled. {way_out}"

    def _no_tables(self, unused_tables: Iterable[str] = ()) -> Iterator[str]:
        for table in unused_tables:
            yield f"A file describes the source table {table}, which does not exist."

    def _unused_paths(self, unused_config_paths: Iterable[str] = ()) -> Iterator[str]:
        resources, configured = self.manifest.get_resource_fqns(), self.config.get_resource_config_paths()
        for path in sorted(unused_config_paths):
            kind, *steps = path.split(".")
            for depth, step in enumerate(steps):
                above = tuple(steps[:depth])
                fqns = [fqn for fqn in resources.get(kind, ()) if len(fqn) > depth and fqn[:depth] == above]
                known = {fqn[depth] for fqn in fqns if fqn[0] == self.name} if depth else {self.name}
                free = known - {
                    stated[depth] for stated in configured.get(kind, ()) if stated[:depth] == above and stated[depth:]
                }
                # A folder may be configured before it holds a file; a project always has its name.
                if step not in known and (depth == 0 or get_close_matches(step, free)):
                    yield f"dbt_project.yml configures {path}, which is nothing of the project. {nearest(step, free or known)}"
                    break

    def _key_twice(self, duplicate_description: str = "", file: str = "") -> Iterator[str]:
        place = duplicate_description.replace('in "<unicode string>", ', "in ")
        yield f"{self._relative(file)} has a key twice, and only the last one counts: {place}."

    def _unknown_key(self, key: str = "", file: str = "", key_path: str = "") -> Iterator[str]:
        known = self._keys(lambda definition: True)
        yield f"{self._relative(file)} has the key {key} in {key_path}, which dbt ignores. {_similar(key, known - {key}, _OWN)}"

    def _unknown_top_level(self, msg: str = "", file: str = "") -> Iterator[str]:
        key = msg.removeprefix("Unexpected top-level key").strip()
        yield f"{self._relative(file)} has the key {key}, which dbt ignores. {nearest(key, self.schema['properties'])}"

    # What the loaded project shows, whether dbt warned or not.

    def _top_levels(self) -> Iterator[str]:
        for file in self.files:
            if "tests" in getattr(file, "dfy", {}):
                yield f"{file.path.original_file_path} has the key tests, which dbt ignores. Did you mean data_tests?"

    def _tests(self) -> Iterator[str]:
        macros = {macro.name.removeprefix("test_") for macro in self.manifest.macros.values() if macro.name.startswith("test_")}
        for node in self.nodes:
            if (test := getattr(node, "test_metadata", None)) and test.name not in macros:
                yield f"{node.original_file_path} has the test {test.name}, which does not exist. {nearest(test.name, macros)}"

    def _settings(self) -> Iterator[str]:
        places = {(said["key"].lstrip("+"), self._relative(said["file"])) for name, said in self.warnings if name == _IN_CONFIG}
        known: set[str] = set()
        for node in (*self.nodes, *self.sources, *self.manifest.unit_tests.values()):
            for key in getattr(node.config, "_extra", ()):
                if key not in (known := known or self._known_settings()):
                    files = [node.original_file_path, (node.patch_path or "").partition("://")[2], "dbt_project.yml"]
                    file = next((file for file in files if (key, file) in places), files[0])
                    of, way_out = f"the {node.resource_type} {node.name}", _similar(key, known - {key}, _OWN)
                    yield f"{file} has the setting {key} of {of}, which dbt ignores. {way_out}"

    def _known_settings(self) -> set[str]:
        code = [macro.macro_sql for macro in self.manifest.macros.values()]
        code += [getattr(node, "raw_code", "") for node in self.nodes]
        fields = self._keys(lambda definition: definition.endswith("Config"))
        return {*fields, *_OF_SOURCES, *(name for text in code for name in _READ_BY_MACROS.findall(text))}

    def _constraints(self) -> Iterator[str]:
        for node in (node for node in self.nodes if node.resource_type == "model" and node.all_constraints):
            if not (node.config.contract.enforced and node.materialization_enforces_constraints):
                file = (node.patch_path or "").partition("://")[2] or node.original_file_path
                way_out = "Write them as data_tests, or as rules of the contract."
                yield f"{file} has constraints of the model {node.name}, which dbt does not enforce. {way_out}"

    def _folders(self) -> Iterator[str]:
        listed = {kind: getattr(self.config, f"{kind}_paths") for kind in _PATHS}
        read = {(self.root / path).resolve() for paths in listed.values() for path in paths}
        for kind, paths in listed.items():
            for path in map(Path, paths):
                place, around = f"{kind}-paths in dbt_project.yml", (self.root / path).parent
                own = around.resolve().is_relative_to(self.root.resolve())
                folders = sorted(other for other in around.iterdir() if other.is_dir()) if own and around.is_dir() else []
                others = [other for other in folders if not any(one.is_relative_to(other.resolve()) for one in read)]
                names = [other.name for other in others]
                if not (self.root / path).exists() and get_close_matches(path.name, names):
                    yield f"dbt reads the folder {path} ({place}), which does not exist. {nearest(path.name, names)}"
                    continue
                for other in (other for other in others if near(other.name, [path.name])):
                    found = f"dbt does not read the folder {visible(path.with_name(other.name))}"
                    yield f"{found}; it reads {path} ({place}). Move its files there, or rename it."

    def _configured_folders(self) -> Iterator[str]:
        """The folders of nodes without settings whose name is near to that of a folder with settings."""
        resources, configured = self.manifest.get_resource_fqns(), self.config.get_resource_config_paths()
        for kind, paths in configured.items():
            folders = {fqn[:depth] for fqn in resources.get(kind, ()) for depth in range(2, len(fqn)) if fqn[0] == self.name}
            for *above, name in sorted(folders):
                depth = len(above)
                beside = {path[depth] for path in paths if path[:depth] == tuple(above) and path[depth:]}
                if name not in beside and (similar := near(name, beside)):
                    found = f"The {kind} in {visible('/'.join((*above[1:], name)))} have no settings in dbt_project.yml"
                    yield f"{found}, and those in {'/'.join((*above[1:], similar[0]))} have. {did_you_mean(similar)}"

    def _variables(self) -> Iterator[str]:
        stated, packages = self.config.vars.to_dict(), self.config.dependencies or ()
        own = stated.get(self.name)
        names = {*(stated if own is None else {**stated, **own})} - {self.name, *packages}
        if not names:
            return
        code = [macro.macro_sql for macro in self.manifest.macros.values() if macro.package_name == self.name]
        code += [getattr(node, "raw_code", "") for node in self.nodes]
        code += [json.dumps(getattr(file, "dfy", {}), default=str) for file in self.files]
        words = set(re.findall(r"\w+", "\n".join(code)))
        project = (self.root / "dbt_project.yml").read_text(encoding="utf-8")
        read = set(re.findall(r"\bvar\(\s*['\"]([\w.-]+)", "\n".join([*code, project])))
        for name in sorted(names - words - read):
            yield f"dbt_project.yml sets the variable {name}, which nothing reads. {_similar(name, read, 'Remove it.')}"

    def _keys(self, of: Callable[[str], bool]) -> set[str]:
        """The keys in those definitions of the schema."""
        definitions = self.schema["definitions"].items()
        return {key for name, part in definitions if of(name) and isinstance(part, dict) for key in part.get("properties", ())}

    def _nearest_node(self, name: str, *kinds: str) -> str:
        return nearest(name, (node.name for node in self.nodes if node.resource_type in kinds))

    def _relative(self, file: str) -> str:
        return Path(file).relative_to(self.root).as_posix() if Path(file).is_absolute() else file


_WARNINGS: dict[str, Callable[..., Iterator[str]]] = {
    "NoNodeForYamlKey": _Project._no_node,
    "WrongResourceSchemaFile": _Project._wrong_kind,
    "MacroNotFoundForPatch": _Project._no_macro,
    "NodeNotFoundOrDisabled": _Project._no_target,
    "InvalidDisabledTargetInTestNode": _Project._disabled_target,
    "UnusedTables": _Project._no_tables,
    "UnusedResourceConfigPath": _Project._unused_paths,
    "duplicate-yaml-keys-deprecation": _Project._key_twice,
    "custom-key-in-object-deprecation": _Project._unknown_key,
    "custom-top-level-key-deprecation": _Project._unknown_top_level,
}
"""By the name of an event or of a deprecation of dbt: what it says about a declaration that is ignored."""


def _names(entries: Any) -> set[str]:
    return {str(entry.get("name")) for entry in entries if isinstance(entry, dict)} if isinstance(entries, list) else set()


def _similar(name: str, known: Iterable[str], otherwise: str) -> str:
    """The way out of an unknown name when the known ones are too many to list."""
    similar = get_close_matches(name, known, 1)
    return f"Did you mean {similar[0]}?" if similar else otherwise
