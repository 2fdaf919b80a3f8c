"""The verbs of `mesh policy`, each with its help; what they do stands in the module of the same name."""

from enum import StrEnum
from typing import Annotated

import typer

policy = typer.Typer(help="Policies: what must hold of every product, why, and whether it does.", no_args_is_help=True)


class Phase(StrEnum):
    """When a policy is asked for, as its header says."""

    CI = "ci"
    PUBLISH = "publish"
    ON_DEMAND = "on-demand"


Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output and nothing else.")]


@policy.command(epilog="Example: mesh policy check sales/orders columns_described --sarif policies.sarif")
def check(
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[POLICY|SUBJECT]...",
            help="Policies, and domains, products, ports, contracts or columns; none for all.",
            show_default=False,
        ),
    ] = None,
    base: Annotated[
        str | None, typer.Option(help="The git revision that contracts are held against. Default: what is published.")
    ] = None,
    phase: Annotated[Phase | None, typer.Option(help="Only the policies of this phase. Default: all.")] = None,
    junit: Annotated[str | None, typer.Option(metavar="FILE", help="Also write the results as JUnit XML.")] = None,
    sarif: Annotated[str | None, typer.Option(metavar="FILE", help="Also write the findings as SARIF, for reviews.")] = None,
    json: Json = False,
) -> None:
    """Hold the mesh against its policies; exit code 1 if one that blocks is violated, or a waiver is over."""
    from mesh_capabilities.governance.show_check import check_policies

    raise typer.Exit(check_policies(targets or [], base, phase and phase.value.replace("-", " "), junit, sarif, json))


@policy.command("list", epilog="Example: mesh policy list")
def list_(json: Json = False) -> None:
    """List the policies: what they ask for, since when, whose they are."""
    from mesh_capabilities.governance.show_list import list_policies

    list_policies(json)


@policy.command(epilog="Example: mesh policy explain accountable_owner")
def explain(
    id: Annotated[str, typer.Argument(metavar="POLICY", help="A policy, as `mesh policy list` names it.", show_default=False)],
    json: Json = False,
) -> None:
    """Say what a policy reads, why it exists, from when it counts, and how to put right what breaks it."""
    from mesh_capabilities.governance.show_policy import explain_policy

    explain_policy(id, json)
