"""The metadata tables of the mesh: the one place where their names, columns and meanings are declared."""

from collections.abc import Mapping
from dataclasses import dataclass

TEXT, LIST, WHOLE, TRUTH = "VARCHAR", "VARCHAR[]", "BIGINT", "BOOLEAN"
MOMENT, DAY, SMALL = "TIMESTAMP WITH TIME ZONE", "DATE", "INTEGER"
PORT = (TEXT, "The port, written domain/port.")
MAJOR = (SMALL, "Major version of its contract.")
PRODUCT = (TEXT, "The product, written domain/product.")


@dataclass(frozen=True)
class Table:
    """One table: its description, its columns with DuckDB type and meaning, and the columns that identify a row."""

    description: str
    columns: Mapping[str, tuple[str, str]]
    key: tuple[str, ...]


TABLES: Mapping[str, Table] = {
    # Offers.
    "domains": Table(
        "The domains of the mesh, including those that do not load.",
        {
            "domain": (TEXT, "The name of the domain."),
            "title": (TEXT, "The title of the domain, for people."),
            "description": (TEXT, "What the domain is about."),
            "owner": (TEXT, "The team that owns the domain."),
            "channel": (TEXT, "The channel in which consumers reach the owner of the domain."),
            "file": (TEXT, "The file of the domain, from the repository's root."),
            "state": (TEXT, "The state of the domain: loaded, or broken when one of its files keeps it from loading."),
            "problem": (TEXT, "Why the domain does not load."),
        },
        ("domain",),
    ),
    "products": Table(
        "The data products, from their descriptors.",
        {
            "product": PRODUCT,
            "domain": (TEXT, "The domain that offers the product."),
            "name": (TEXT, "The name of the product within the domain."),
            "version": (TEXT, "The version of the product's descriptor."),
            "status": (TEXT, "The stage of the product's lifecycle, in the terms of ODPS."),
            "purpose": (TEXT, "What the product is for."),
            "limitations": (TEXT, "What the product is not for."),
            "usage": (TEXT, "How the product is meant to be used."),
            "owner": (TEXT, "The team that owns the product."),
            "owner_address": (TEXT, "The mail address of the product's owner."),
            "channel": (TEXT, "The channel in which consumers reach the owner of the product."),
            "tags": (LIST, "The tags of the product."),
            "tier": (TEXT, "The quality tier of the product: gold, silver or bronze."),
            "archetype": (TEXT, "The kind of product: source-aligned, aggregate or consumer-aligned."),
            "successor": (TEXT, "The product that replaces this one."),
            "deprecated_from": (DAY, "The day from which the product is deprecated."),
            "ends_on": (DAY, "The last day on which the product is served."),
            "legal_basis": (TEXT, "The legal basis on which the product holds personal data."),
            "file": (TEXT, "The descriptor of the product, from the repository's root."),
            "problem": (TEXT, "Why the descriptor of the product cannot be read."),
        },
        ("product",),
    ),
    "ports": Table(
        "The output ports, one row per major, published or not.",
        {
            "port": PORT,
            "major": MAJOR,
            "domain": (TEXT, "The domain that publishes the port."),
            "name": (TEXT, "The name of the port within the domain."),
            "product": (TEXT, "The product that the port belongs to, written domain/product."),
            "contract": (TEXT, "The id of the port's contract."),
            "newest": (TRUTH, "Whether this is the newest major of the port."),
            "published": (TRUTH, "Whether a version of the port can be read."),
            "served_version": (WHOLE, "The version of the port that is served."),
            "committed_at": (MOMENT, "When the served version was committed."),
            "rows": (WHOLE, "The number of rows of the served version."),
            "bytes": (WHOLE, "The size of the served version's files, in bytes."),
            "files": (WHOLE, "The number of files of the served version."),
            "partitioned_by": (TEXT, "The column that holds the day of a partitioned port."),
            "model_file": (TEXT, "The model that builds the port, from the repository's root."),
            "description": (TEXT, "What the rows of the port are about."),
            "grain": (TEXT, "What one row of the port is."),
            "last_read_at": (MOMENT, "The newest commit of another port that reads this port."),
            "run": (TEXT, "The Dagster run that published the served version."),
        },
        ("port", "major"),
    ),
    "owners": Table(
        "The teams that own domains and products.",
        {
            "owner": (TEXT, "The name of the team."),
            "domains": (WHOLE, "The domains that the team owns."),
            "products": (WHOLE, "The products that the team owns."),
            "ports": (WHOLE, "The ports of the products that the team owns."),
            "address": (TEXT, "The mail address of the team."),
            "channel": (TEXT, "The channel in which consumers reach the team."),
        },
        ("owner",),
    ),
    "transitions": Table(
        "The lifecycle transitions of products.",
        {
            "product": PRODUCT,
            "from_status": (TEXT, "The stage of the product before the step."),
            "to_status": (TEXT, "The stage of the product after the step."),
            "at": (MOMENT, "When the step was taken."),
            "by": (TEXT, "The team that took the step."),
            "why": (TEXT, "The reason for the step."),
            "successor": (TEXT, "The product that replaces this one."),
            "ends_on": (DAY, "The last day on which the product is served."),
        },
        ("product", "at"),
    ),
    # Promises, and the results of checks.
    "contracts": Table(
        "The contracts, from their files.",
        {
            "contract": (TEXT, "The id of the contract, with the major version: sales.orders.v1."),
            "port": PORT,
            "major": MAJOR,
            "domain": (TEXT, "The domain that owns the contract."),
            "product": PRODUCT,
            "version": (TEXT, "The version of the contract."),
            "status": (TEXT, "The stage of the contract's lifecycle, in the terms of ODCS."),
            "file": (TEXT, "The file of the contract, from the repository's root."),
            "digest": (TEXT, "The SHA-256 of the contract's file."),
            "api_version": (TEXT, "The version of ODCS that the contract declares."),
            "purpose": (TEXT, "What the data under the contract are for."),
            "limitations": (TEXT, "What the data under the contract are not for."),
            "usage": (TEXT, "How the data under the contract are meant to be used."),
            "freshness_seconds": (WHOLE, "How old the newest version may become, in seconds."),
            "retention": (TEXT, "How long the data are kept, as the contract states it."),
            "version_retention": (TEXT, "How long earlier versions are kept, as the contract states it."),
            "support_channel": (TEXT, "The channel in which consumers get help."),
            "ends_on": (DAY, "The last day on which the contract is kept."),
            "served_from": (TEXT, "The contract of the newest major, when this earlier major is served as a view over it."),
            "tags": (LIST, "The tags of the contract."),
            "published_version": (TEXT, "The version of the contract under which the port is served."),
            "published_digest": (TEXT, "The SHA-256 of the contract's file under which the port is served."),
            "valid": (TRUTH, "Whether the contract can be executed."),
            "problem": (TEXT, "Why the contract cannot be executed."),
            "line": (SMALL, "The line of the problem in the contract's file."),
        },
        ("contract",),
    ),
    "columns": Table(
        "The columns of contracts.",
        {
            "contract": (TEXT, "The id of the contract that promises the column."),
            "port": PORT,
            "major": MAJOR,
            "column": (TEXT, "The name of the column."),
            "position": (SMALL, "The position of the column in the contract, from 1."),
            "type": (TEXT, "The type of the column, in the terms of DuckDB."),
            "logical_type": (TEXT, "The type of the column, in the terms of ODCS."),
            "description": (TEXT, "What the column means."),
            "business_name": (TEXT, "The business name of the column."),
            "required": (TRUTH, "Whether the column is never null."),
            "unique": (TRUTH, "Whether no value of the column occurs twice."),
            "primary_key": (TRUTH, "Whether the column is part of the primary key."),
            "key_position": (SMALL, "The position of the column in the primary key, from 1."),
            "classification": (
                TEXT,
                "The classification of the column: public, internal, confidential, personal or sensitive-personal.",
            ),
            "purpose": (TEXT, "The purpose for which personal data in the column are processed."),
            "legal_basis": (TEXT, "The legal basis on which personal data in the column are processed."),
            "retention": (TEXT, "How long personal data in the column are kept."),
            "masking": (TEXT, "The registered step that makes the column less sensitive than its sources."),
            "declassified_by": (TEXT, "The team that confirms that the column is less sensitive than its sources."),
            "unit": (TEXT, "The unit or the currency of the column's numbers."),
            "currency_column": (TEXT, "The column that holds the currency of this column's amounts."),
            "tags": (LIST, "The tags of the column."),
            "glossary_term": (TEXT, "The business term that the column stands for."),
            "points_to": (TEXT, "The column of another port that this column refers to: sales/orders.order_id."),
            "line": (SMALL, "The line of the column in the contract's file."),
        },
        ("contract", "column"),
    ),
    "unaccepted_signatures": Table(
        "The signatures that declassify a column, in its custom property `declassified`, and do not count.",
        {
            "contract": (TEXT, "The id of the contract that promises the column."),
            "column": (TEXT, "The name of the column."),
            "problem": (TEXT, "Why the signature does not count."),
        },
        ("contract", "column"),
    ),
    "rules": Table(
        "The rules that data are checked against: those of the contracts, and the expectations of consumers.",
        {
            "contract": (TEXT, "The id of the contract that states the rule."),
            "port": PORT,
            "rule": (TEXT, "The name of the rule within the contract."),
            "check": (TEXT, "The check that shows the rule."),
            "sentence": (TEXT, "The rule as a sentence."),
            "columns": (LIST, "The columns that the rule reads."),
            "severity": (TEXT, "The severity of the rule: error blocks a publish, warning only shows."),
            "kind": (
                TEXT,
                "schema, primary_key, required, unique, values, relationships, service_levels, quality or expectation.",
            ),
            "source": (TEXT, "Where the rule comes from: contract, or the consuming product whose expectation it is."),
        },
        ("contract", "rule"),
    ),
    "check_results": Table(
        "The results of the checks of ports, over time.",
        {
            "port": PORT,
            "check": (TEXT, "The name of the check."),
            "run": (TEXT, "The id of the Dagster run that executed the check."),
            "at": (MOMENT, "When the check was executed."),
            "passed": (TRUTH, "Whether the data passed the check."),
            "severity": (TEXT, "The severity of the check: error or warning."),
            "detail": (TEXT, "What the check found, when the data did not pass."),
        },
        ("port", "check", "run", "at"),
    ),
    # Versions and runs.
    "versions": Table(
        "The versions of every port, from its commits.",
        {
            "port": PORT,
            "major": MAJOR,
            "version": (WHOLE, "The number of the version; the first is 0."),
            "committed_at": (MOMENT, "When the version was committed."),
            "rows": (WHOLE, "The number of rows of the version."),
            "rules": (WHOLE, "The number of rules that the version was audited against."),
            "warnings": (WHOLE, "The number of broken rules that only warn."),
            "set_aside": (WHOLE, "The number of rows that broke a rule and are in the quarantine."),
            "contract": (TEXT, "The id of the contract of the version."),
            "contract_version": (TEXT, "The version of the contract under which the version was published."),
            "contract_digest": (TEXT, "The SHA-256 of the contract's file under which the version was published."),
            "run": (TEXT, "The Dagster run that published the version."),
            "rolled_back_to": (WHOLE, "The version whose data a rollback serves again."),
            "current": (TRUTH, "Whether the version is the served one."),
            "readable": (TRUTH, "Whether the files of the version still exist."),
        },
        ("port", "major", "version"),
    ),
    "version_inputs": Table(
        "The versions of other ports that a version was built from.",
        {
            "port": PORT,
            "major": MAJOR,
            "version": (WHOLE, "The number of the version that read the input."),
            "input": (TEXT, "The port that was read, written domain/port."),
            "input_major": (SMALL, "The major of the input that was read."),
            "input_version": (WHOLE, "The version of the input that was read."),
        },
        ("port", "major", "version", "input"),
    ),
    "version_sources": Table(
        "The source files that a version was built from.",
        {
            "port": PORT,
            "major": MAJOR,
            "version": (WHOLE, "The number of the version that read the file."),
            "source": (TEXT, "The table that the file was read into."),
            "sha256": (TEXT, "The SHA-256 of the source file."),
        },
        ("port", "major", "version", "source"),
    ),
    "runs": Table(
        "The Dagster runs of the mesh.",
        {
            "run": (TEXT, "Dagster's id of the run."),
            "domain": (TEXT, "The domain that was run."),
            "status": (TEXT, "How the run ended, in the terms of Dagster."),
            "started_at": (MOMENT, "When the run started."),
            "ended_at": (MOMENT, "When the run ended."),
            "ports": (LIST, "The ports that the run was to publish."),
        },
        ("run",),
    ),
    # Lineage.
    "inputs_declared": Table(
        "The inputs that products declare.",
        {
            "product": (TEXT, "The product that declares the input, written domain/product."),
            "input": (TEXT, "The port that the product declares as input, written domain/port."),
            "input_major": (SMALL, "The major of the input."),
            "contract": (TEXT, "The id of the contract that the product relies on."),
            "domain": (TEXT, "The domain of the product that declares the input."),
            "input_domain": (TEXT, "The domain of the input."),
            "latest_days": (SMALL, "The number of newest days of the input that are read; empty for all."),
            "file": (TEXT, "The descriptor that declares the input."),
        },
        ("product", "input", "input_major"),
    ),
    "inputs_used": Table(
        "The inputs that the models of ports read, from their SQL.",
        {
            "port": (TEXT, "The port that reads the input, written domain/port."),
            "product": (TEXT, "The product of the port that reads the input, written domain/product."),
            "input": (TEXT, "The port that is read, written domain/port."),
            "domain": (TEXT, "The domain of the port that reads the input."),
            "input_domain": (TEXT, "The domain of the input."),
            "file": (TEXT, "The model that reads the input, from the repository's root."),
        },
        ("port", "input"),
    ),
    "relations_read": Table(
        "Every relation in the compiled SQL of a model.",
        {
            "domain": (TEXT, "The domain of the model."),
            "model": (TEXT, "The name of the model."),
            "file": (TEXT, "The file of the model, from the repository's root."),
            "schema": (TEXT, "The schema of the relation; empty for none, as with a file."),
            "relation": (TEXT, "The name of the relation that is read."),
            "allowed": (TRUTH, "Whether a model of the domain may read the relation."),
            "why": (TEXT, "Why the model may or may not read the relation."),
        },
        ("domain", "model", "schema", "relation"),
    ),
    "column_lineage": Table(
        "The sources of the columns of ports: one step, from port to port or to a source table.",
        {
            "port": (TEXT, "The port of the column, written domain/port."),
            "column": (TEXT, "The column that is computed."),
            "from_port": (TEXT, "The port that is read, or a source table: sales/raw_orders."),
            "from_column": (TEXT, "The column that is read."),
            "kind": (TEXT, "value: the column is computed from it; rows: it decides which rows there are."),
        },
        ("port", "column", "from_port", "from_column", "kind"),
    ),
    "unfollowed": Table(
        "Ports whose SQL could not be followed: their inputs are known, the lineage of their columns is not.",
        {
            "port": PORT,
            "file": (TEXT, "The model whose SQL cannot be followed, from the repository's root."),
            "problem": (TEXT, "Why the SQL of the model cannot be followed."),
            "everything": (
                TRUTH,
                "Whether it may be made of all that its domain reads or publishes, not only of what it reads.",
            ),
        },
        ("port",),
    ),
    "unfollowed_columns": Table(
        "Columns whose SQL could not be followed. In column_lineage, each is made of every column that its SQL can see.",
        {
            "port": PORT,
            "column": (TEXT, "The column that is computed."),
            "file": (TEXT, "The model of the port, from the repository's root."),
            "problem": (TEXT, "What in the SQL is not followed."),
        },
        ("port", "column"),
    ),
    # Policies and their results.
    "policies": Table(
        "The policies, of the whole mesh and of single domains.",
        {
            "policy": (TEXT, "The id of the policy."),
            "title": (TEXT, "What the policy requires."),
            "why": (TEXT, "Why the policy exists."),
            "severity": (TEXT, "The severity of a violation: error or warning."),
            "scope": (TEXT, "The table whose rows the policy judges."),
            "phase": (LIST, "When the policy is evaluated: ci, publish, on demand."),
            "fix": (TEXT, "How to correct a violation of the policy."),
            "owner": (TEXT, "The team that owns the policy."),
            "effective_from": (DAY, "The day from which the policy is in force."),
            "stage": (TEXT, "The stage of the policy: draft, warn or block."),
            "file": (TEXT, "The file of the policy, from the repository's root."),
            "domain": (TEXT, "The domain that owns the policy; empty for a global one."),
            "privacy": (TRUTH, "Whether the policy protects people; such a policy cannot be waived."),
        },
        ("policy",),
    ),
    "policy_results": Table(
        "The results of the policies, one row per subject and message.",
        {
            "policy": (TEXT, "The id of the policy."),
            "subject": (TEXT, "The object that the policy judged."),
            "message": (TEXT, "What is wrong with the subject."),
            "evidence": (TEXT, "The value that shows the violation."),
            "state": (TEXT, "The state of the result: violated, warned, draft, waived, passed or unrunnable."),
            "waiver": (TEXT, "The waiver that covers the violation."),
            "checked_at": (MOMENT, "When the policy was evaluated."),
        },
        ("policy", "subject", "message"),
    ),
    "waivers": Table(
        "Temporary exceptions from policies.",
        {
            "waiver": (TEXT, "The file of the waiver, from the repository's root."),
            "policy": (TEXT, "The policy that is waived."),
            "subject": (TEXT, "The one subject that the waiver is for."),
            "reason": (TEXT, "The reason for the exception."),
            "requested_by": (TEXT, "The team that requested the waiver."),
            "approved_by": (TEXT, "The team that approved the waiver."),
            "control": (TEXT, "The control that protects the data meanwhile."),
            "expires_on": (DAY, "The last day of the waiver."),
            "state": (TEXT, "The state of the waiver: valid, expired, unmatched or refused."),
            "problem": (TEXT, "Why the waiver is refused."),
        },
        ("waiver",),
    ),
}

JUDGED = ("policies", "policy_results", "waivers")
"""The tables that are not harvested: evaluating the policies fills them."""
