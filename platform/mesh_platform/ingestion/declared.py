"""The source files that code locations have declared, for whoever has to read them outside of a run."""

from collections.abc import Sequence
from importlib import import_module

from mesh_platform.ingestion.source import CsvSource

_DECLARED: dict[str, Sequence[CsvSource]] = {}


def declare(domain: str, sources: Sequence[CsvSource]) -> None:
    """Notes what a code location reads; called while it loads."""
    _DECLARED[domain] = sources


def sources_of(domain: str) -> Sequence:
    """All sources of a registered domain, those of metadata included; its code location is loaded for it, with whatever
    that raises."""
    if domain not in _DECLARED:
        import_module(f"{domain}.definitions")
    return _DECLARED.get(domain, ())


def declared(domain: str) -> dict[str, CsvSource]:
    """The sources of a registered domain by their tables, where all of them are files."""
    return {source.table: source for source in sources_of(domain)}
