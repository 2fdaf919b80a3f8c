"""The commands of `mesh policy`, with their help; `show.py` implements them."""

from enum import StrEnum
from typing import Annotated

import typer

from mesh_platform.cli.arguments import Json

policy = typer.Typer(help="Check the policies of the mesh: rules that all products must meet.", no_args_is_help=True)


class PhaseOption(StrEnum):
    """When a policy is evaluated, in the spelling of the command line."""

    CI = "ci"
    PUBLISH = "publish"
    ON_DEMAND = "on-demand"


@policy.command(epilog="Example: mesh policy check sales/orders columns_described --sarif .mesh/policies.sarif")
def check(
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="POLICY|SUBJECT",
            help="Policies, and domains, products, ports, contracts or columns. Default: all.",
            show_default=False,
        ),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            metavar="REVISION", help="Compare contracts with this git revision. Default: with the published contracts."
        ),
    ] = None,
    phase: Annotated[PhaseOption | None, typer.Option(help="Evaluate the policies of this phase only. Default: all.")] = None,
    junit: Annotated[str | None, typer.Option(metavar="FILE", help="Also write the results as JUnit XML.")] = None,
    sarif: Annotated[
        str | None, typer.Option(metavar="FILE", help="Also write the findings as SARIF, for code review.")
    ] = None,
    json: Json = False,
) -> None:
    """Evaluate the policies on the mesh; exit code 1 if a blocking policy is violated or a waiver has expired."""
    from mesh_capabilities.governance.show import check_policies

    raise typer.Exit(check_policies(targets or [], base, phase and phase.value.replace("-", " "), junit, sarif, json))


@policy.command("list", epilog="Example: mesh policy list")
def list_(json: Json = False) -> None:
    """List the policies with their scope, phase, stage and owner."""
    from mesh_capabilities.governance.show import list_policies

    list_policies(json)


@policy.command(epilog="Example: mesh policy explain accountable_owner")
def explain(
    id: Annotated[str, typer.Argument(metavar="POLICY", help="A policy that `mesh policy list` lists.", show_default=False)],
    json: Json = False,
) -> None:
    """Explain a policy: why it exists, what it reads, since when it applies, and how to fix a violation."""
    from mesh_capabilities.governance.show import explain_policy

    explain_policy(id, json)
