"""How the command line says what changed in a contract, and whom it hurts."""

from typing import Any

from rich.console import Console
from rich.markup import escape

from mesh_capabilities.contract_change.catalogue import Bump, Change
from mesh_capabilities.contract_change.consumers import Hurt
from mesh_capabilities.contract_change.versions import Comparison

_COLOURS = {Bump.major: "red", Bump.minor: "yellow", Bump.patch: "cyan", Bump.none: "dim"}


def print_changes(out: Console, comparison: Comparison, hurt: dict[Change, list[Hurt]]) -> None:
    """Prints the changes, grouped by kind, with what they do to either side and whom they hurt."""
    for kind in dict.fromkeys(change.kind for change in comparison.changes):
        out.print(f"[bold]{kind}[/]")
        for change in comparison.changes:
            if change.kind == kind:
                out.print(f"  [{_COLOURS[change.bump]}]{change.bump.name:<5}[/]  {escape(change.sentence)}", soft_wrap=True)
                if change.bump:
                    out.print(f"         [dim]consumer {change.consumer}; producer {change.producer}[/]", soft_wrap=True)
                for port in hurt.get(change, ()):
                    out.print(f"         hurts {escape(str(port))}", soft_wrap=True)


def comparison_document(comparison: Comparison, hurt: dict[Change, list[Hurt]]) -> dict[str, Any]:
    """The comparison for machines."""
    return {
        "old_version": comparison.old_version,
        "new_version": comparison.new_version,
        "required": comparison.required.name,
        "actual": None if comparison.actual is None else comparison.actual.name,
        "sufficient": comparison.sufficient,
        "next_version": comparison.next_version,
        "changes": [
            {
                "kind": change.kind,
                "sort": change.sort,
                "bump": change.bump.name,
                "place": change.place,
                "columns": list(change.columns),
                "sentence": change.sentence,
                "consumer": change.consumer,
                "producer": change.producer,
                "hurts": [hurt_document(port) for port in hurt.get(change, ())],
            }
            for change in comparison.changes
        ],
    }


def hurt_document(hurt: Hurt) -> dict[str, Any]:
    """One hurt port for machines."""
    return {
        "port": str(hurt.port),
        "product": hurt.product,
        "owner": hurt.owner,
        "values": list(hurt.values),
        "rows": list(hurt.rows),
        "names": list(hurt.names),
        "through": str(hurt.through) if hurt.through else None,
        "unknown": hurt.unknown,
    }
