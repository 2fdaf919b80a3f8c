"""The report of an evaluation: the results of the policies, for the catalog, the command line, Dagster and a publish."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

import duckdb

from mesh_capabilities.columns.derivation import Relation
from mesh_capabilities.columns.port_columns import columns_of_views
from mesh_capabilities.errors import UnknownPolicy
from mesh_capabilities.governance.catalog.metadata import MetadataTables
from mesh_capabilities.governance.catalog.tables import TABLES
from mesh_capabilities.governance.contract_changes import since_published, since_revision
from mesh_capabilities.governance.evaluation import RESULTS, Evaluation
from mesh_capabilities.governance.library import Library, library_of
from mesh_capabilities.governance.policy import Phase, Policy
from mesh_capabilities.governance.policy_tables import create_policy_tables, escaped
from mesh_capabilities.governance.statement import SECONDS
from mesh_capabilities.governance.waiver import WaiverState
from mesh_platform.names import identifier, literal
from mesh_platform.project import Project

FAILS = ("violated", "unrunnable")
"""The states of a result that fail a check."""


@dataclass(frozen=True)
class Result:
    """The result of one policy for one subject."""

    policy: str
    subject: str
    message: str
    """What is wrong with the subject; empty if it passed."""
    evidence: str | None
    state: str
    """violated, warned, draft, waived, passed or unrunnable."""
    waiver: str | None
    checked_at: datetime
    domain: str | None
    product: str | None
    port: str | None
    file: str | None
    line: int | None

    @property
    def place(self) -> str | None:
        """The file and line of the subject; None if the subject is itself the file, or in none."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return place if place != self.subject else None


@dataclass(frozen=True)
class PolicyReport:
    """The policies that were evaluated, their results, and the states of the waivers."""

    library: Library
    judged: tuple[Policy, ...]
    """The policies that were evaluated."""
    today: date
    waiver_states: tuple[WaiverState, ...]
    connection: duckdb.DuckDBPyConnection = field(repr=False)
    """Holds the results in the temporary table `judged_results`: a large mesh has half a million of them."""

    @cached_property
    def findings(self) -> tuple[Result, ...]:
        """Every result that did not pass, in the order of the policies."""
        return self._read("state <> 'passed'")

    @cached_property
    def results(self) -> list[dict[str, Any]]:
        """All results, as rows of the catalog's table `policy_results`."""
        names = list(TABLES["policy_results"].columns)
        rows = self.connection.execute(f"SELECT {', '.join(names)} FROM {RESULTS}").fetchall()
        return [dict(zip(names, row)) for row in rows]

    def keep(self, table: str) -> None:
        """Replaces the rows of a table shaped like `policy_results`, within the connection: Python reads none of them."""
        names = ", ".join(TABLES["policy_results"].columns)
        self.connection.execute(f"DELETE FROM {table}")
        self.connection.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM {RESULTS}")

    @property
    def policies(self) -> list[dict[str, Any]]:
        """All policies, as rows of the catalog's table `policies`."""
        return [policy_row(policy, self.today) for policy in self.library.policies]

    @property
    def waivers(self) -> list[dict[str, Any]]:
        """The waivers, as rows of the catalog's table `waivers`."""
        return [state.row for state in self.waiver_states]

    def counts(self, by: str = "policy") -> dict[str, dict[str, int]]:
        """The number of results of each state, by policy or by another column of the results."""
        counts: dict[str, dict[str, int]] = {}
        for key, state, number in self.connection.execute(
            f"SELECT {identifier(by)}, state, count(*) FROM {RESULTS} GROUP BY ALL ORDER BY ALL"
        ).fetchall():
            counts.setdefault(key, {})[state] = number
        return counts

    def only(self, targets: Collection[str]) -> "PolicyReport":
        """The report on some subjects, named themselves or by their port, product or domain.

        The other results are deleted. Raises UnknownPolicy for a target that matches no result.
        """
        for target in targets:
            # No subject contains a character that SQL cannot hold.
            if escaped(target) != target or not self._read(_belongs_to(target), limit=1):
                raise UnknownPolicy(
                    f"'{escaped(target)}' is neither a policy nor a subject that one of the policies evaluates.",
                    "`mesh policy list` lists the policies; a subject is written like sales, sales/orders, sales.orders.v1 or "
                    "sales.orders.v1.order_id.",
                )
        self.connection.execute(f"DELETE FROM {RESULTS} WHERE ({' OR '.join(map(_belongs_to, targets))}) IS NOT TRUE")
        subjects = {row[0] for row in self.connection.execute(f"SELECT DISTINCT subject FROM {RESULTS}").fetchall()}
        waivers = tuple(state for state in self.waiver_states if state.waiver and state.waiver.subject in subjects)
        return PolicyReport(self.library, self.judged, self.today, waivers, self.connection)

    def about(self, port: str, product: str) -> tuple[Result, ...]:
        """Every result of a port, of its contracts and their columns, and of the product that it belongs to."""
        return self._read(f"port = {literal(port)} OR (port IS NULL AND product = {literal(product)})")

    def sentences(self, results: Iterable[Result]) -> list[str]:
        """Each result in one line, with its place; the first of each policy says how to mend it."""
        lines, explained = [], set()
        for result in results:
            line = f"{result.policy}: {result.subject}: {result.message}{f' ({result.place})' if result.place else ''}"
            policy = self.library.policy(result.policy) if result.state != "unrunnable" else None
            if policy and policy.id not in explained:
                line += f". {' '.join(policy.fix.split())}"
                explained.add(policy.id)
            lines.append(line)
        return lines

    @property
    def bad_waivers(self) -> list[WaiverState]:
        """The waivers that fail a check: expired and refused ones."""
        return [state for state in self.waiver_states if state.state in ("expired", "refused")]

    @property
    def passed(self) -> bool:
        """Whether nothing fails the check."""
        return not self.bad_waivers and not any(finding.state in FAILS for finding in self.findings)

    def _read(self, condition: str, limit: int | None = None) -> tuple[Result, ...]:
        """Results in the order of the policies. The condition is SQL of this module, with every value in it quoted."""
        policies = ", ".join(literal(policy.id) for policy in self.library.policies)
        rows = self.connection.execute(
            f"SELECT * FROM {RESULTS} WHERE {condition} ORDER BY list_position([{policies}], policy), subject, message"
            + (f" LIMIT {limit:d}" if limit is not None else "")
        )
        return tuple(Result(*row) for row in rows.fetchall())


def _belongs_to(target: str) -> str:
    return f"{literal(target)} IN (subject, port, product, domain)"


def evaluate(
    project: Project,
    catalog: MetadataTables,
    today: date | None = None,
    base: str | None = None,
    policies: Collection[str] | None = None,
    phases: Collection[Phase] = tuple(Phase),
    seconds: float = SECONDS,
    domain: str | None = None,
) -> PolicyReport:
    """Evaluates the policies of a mesh. A policy or waiver that cannot be used is a result, not an error.

    Args:
        project: the mesh.
        catalog: its metadata tables.
        today: the day of the evaluation; by default the current one, UTC.
        base: the git revision that contracts are compared with; by default the version under which they were published.
        policies: the ids of the policies to evaluate; None for all.
        phases: only policies of these phases are evaluated.
        seconds: how long each policy may take.
        domain: the policies of other domains are not evaluated; None for those of every domain.

    Raises RevisionError for a `base` that git does not know.
    """
    now = datetime.now(UTC)
    today = today or now.date()
    library = library_of(project)
    if base is None:
        changes = since_published(project, catalog.rows("contracts"), today)
    else:
        changes = since_revision(project, base, today)
    connection = catalog.connection()
    create_policy_tables(connection, today, list(changes), list(_columns_of_views(project, catalog)))
    chosen = [
        policy
        for policy in library.policies
        if (policies is None or policy.id in policies) and set(policy.phases) & set(phases)
        if domain is None or policy.domain in (None, domain)
    ]
    return run_policies(library, chosen, connection, today, now, seconds, broken=policies is None)


def _columns_of_views(project: Project, catalog: MetadataTables) -> Iterator[dict[str, Any]]:
    """The rows of the policy table `columns_of_views`."""
    majors: dict[str, list[int]] = {}
    for contract in catalog.rows("contracts"):
        if contract["major"] is not None:
            majors.setdefault(contract["port"], []).append(contract["major"])
    for port, numbers in majors.items():
        domain, _, name = port.partition("/")
        for major, column, made_of in columns_of_views(project.root, Relation(domain, name)) if len(numbers) > 1 else ():
            row = {"contract": f"{domain}.{name}.v{major}", "column": column, "newest": f"{domain}.{name}.v{max(numbers)}"}
            yield from ({**row, "from_column": one} for one in made_of)


def run_policies(
    library: Library,
    policies: Iterable[Policy],
    connection: duckdb.DuckDBPyConnection,
    today: date,
    now: datetime,
    seconds: float = SECONDS,
    broken: bool = True,
) -> PolicyReport:
    """Evaluates policies on metadata tables.

    Args:
        library: all policies and waivers of the mesh.
        policies: those to evaluate.
        connection: reads the metadata tables and the policy tables by their bare names.
        today: the day of the evaluation.
        now: the time that the results record.
        seconds: how long each policy may take.
        broken: whether policy files that cannot be read are results, too.
    """
    policies = tuple(policies)
    evaluation = Evaluation(connection, today, now, library.waivers, seconds)
    for policy in policies:
        evaluation.judge(policy)
    for file in library.broken_policies if broken else ():
        evaluation.unrunnable(file.file, file.file, file.problem)
    states = library.waiver_states({policy.id for policy in policies}, evaluation.matched, today)
    return PolicyReport(library, policies, today, states, connection)


def policy_row(policy: Policy, today: date) -> dict[str, Any]:
    """A policy as a row of the catalog's table `policies`."""
    return {
        "policy": policy.id,
        "title": policy.title,
        "why": policy.why,
        "severity": policy.severity,
        "scope": str(policy.scope),
        "phase": [phase.value for phase in policy.phases],
        "fix": policy.fix,
        "owner": policy.owner,
        "effective_from": policy.effective_from,
        "stage": policy.stage(today).value,
        "file": policy.file,
        "domain": policy.domain,
        "privacy": policy.privacy,
    }
