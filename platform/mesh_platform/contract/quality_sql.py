"""ODCS `sql` rules: a query of the contract's owner, asked of the candidate and of nothing else."""

import re
from collections.abc import Mapping
from typing import Any

from mesh_platform.contract.candidate import CANDIDATE
from mesh_platform.contract.column import Column
from mesh_platform.contract.measure import Measure
from mesh_platform.errors import ContractError
from mesh_platform.names import identifier


def sql_measure(rule: Mapping[str, Any], table: str, column: Column | None) -> Measure:
    """The result of the query, whatever its unit. Raises ContractError for a rule without one.

    The query names the table `${object}` or `{object}`, and the column it stands below `${property}` or `{property}`;
    3.0 also writes `table` and `column`.
    """
    query = rule.get("query")
    if not isinstance(query, str) or not query.strip():
        raise ContractError("a quality rule of type sql has a query")
    meanings = {"object": identifier(CANDIDATE), "table": identifier(CANDIDATE)}
    if column:
        meanings |= {"property": identifier(column.name), "column": identifier(column.name)}
    # All at once: a name that is put in is not looked into again, whatever it is called.
    words = re.compile(r"\$?\{(" + "|".join(meanings) + r")\}")
    query = words.sub(lambda word: meanings[word[1]], query.strip().rstrip(";"))
    # The line break ends a comment that the query may end with.
    return Measure(f"({query}\n)", f"the result of its query on {table}", (column.name,) if column else ())
