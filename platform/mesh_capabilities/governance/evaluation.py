"""Evaluating policies: every subject in scope is violated, warned, draft, waived or passed.

The platform's own policies are executed on the connection that holds the metadata. A policy that a domain wrote is
executed in the process for foreign SQL, on copies of the metadata tables that it reads.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from mesh_capabilities.errors import PolicyError
from mesh_capabilities.governance.policy import Policy, PolicyStage
from mesh_capabilities.governance.policy_tables import READABLE, escaped
from mesh_capabilities.governance.statement import SECONDS, check_policy, check_statement, check_violation_columns, time_limit
from mesh_capabilities.governance.waiver import Waiver
from mesh_isolation.sql import Limits, Rows
from mesh_platform.errors import QueryRefused
from mesh_platform.names import identifier, literal
from mesh_platform.restricted_sql import answer

RESULTS = "judged_results"
"""The temporary table of all results: the columns of `policy_results` in the catalog, and those that locate each subject."""

STATES: Mapping[PolicyStage, str] = {PolicyStage.BLOCK: "violated", PolicyStage.WARN: "warned", PolicyStage.DRAFT: "draft"}
"""The state of a violation at each stage of its policy."""

_COLUMNS = (
    "policy VARCHAR, subject VARCHAR, message VARCHAR, evidence VARCHAR, state VARCHAR, waiver VARCHAR, "
    "checked_at TIMESTAMP WITH TIME ZONE, domain VARCHAR, product VARCHAR, port VARCHAR, file VARCHAR, line INTEGER"
)

ROWS, BYTES = 100_000, 50_000_000
"""The largest result of a domain's policy."""

_VIOLATIONS = "judged_violations"
"""The temporary table of the rows that the query of one policy returned."""

_DISTINCT = f"""
    SELECT subject, coalesce(message::VARCHAR, '') AS message, string_agg(DISTINCT evidence::VARCHAR, '; ') AS evidence
    FROM {_VIOLATIONS} GROUP BY ALL
"""


class Evaluation:
    """One evaluation of policies over a mesh.

    Args:
        connection: reads the metadata tables and the policy tables by their bare names; gets further temporary tables.
        today: the day of the evaluation.
        now: the time that the results record.
        waivers: all waivers; those that are not valid today are ignored.
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
        """The files of the waivers that covered a violation."""
        self._waivers = [waiver for waiver in waivers if waiver.starts_on <= today <= waiver.expires_on]
        self._scopes: dict[tuple[str, str | None], str] = {}
        self._copies: dict[str, list[Path]] = {}
        self._folder = TemporaryDirectory(prefix="mesh-policies-")
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {RESULTS} ({_COLUMNS})")

    def judge(self, policy: Policy) -> PolicyError | None:
        """Adds the results of a policy. If it cannot be executed, adds that as its result and returns the problem."""
        try:
            statement = check_policy(policy, READABLE)
            violations = self._answer(statement.sql, policy.file) if policy.domain else None
            with time_limit(self.seconds, self.connection, policy.file):
                scope = self._scope(policy)
                if violations:
                    self._keep(_VIOLATIONS, violations)
                else:
                    self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {_VIOLATIONS} AS {statement.sql}")
                check_violation_columns(_VIOLATIONS, self.connection, policy.file)
                self._check_subjects(policy, scope)
                self._add_results(policy, scope)
        except PolicyError as problem:
            self.unrunnable(policy.id, policy.file, problem)
            return problem
        return None

    def unrunnable(self, policy: str, file: str, problem: PolicyError) -> None:
        """Adds the result of a policy that cannot be read or executed."""
        texts = (policy, file, escaped(problem.found), escaped(problem.way_out), "unrunnable", None, self.now.isoformat())
        self.connection.execute(
            f"INSERT INTO {RESULTS} VALUES ({', '.join(map(literal, texts))}, NULL, NULL, NULL, {literal(file)}, NULL)"
        )

    def _scope(self, policy: Policy) -> str:
        """The temporary table of the subjects in scope; policies of the same scope share it."""
        key = (str(policy.scope), policy.domain)
        if key not in self._scopes:
            name = f"judged_scope_{len(self._scopes)}"
            where = f" WHERE domain = {literal(policy.domain)}" if policy.domain else ""
            subjects = policy.scope.query
            if policy.domain and policy.scope.condition:
                self._keep(f"{name}_chosen", self._answer(subjects, f"the scope of {policy.file}"))
                subjects = f"SELECT * REPLACE (line::INTEGER AS line) FROM {name}_chosen"
            self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM ({subjects}){where}")
            self._scopes[key] = name
        return self._scopes[key]

    def _answer(self, sql: str, where: str) -> Rows:
        """The rows of SQL that a domain wrote, as text. Raises PolicyError."""
        tables = {name: self._copy(name) for name in check_statement(sql, READABLE, where).tables}
        try:
            return answer(sql, tables, Limits(self.seconds, rows=ROWS, bytes=BYTES), text=True)
        except QueryRefused as problem:
            raise PolicyError(f"{where} {problem.found}", problem.way_out) from None

    def _copy(self, table: str) -> list[Path]:
        if table not in self._copies:
            file = Path(self._folder.name) / f"{table}.parquet"
            self.connection.execute(f"COPY (FROM {identifier(table)}) TO {literal(file)} (FORMAT parquet)")
            self._copies[table] = [file]
        return self._copies[table]

    def _keep(self, table: str, rows: Rows) -> None:
        """Replaces a temporary table by these rows of text."""
        names = [f"column{number}" for number in range(len(rows.columns))]  # two columns may have one name
        file = Path(self._folder.name) / "rows.json"
        file.write_text("".join(f"{json.dumps(dict(zip(names, row)))}\n" for row in rows.rows), encoding="utf-8")
        kinds = ", ".join(f"{name}: 'VARCHAR'" for name in names)
        shown = ", ".join(f"{name} AS {identifier(column)}" for name, column in zip(names, rows.columns))
        source = f"read_json({literal(file)}, format = 'newline_delimited', columns = {{{kinds}}})"
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT {shown} FROM {source}")

    def _check_subjects(self, policy: Policy, scope: str) -> None:
        """Raises PolicyError for a violation of a subject that is not in scope, which would otherwise be dropped."""
        subjects = policy.scope.subjects
        everything = subjects.query() if policy.domain else f"SELECT subject FROM {scope}"
        row = self.connection.execute(
            f"SELECT subject FROM {_VIOLATIONS} WHERE subject IS NULL OR subject::VARCHAR NOT IN "
            f"(SELECT subject FROM ({everything}) WHERE subject IS NOT NULL) LIMIT 1"
        ).fetchone()
        if row:
            raise PolicyError(
                f"{policy.file} returns the subject {row[0]!r}, which is not in its scope ({policy.scope}).",
                f"A subject of {subjects.name} is written like {subjects.example}.",
            )

    def _add_results(self, policy: Policy, scope: str) -> None:
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
            matched = f"SELECT DISTINCT waiver FROM {RESULTS} WHERE policy = {literal(policy.id)} AND waiver IS NOT NULL"
            self.matched |= {file for (file,) in self.connection.execute(matched).fetchall()}
