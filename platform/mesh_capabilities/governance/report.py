"""What the policies of a mesh found, for whoever asks: the catalog, the command line, Dagster, a publish."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

import duckdb

from mesh_capabilities.governance import facts
from mesh_capabilities.governance.catalog.catalog import Catalog
from mesh_capabilities.governance.catalog.tables import TABLES
from mesh_capabilities.governance.contract_changes import since_published, since_revision
from mesh_capabilities.governance.execution import SECONDS
from mesh_capabilities.governance.judging import RESULTS, Judging
from mesh_capabilities.governance.library import Library, load_library
from mesh_capabilities.governance.policy import Phase, Policy
from mesh_capabilities.governance.waiver_states import WaiverState, states
from mesh_platform.errors import UnknownPolicy
from mesh_platform.names import literal
from mesh_platform.project import Project


@dataclass(frozen=True)
class Result:
    """What one policy found of one subject."""

    policy: str
    subject: str
    message: str
    """What is wrong with it; empty where nothing is."""
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


@dataclass(frozen=True)
class PolicyReport:
    """The policies that were asked, what they found, and what became of the waivers."""

    library: Library
    judged: tuple[Policy, ...]
    """The policies that were asked."""
    today: date
    waiver_states: tuple[WaiverState, ...]
    connection: duckdb.DuckDBPyConnection = field(repr=False)
    """Holds the results in the temporary table `judged_results`: a large mesh has half a million of them."""

    @cached_property
    def findings(self) -> tuple[Result, ...]:
        """Every result but those that passed, in the order of the policies."""
        return self._read("state <> 'passed'")

    @cached_property
    def results(self) -> list[dict[str, Any]]:
        """Rows of the catalog's table `policy_results`, those that passed included."""
        names = list(TABLES["policy_results"].columns)
        rows = self.connection.execute(f"SELECT {', '.join(names)} FROM {RESULTS}").fetchall()
        return [dict(zip(names, row)) for row in rows]

    def keep(self, table: str) -> None:
        """Replaces the rows of a table shaped as `policy_results`, in the connection that judged: Python sees none of them."""
        names = ", ".join(TABLES["policy_results"].columns)
        self.connection.execute(f"DELETE FROM {table}")
        self.connection.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM {RESULTS}")

    @property
    def policies(self) -> list[dict[str, Any]]:
        """Rows of the catalog's table `policies`."""
        return [policy_row(policy, self.today) for policy in self.library.policies]

    @property
    def waivers(self) -> list[dict[str, Any]]:
        """Rows of the catalog's table `waivers`."""
        return [state.row for state in self.waiver_states]

    def counts(self, by: str = "policy") -> dict[str, dict[str, int]]:
        """How many results there are of each state, by policy or by another column of the results."""
        found: dict[str, dict[str, int]] = {}
        for key, state, number in self.connection.execute(
            f"SELECT {by}, state, count(*) FROM {RESULTS} GROUP BY ALL ORDER BY ALL"
        ).fetchall():
            found.setdefault(key, {})[state] = number
        return found

    def only(self, targets: Collection[str]) -> "PolicyReport":
        """The report on some subjects: named themselves, or by their port, product or domain.

        Raises UnknownPolicy for a target that is none of these; the others' results are dropped from the tables.
        """
        for target in targets:
            if not self._read(f"{_named(target)} LIMIT 1"):
                raise UnknownPolicy(
                    f"'{target}' is neither a policy nor a subject that one of the policies judges.",
                    "`mesh policy list` lists the policies; a subject is written like sales, sales/orders, sales.orders.v1 or "
                    "sales.orders.v1.order_id.",
                )
        self.connection.execute(f"DELETE FROM {RESULTS} WHERE ({' OR '.join(map(_named, targets))}) IS NOT TRUE")
        subjects = {row[0] for row in self.connection.execute(f"SELECT DISTINCT subject FROM {RESULTS}").fetchall()}
        waivers = tuple(state for state in self.waiver_states if state.waiver and state.waiver.subject in subjects)
        return PolicyReport(self.library, self.judged, self.today, waivers, self.connection)

    def about(self, port: str, product: str) -> tuple[Result, ...]:
        """Every result about a port, its contracts and their columns, and about the product that it belongs to."""
        quoted = [literal(name) for name in (port, product)]
        return self._read(f"port = {quoted[0]} OR (port IS NULL AND product = {quoted[1]})")

    @property
    def bad_waivers(self) -> list[WaiverState]:
        """Those that fail a check: expired ones, and those that were refused."""
        return [state for state in self.waiver_states if state.state in ("expired", "refused")]

    @property
    def passed(self) -> bool:
        """Whether nothing blocks."""
        return not self.bad_waivers and not any(found.state in ("violated", "unrunnable") for found in self.findings)

    def _read(self, condition: str) -> tuple[Result, ...]:
        ordered = (
            f"ORDER BY list_position([{', '.join(literal(policy.id) for policy in self.library.policies)}], policy), subject"
        )
        condition, limit, number = condition.partition(" LIMIT ")
        rows = self.connection.execute(f"SELECT * FROM {RESULTS} WHERE {condition} {ordered}, message{limit}{number}")
        return tuple(Result(*row) for row in rows.fetchall())


def _named(target: str) -> str:
    return f"{literal(target)} IN (subject, port, product, domain)"


def evaluate(
    project: Project,
    catalog: Catalog,
    today: date | None = None,
    base: str | None = None,
    policies: Collection[str] | None = None,
    phases: Collection[Phase] = tuple(Phase),
    seconds: float = SECONDS,
) -> PolicyReport:
    """Holds the mesh against its policies. A policy or waiver that cannot be used is a result, never an error.

    Args:
        project: the mesh.
        catalog: what is known of it.
        today: the day on which is judged; by default the present one, UTC.
        base: the git revision that contracts are held against; by default what they were published under.
        policies: the ids of the policies to ask; None for all.
        phases: policies of any of these phases are asked.
        seconds: how long each policy may take.

    Raises RevisionError for a `base` that git does not know.
    """
    now = datetime.now(UTC)
    today = today or now.date()
    library = load_library(project.root, (*project.domains, *project.broken))
    changes = (
        since_published(project, catalog.rows("contracts"), today) if base is None else since_revision(project, base, today)
    )
    connection = catalog.connection()
    facts.provide(connection, today, list(changes))
    asked = [
        policy
        for policy in library.policies
        if (policies is None or policy.id in policies) and set(policy.phases) & set(phases)
    ]
    return judge(library, asked, connection, today, now, seconds, broken=policies is None)


def judge(
    library: Library,
    asked: Iterable[Policy],
    connection: duckdb.DuckDBPyConnection,
    today: date,
    now: datetime,
    seconds: float = SECONDS,
    broken: bool = True,
) -> PolicyReport:
    """Holds metadata tables against policies.

    Args:
        library: all policies and waivers there are.
        asked: the policies to ask.
        connection: reads the metadata tables and the facts by their bare names.
        broken: whether policy files that cannot be read are results, too.
    """
    asked = tuple(asked)
    judging = Judging(connection, today, now, library.waivers, seconds)
    for policy in asked:
        judging.judge(policy)
    for file in library.broken_policies if broken else ():
        judging.unrunnable(file.file, file.file, file.problem)
    waivers = states(library, {policy.id for policy in asked}, judging.matched, today)
    return PolicyReport(library, asked, today, waivers, connection)


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
