"""What a policy can be about: for each scope, the subjects it has, and where each of them belongs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Subjects:
    """The subjects of one scope, as SQL over the metadata tables."""

    name: str
    example: str
    table: str
    """The table whose rows are the subjects; a condition in a policy's header speaks of its columns."""
    subject: str
    domain: str
    product: str
    """The product it is part of; NULL for what is part of none."""
    port: str
    """The port it is part of, `sales/orders`; NULL for what is part of none, or of several."""
    file: str
    """The file in which its owner can put it right."""
    line: str = "NULL::INTEGER"
    beside: str = ""
    """What is joined to the table to know all that."""

    def query(self, condition: str = "") -> str:
        """A SELECT of subject, domain, product, port, file and line, one row a subject."""
        parts = {"domain": self.domain, "product": self.product, "port": self.port, "file": self.file, "line": self.line}
        listed = ", ".join(f"any_value({sql}) AS {name}" for name, sql in parts.items())
        judged = f"(SELECT * FROM {self.table} WHERE (\n{condition}\n))" if condition else self.table
        return f"SELECT {self.subject} AS subject, {listed}\nFROM {judged} AS judged {self.beside}\nGROUP BY ALL"


@dataclass(frozen=True)
class Scope:
    """The subjects of one policy: those of a table, or those of its rows that fulfil a condition."""

    subjects: Subjects
    condition: str = ""
    """SQL over the columns of the table; empty for all rows."""

    @property
    def query(self) -> str:
        return self.subjects.query(self.condition)

    def __str__(self) -> str:
        return f"{self.subjects.name} where {self.condition}" if self.condition else self.subjects.name


_NONE = "NULL::VARCHAR"

SCOPES = {
    subjects.name: subjects
    for subjects in (
        Subjects("domains", "sales", "domains", "domain", "domain", _NONE, _NONE, "file"),
        Subjects("products", "sales/orders", "products", "product", "domain", "product", _NONE, "file"),
        Subjects("ports", "sales/orders", "ports", "port", "domain", "product", "port", "model_file"),
        Subjects("contracts", "sales.orders.v1", "contracts", "contract", "domain", "product", "port", "file", "line"),
        Subjects(
            "columns",
            "sales.orders.v1.order_id",
            "columns",
            "judged.contract || '.' || judged.\"column\"",
            "promise.domain",
            "promise.product",
            "judged.port",
            "promise.file",
            "judged.line",
            "LEFT JOIN (SELECT contract, any_value(domain) AS domain, any_value(product) AS product, any_value(file) AS file "
            "FROM contracts GROUP BY contract) AS promise ON promise.contract = judged.contract",
        ),
        Subjects(
            "changes",
            "sales.orders.v1",
            "contract_changes",
            "contract",
            "split_part(contract, '.', 1)",
            _NONE,
            "split_part(contract, '.', 1) || '/' || split_part(contract, '.', 2)",
            "'domains/' || split_part(contract, '.', 1) || '/contracts/' "
            "|| split_part(contract, '.', 2) || '.' || split_part(contract, '.', 3) || '.odcs.yaml'",
        ),
    )
}
"""What a policy's header may name as its scope."""
