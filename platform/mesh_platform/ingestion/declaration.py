"""What the Python of a domain declares, as data: only the sandbox executes it, and the platform builds the sources again."""

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from mesh_isolation.declared import built_from, check_identifiers, import_foreign, plain_fields, readable, shared_name
from mesh_isolation.files import write_whole
from mesh_isolation.records import read_cache, shaped
from mesh_isolation.reshaping import NamedFunction, named
from mesh_isolation.sandbox import Sandbox, SandboxFailed, TookTooLong, call
from mesh_isolation.team_files import LARGEST, UnreadableFile, digest_below, stamp_below
from mesh_platform.capabilities import SETTINGS, kinds_of_sources, listed
from mesh_platform.errors import MeshError, ProjectError, SourceError
from mesh_platform.home import REGISTRY
from mesh_platform.ingestion.source import CsvSource, Reshape, Source
from mesh_platform.project import DomainFolder

_SECONDS, _AGAIN, _MEGABYTES = 10, 600, 4_000
"""How long a declaration may take, after how many seconds one that took longer is executed again, and its memory."""

_Sent = list[tuple[str, dict[str, Any]]]  # of each source, the name of its class and its fields


@dataclass(frozen=True)
class Declaration:
    """What a domain's `definitions.py` states. The platform makes the domain's Dagster definitions from it."""

    domain: str
    file: str
    sources: Sequence[Source]


_declarations: list[Declaration] = []


def build_domain(name: str, definitions_file: str, sources: Sequence[Source] = ()) -> Declaration:
    """Declares one domain: the platform builds its sources and output ports as Dagster assets, and their automation.

    Args:
        name: the domain's name.
        definitions_file: `__file__` of the domain's `definitions.py`.
        sources: the source files that the domain reads, and sources of the kinds that capabilities add.
    """
    _declarations.append(Declaration(name, definitions_file, sources))
    return _declarations[-1]


@dataclass(frozen=True)
class _Kept:
    """What is kept of a domain's files with that digest."""

    digest: str
    sources: _Sent
    until: float = 0.0
    """For Python that took too long: when it is executed again, in seconds since 1970."""


def sources_of(domain: DomainFolder) -> list[Source]:
    """All sources that a domain declares, of any kind. Executes its Python in a sandbox if one of its files has changed.

    Raises ProjectError when it does not load or is no declaration, and SourceError for a source that is not valid.
    """
    cache, now, name = domain.home.root / "code" / f"{domain.name}.json", time.time(), domain.name
    correct = f"Correct the Python files in domains/{name}/{name}."
    try:
        code = digest_below((domain.folder / name, Path(__file__).parent), (".py", ".yaml", ".yml", ".json", ".toml"))
        digest, kept = f"{code} {stamp_below(domain.folder)} {listed(domain.root)}", read_cache(cache, _Kept)
        if kept is None or kept.digest != digest or kept.until and not now < kept.until <= now + _AGAIN:
            kept = _executed(domain, digest)
            with suppress(OSError):  # the next command executes it again
                write_whole({cache: json.dumps(vars(kept))})
    except (UnreadableFile, ProjectError) as problem:
        raise ProjectError(readable(problem.found), readable(problem.way_out)) from None
    except (SandboxFailed, ValueError) as problem:
        raise ProjectError(f"The code location {name} does not load: {readable(problem)}.", correct) from None
    if kept.until:
        again = f"It is executed again when a file of the domain changes, or after {_AGAIN // 60} minutes."
        raise ProjectError(f"The code location {name} does not load: it took more than {_SECONDS} s.", f"{correct} {again}")
    sources, others = [], kinds_of_sources(domain.root)
    for kind, fields in kept.sources:
        try:
            sources.append(source := _built(domain, kind, fields, others))
            check_identifiers(source.asset_name, *source.tables)
            if shared := shared_name(sources):
                raise SourceError(f"Two sources of {name} make the {shared}.", "Rename one of them.")
        except ValueError as problem:
            title = readable(fields.get("table") or kind)
            raise SourceError(f"The source {title} of {name} {readable(problem)}.", correct) from None
    return sources


def _executed(domain: DomainFolder, digest: str) -> _Kept:
    """What `declare` sends. Its sender is hostile: nothing more is known of the result than its type."""
    limits = {"seconds": _SECONDS, "megabytes": _MEGABYTES, "characters": LARGEST}
    sandbox = Sandbox([domain.root / REGISTRY, domain.root / SETTINGS], code=[domain.folder], **limits)
    try:
        sent = call(declare, {"root": str(domain.root), "domain": domain.name}, sandbox, ProjectError)
        return _Kept(digest, shaped(sent, _Sent))
    except TookTooLong:
        return _Kept(digest, [], time.time() + _AGAIN)


def _built(domain: DomainFolder, kind: str, fields: dict[str, Any], others: Mapping[str, str]) -> Source:
    """Raises ValueError, which says what is wrong, and SourceError."""
    if kind in others:
        return built_from(getattr(import_module(others[kind]), kind), fields)
    if kind != CsvSource.__name__:
        raise ValueError("is of a kind that neither the platform nor a listed capability offers")
    source = built_from(CsvSource, {name: value for name, value in fields.items() if name != "reshape"})
    if (owner := os.path.normpath(source.file).partition("/")[0].casefold()) in domain.others:
        raise ValueError(f"names {source.file}, and the folder {owner} holds the files of the domain {owner}")
    if fields.get("reshape"):
        module, function, columns = shaped(fields["reshape"], tuple[str, str, dict[str, str]])
        check_identifiers(function, *module.split("."))
        source = replace(source, reshape=Reshape(NamedFunction(module, function, domain.folder), columns))
    return source


def declare(emit: Callable[..., None], root: str, domain: str) -> _Sent:
    """The part of `sources_of` that runs in the sandbox: executes `definitions.py`, and returns the sources as data."""
    os.chdir(root)  # from here, the capabilities of the mesh are found
    package, owner = f"domains/{domain}/{domain}", f"The code location {domain}"
    try:
        module = import_foreign(f"{domain}.definitions", Path(root), package, owner, MeshError)
        defs, one = getattr(module, "defs", None), len(_declarations) == 1
        if not one or defs is not _declarations[0] or (defs.domain, defs.file) != (domain, module.__file__):
            raise ProjectError(
                f"{package}/definitions.py is not exactly one declaration of {domain}.",
                f'Write `defs = build_domain("{domain}", __file__, sources=SOURCES)` once, and no definitions of Dagster: the '
                "platform builds all assets, sensors and schedules of a domain.",
            )
        return [_as_data(source, domain, kinds_of_sources(Path(root))) for source in defs.sources]
    except (MeshError, UnreadableFile) as problem:
        raise ProjectError(problem.found, problem.way_out) from problem


def _as_data(source: Any, domain: str, others: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    kind, reshaped = type(source), getattr(source, "reshape", None)
    owner = f"The source {getattr(source, 'table', '') or kind.__name__} of {domain}"
    if kind is not CsvSource and (kind.__name__, kind.__module__) not in others.items():
        way_out = f"Use {', '.join([CsvSource.__name__, *others])}: the platform executes no class of a domain."
        raise SourceError(f"{owner} is a {kind.__name__}, a class of its own.", way_out)
    if kind is CsvSource and reshaped:
        apart = {"reshape": [*named(reshaped.function)[:2], {**reshaped.columns}]}
        return kind.__name__, plain_fields(replace(source, reshape=None), owner) | apart
    return kind.__name__, plain_fields(source, owner)
