"""`mesh policy list`: the policies of the mesh, and the waivers from them."""

from datetime import UTC, datetime

from mesh_capabilities.governance.library import load_library
from mesh_capabilities.governance.report import policy_row
from mesh_platform.cli.output import add_row, console, print_json, table, verdict, warn
from mesh_platform.project import load_project


def list_policies(as_json: bool) -> None:
    """Prints one row a policy; files that are none are warned of."""
    project = load_project(with_broken=True)
    library = load_library(project.root, (*project.domains, *project.broken))
    today = datetime.now(UTC).date()
    for broken in library.broken_policies:
        warn(str(broken.problem))
    if as_json:
        print_json([policy_row(policy, today) for policy in library.policies])
        return
    listing = table("policy", "what must hold", "scope", "phase", "stage", "owner")
    for policy in library.policies:
        phases = ", ".join(phase.value for phase in policy.phases)
        add_row(listing, policy.id, policy.title, policy.scope.subjects.name, phases, policy.stage(today).value, policy.owner)
    console().print(listing)
    own = sum(policy.domain is not None for policy in library.policies)
    verdict(not library.broken_policies, f"{len(library.policies)} policies, {own} of them of single domains")
