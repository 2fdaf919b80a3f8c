"""Holding the mesh against its policies: every subject in scope is violated, warned, waived or passed."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

import duckdb

from mesh_capabilities.governance.execution import SECONDS, no_longer_than
from mesh_capabilities.governance.facts import READABLE
from mesh_capabilities.governance.policy import Policy, Stage
from mesh_capabilities.governance.statement import Statement, check_result, check_statement
from mesh_capabilities.governance.waiver import Waiver
from mesh_platform.errors import PolicyError
from mesh_platform.names import literal

RESULTS = "judged_results"
"""The temporary table of all results: the columns of the catalog's `policy_results`, and where each subject belongs."""

STATES: Mapping[Stage, str] = {Stage.BLOCK: "violated", Stage.WARN: "warned", Stage.DRAFT: "draft"}
"""What a violation is called at each stage."""

_COLUMNS = (
    "policy VARCHAR, subject VARCHAR, message VARCHAR, evidence VARCHAR, state VARCHAR, waiver VARCHAR, "
    "checked_at TIMESTAMP WITH TIME ZONE, domain VARCHAR, product VARCHAR, port VARCHAR, file VARCHAR, line INTEGER"
)

_DISTINCT = """
    SELECT subject, coalesce(message::VARCHAR, '') AS message, string_agg(DISTINCT evidence::VARCHAR, '; ') AS evidence
    FROM judged_found GROUP BY ALL
"""


class Judging:
    """One check of a mesh against some policies.

    Args:
        connection: one that reads the metadata tables and the facts, by their bare names; temporary tables are made in it.
        today: the day on which is judged.
        now: the moment, for the results.
        waivers: those that count today.
        seconds: how long each policy may take.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        today: date,
        now: datetime,
        waivers: Iterable[Waiver] = (),
        seconds: float = SECONDS,
    ) -> None:
        self.connection, self.today, self.now, self.seconds = connection, today, now, seconds
        self.matched: set[str] = set()
        """The files of the waivers that something was waived by."""
        self._waivers = [waiver for waiver in waivers if waiver.starts_on <= today <= waiver.expires_on]
        self._scopes: dict[tuple[str, str | None], str] = {}
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {RESULTS} ({_COLUMNS})")

    def judge(self, policy: Policy) -> PolicyError | None:
        """Adds the results of a policy; one that cannot be executed adds that, and is returned as the problem."""
        try:
            statement = harmless(policy, self.connection)
            with no_longer_than(self.seconds, self.connection, policy.file):
                scope = self._scope(policy)
                self.connection.execute(f"CREATE OR REPLACE TEMP TABLE judged_found AS {statement.sql}")
                check_result("judged_found", self.connection, policy.file)
                self._check_subjects(policy, scope)
                self._keep(policy, scope)
        except PolicyError as problem:
            self.unrunnable(policy.id, policy.file, problem)
            return problem
        return None

    def unrunnable(self, policy: str, file: str, problem: PolicyError) -> None:
        """Adds the result of a policy that nothing can be judged by."""
        values = (policy, file, problem.found, problem.way_out, "unrunnable", None, self.now.isoformat())
        self.connection.execute(
            f"INSERT INTO {RESULTS} VALUES ({', '.join(map(literal, values))}, NULL, NULL, NULL, {literal(file)}, NULL)"
        )

    def _scope(self, policy: Policy) -> str:
        """The temporary table with the subjects of the policy's scope, made once for all policies that share it."""
        key = (str(policy.scope), policy.domain)
        if key not in self._scopes:
            name = f"judged_scope_{len(self._scopes)}"
            where = f" WHERE domain = {literal(policy.domain)}" if policy.domain else ""
            self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM ({policy.scope.query}){where}")
            self._scopes[key] = name
        return self._scopes[key]

    def _check_subjects(self, policy: Policy, scope: str) -> None:
        """Raises PolicyError for a violation of something that is not in scope, so that none can go unseen."""
        subjects = policy.scope.subjects
        everything = subjects.query() if policy.domain else f"SELECT subject FROM {scope}"
        odd = self.connection.execute(
            f"SELECT subject FROM judged_found WHERE subject IS NULL OR subject::VARCHAR NOT IN "
            f"(SELECT subject FROM ({everything}) WHERE subject IS NOT NULL) LIMIT 1"
        ).fetchone()
        if odd:
            raise PolicyError(
                f"{policy.file} returns the subject {odd[0]!r}, which is none of its scope ({policy.scope}).",
                f"A subject of {subjects.name} is written like {subjects.example}.",
            )

    def _keep(self, policy: Policy, scope: str) -> None:
        state = STATES[policy.stage(self.today)]
        waivers = [waiver for waiver in self._waivers if waiver.policy == policy.id and not policy.privacy]
        waived = " ".join(
            f"WHEN domain = {literal(waiver.domain)} AND subject = {literal(waiver.subject)} THEN {literal(waiver.file)}"
            for waiver in waivers
        )
        self.connection.execute(
            f"INSERT INTO {RESULTS} SELECT {literal(policy.id)}, subject, coalesce(message, ''), evidence, "
            f"CASE WHEN message IS NULL THEN 'passed' WHEN waiver IS NULL THEN {literal(state)} ELSE 'waived' END, waiver, "
            f"{literal(self.now.isoformat())}::TIMESTAMPTZ, domain, product, port, file, line "
            f"FROM (SELECT *, CASE WHEN message IS NULL THEN NULL {waived} END AS waiver "
            f"FROM {scope} LEFT JOIN ({_DISTINCT}) USING (subject))"
        )
        if waivers:
            found = f"SELECT DISTINCT waiver FROM {RESULTS} WHERE policy = {literal(policy.id)} AND waiver IS NOT NULL"
            self.matched |= {file for (file,) in self.connection.execute(found).fetchall()}


def harmless(policy: Policy, connection: duckdb.DuckDBPyConnection) -> Statement:
    """What a policy executes. Raises PolicyError unless it and its scope only read metadata."""
    if policy.scope.condition:
        check_statement(policy.scope.query, READABLE, connection, f"the scope of {policy.file}")
    return check_statement(policy.query, READABLE, connection, policy.file)
