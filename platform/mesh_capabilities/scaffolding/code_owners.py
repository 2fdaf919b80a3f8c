"""The CODEOWNERS file of the repository, made from the owner of every domain.

Format: https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
"""

from mesh_platform.project import Project

PLATFORM = "platform"
"""The team that owns everything outside the domains."""


def code_owners(project: Project, organisation: str = "ORGANISATION") -> str:
    """The text of the file.

    Args:
        project: the mesh.
        organisation: the organisation of the teams: `team:sales` is `@ORGANISATION/sales`.
    """
    lines = [
        "# Written by `make owners` from the owner in every domain.yaml; ORGANISATION stands for the name of yours.",
        "# The last line that fits a file counts.",
        f"* @{organisation}/{PLATFORM}",
    ]
    for name in sorted(project.domains):
        team = f"@{organisation}/{project.domains[name].owner.removeprefix('team:')}"
        lines += [f"/domains/{name}/ {team}", f"/dbt_projects/{name}/ {team}"]
    return "\n".join(lines) + "\n"
