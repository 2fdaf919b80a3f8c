"""`mesh policy explain`: one policy in words, with what it reads and its query."""

from datetime import UTC, date, datetime, timedelta

import duckdb

from mesh_capabilities.governance.catalog.tables import TABLES
from mesh_capabilities.governance.facts import FACTS, READABLE
from mesh_capabilities.governance.library import Library, load_library
from mesh_capabilities.governance.policy import Policy, Stage
from mesh_capabilities.governance.report import policy_row
from mesh_capabilities.governance.statement import check_statement
from mesh_platform.cli.output import clean, console, print_json
from mesh_platform.errors import PolicyError, UnknownPolicy
from mesh_platform.project import load_project


def explain_policy(id: str, as_json: bool) -> None:
    """Prints what a policy is. Raises UnknownPolicy, and PolicyError for one that cannot be read."""
    project = load_project(with_broken=True)
    policy = _find(load_library(project.root, (*project.domains, *project.broken)), id)
    today = datetime.now(UTC).date()
    reads = _reads(policy)
    if as_json:
        print_json(
            {**policy_row(policy, today), "warns_from": policy.warns_from, "reads": reads, "query": policy.query.strip()}
        )
        return
    out = console()
    out.print(f"[bold]{clean(policy.id)}[/] {clean(policy.title)}", soft_wrap=True)
    told = {
        "why": policy.why,
        "judges": f"{policy.scope}{f', of {policy.domain} only' if policy.domain else ''}",
        "reads": ", ".join(reads),
        "asked": ", ".join(phase.value for phase in policy.phases),
        "counts": _stages(policy, today),
        "fix": policy.fix,
        "owner": policy.owner,
        "waivers": "none: it protects people" if policy.privacy else "in domains/<domain>/waivers, for 90 days at most",
        "file": policy.file,
    }
    for key, text in told.items():
        out.print(f"  [dim]{key:8}[/] {clean(' '.join(text.split()))}", soft_wrap=True)
    out.print(f"\n{clean(policy.query.strip())}", soft_wrap=True)


def _find(library: Library, id: str) -> Policy:
    if policy := library.policy(id):
        return policy
    for broken in library.broken_policies:
        if id in (broken.file, broken.file.rpartition("/")[2].removesuffix(".sql")):
            raise broken.problem
    raise UnknownPolicy(f"There is no policy '{id}'.", "`mesh policy list` lists them.")


def _reads(policy: Policy) -> list[str]:
    """The tables that it reads, each with those of its columns that it mentions."""
    with duckdb.connect() as connection:
        try:
            statement = check_statement(policy.query, READABLE, connection, policy.file)
        except PolicyError as problem:
            return [problem.found]
    declared = {**TABLES, **FACTS}
    found = []
    for table in statement.tables:
        mentioned = [column for column in declared[table].columns if column in statement.columns]
        found.append(f"{table} ({', '.join(mentioned)})" if mentioned else table)
    return found


def _stages(policy: Policy, today: date) -> str:
    now = {Stage.DRAFT: "a draft now", Stage.WARN: "warns now", Stage.BLOCK: "blocks now"}[policy.stage(today)]
    last = "blocks" if policy.severity == "error" else "warns"
    warns = f"a draft until {policy.warns_from - timedelta(days=1)}, warns from {policy.warns_from}, "
    return f"{warns if policy.warns_from < policy.effective_from else ''}{last} from {policy.effective_from}; {now}"
