"""A contract as SQL DDL that DuckDB runs: one table with its types, keys and checks."""

from collections.abc import Sequence

from mesh_capabilities.contract_exchange.row_rules import follows_from_columns
from mesh_capabilities.contract_lint.contract_summary import ContractSummary
from mesh_platform.contract.rule import CLOCK, Rule
from mesh_platform.names import identifier, literal


def ddl(summary: ContractSummary) -> str:
    """The statements. A comment above them lists the rules that DDL cannot express.

    Where the contract leaves the width of a number open, its type is BIGINT or DOUBLE.
    """
    contract = summary.contract.fitted()
    name = identifier(contract.address.port)
    columns = []
    for column in contract.columns:
        required = column.required or column.name in contract.primary_key
        unique = column.unique and contract.primary_key != (column.name,)
        constraints = f"{' NOT NULL' if required else ''}{' UNIQUE' if unique else ''}"
        columns.append(f"{identifier(column.name)} {column.type}{constraints}")
    if contract.primary_key:
        columns.append(f"PRIMARY KEY ({', '.join(map(identifier, contract.primary_key))})")
    _, *rules = contract.rules  # the first rule is the one on the columns' types
    beyond = [rule for rule in rules if not follows_from_columns(rule, contract)]
    checks, left_out = _checks(beyond, columns)
    body = ",\n    ".join([*columns, *checks])
    return "".join(
        [
            _comment(f"{contract.id} {contract.version}: {contract.description}"),
            *(_comment(f"not checked by this table: {rule.check}: {rule.sentence}") for rule in left_out),
            f"CREATE TABLE {name} (\n    {body}\n);\n",
            *(f"COMMENT ON TABLE {name} IS {literal(text)};\n" for text in [contract.description] if text),
            *(
                f"COMMENT ON COLUMN {name}.{identifier(column.name)} IS {literal(column.description)};\n"
                for column in contract.columns
                if column.description
            ),
        ]
    )


def _checks(rules: Sequence[Rule], columns: list[str]) -> tuple[list[str], list[Rule]]:
    """CHECK clauses for the rules that a single row can break, and the rules without one."""
    import duckdb

    checks, left_out = [], []
    with duckdb.connect(config={"enable_external_access": "false"}) as connection:
        for number, rule in enumerate(rules):
            clause = f"CHECK (NOT ({rule.failing}))"
            try:
                if not _of_single_rows(rule):
                    raise duckdb.Error
                # DuckDB decides whether a table can have the check; one with a subquery cannot, for example.
                connection.execute(f"CREATE TABLE {identifier(f'probe{number}')} ({', '.join([*columns, clause])})")
                checks.append(clause)
            except duckdb.Error:
                left_out.append(rule)
    return list(dict.fromkeys(checks)), left_out


def _of_single_rows(rule: Rule) -> bool:
    """Whether the rule blocks, and is about single rows at any time."""
    return rule.blocks and rule.failing is not None and str(rule.bound) == "is 0" and CLOCK not in rule.failing


def _comment(text: str) -> str:
    """A comment of one line."""
    return f"-- {' '.join(text.split())}\n"
