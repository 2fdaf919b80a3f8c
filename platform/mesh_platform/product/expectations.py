"""The expectations of consumers: read from their descriptors, and executed as rules in the producer's audit.

A descriptor states the expectations of an input port as its custom property `expectations`: a list whose entries are
ODCS quality rules (with `column` for a rule about one column), or one of the short forms in `_FORMS`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mesh_isolation.bounds import Bound
from mesh_isolation.machine import CLOCK_TOLERANCE
from mesh_isolation.shares import first_of_each
from mesh_isolation.sql import FOREIGN
from mesh_platform.contract.column import Column
from mesh_platform.contract.contract import Contract, refuse_by_day
from mesh_platform.contract.document import load_contract
from mesh_platform.contract.options import option_rules
from mesh_platform.contract.quality import quality_rule
from mesh_platform.contract.rule import Rule
from mesh_platform.errors import ContractError
from mesh_platform.names import identifier, literal
from mesh_platform.product.descriptor import ALL_EXPECTATIONS, EXPECTATIONS, DataProduct, load_product
from mesh_platform.project import DomainFolder
from mesh_platform.standards import check_against

_TOO_MANY = f"a domain may state {EXPECTATIONS} for a port, and all domains {ALL_EXPECTATIONS:,}"
_SECONDS = {"min": 60, "h": 3_600, "d": 86_400}
_FORMS = "columns: [a, b] · column with logicalTypeOptions · column with notOlderThan and unit (min, h, d) · a quality rule"


@dataclass(frozen=True)
class Expectation:
    """One expectation, and the consumer that states it."""

    contract_id: str
    """The producer's contract: `sales.orders.v1`."""
    consumer: str
    """The consuming product, `finance/daily_revenue`."""
    owner: str
    file: str
    """The consumer's descriptor."""
    document: dict[str, Any]
    """The entry in the descriptor."""

    @property
    def domain(self) -> str:
        """The consuming domain."""
        return self.consumer.partition("/")[0]


def with_expectations(contract: Contract, stated: Iterable[Expectation], blocks: bool) -> Contract:
    """The contract with additional rules for the expectations of its consumers.

    Args:
        contract: the producer's contract.
        stated: the expectations on any contract of its domain.
        blocks: whether these rules block or warn: `broken_expectations` in the producer's `domain.yaml`.
    """
    relevant = (expectation for expectation in stated if expectation.contract_id == contract.id)
    kept, over = first_of_each(relevant, lambda expectation: expectation.domain, EXPECTATIONS, ALL_EXPECTATIONS)
    left_out = {one.file: _asked(one, [_unmet(_TOO_MANY, "further expectations are not evaluated")]) for one in over}

    def expected(of: Contract) -> list[Rule]:
        rules = [*(_rules(expectation, of) for expectation in kept), *left_out.values()]
        return [replace(rule, blocks=blocks) for part in rules for rule in part]

    own = contract.rules_for
    rules_for = own and (lambda fitted: (*own(fitted), *expected(fitted)))
    return replace(contract, rules=(*contract.rules, *expected(contract)), rules_for=rules_for)


def expectations_on(domain: DomainFolder) -> Iterator[Expectation]:
    """The expectations on the domain's ports, of all built products of other domains."""
    for other in domain.others:
        for path in sorted((domain.root / "domains" / other / "products").glob("*.odps.yaml")):
            try:
                product = load_product(path, domain.root)
            except Exception:
                continue  # its own domain reports the error; a consumer's mistake must not stop the producer
            for reference in product.inputs if product.stage.built else ():
                for document in reference.expectations if reference.address.domain == domain.name else ():
                    consumer = f"{product.domain}/{product.name}"
                    yield Expectation(reference.contract_id, consumer, product.owner, product.file, document)


def _rules(stated: Expectation, contract: Contract) -> list[Rule]:
    try:
        rules = list(_executed(stated.document, contract))
    except Exception:
        return []  # the consumer's domain does not load until it is corrected
    return _asked(stated, rules)


def _asked(stated: Expectation, rules: Iterable[Rule]) -> list[Rule]:
    """The rules as those of the consumer."""
    whose = f"{stated.consumer} of {stated.owner} relies on it ({stated.file})"
    asked = {"check": f"relied_on_by_{stated.consumer.replace('/', '_')}", "asked_by": stated.domain}
    return [
        replace(rule, sentence=f"{rule.sentence.rstrip('.')}; {whose}", limits=rule.limits.within(FOREIGN), **asked)
        for rule in rules
    ]


def _executed(document: dict[str, Any], contract: Contract) -> Iterator[Rule]:
    """The rules of one expectation. Raises ContractError when it has none of the forms."""
    check_against({"apiVersion": "v1", "entry": document}, Path("it"), "expectation")
    columns = {column.name: column for column in contract.columns}
    if "columns" in document:
        missing = [name for name in document["columns"] if name not in columns]
        sentence = f"has the columns {', '.join(document['columns'])}"
        yield _unmet(f"the contract does not promise {', '.join(missing)}", sentence) if missing else Rule("", sentence)
        return
    column = columns.get(document.get("column")) if "column" in document else None
    if "column" in document and column is None:
        sentence = document.get("description") or f"has a column {document['column']}"
        yield _unmet(f"the contract does not promise {document['column']}", sentence)
    elif column and "logicalTypeOptions" in document:
        yield from option_rules(replace(column, options=document["logicalTypeOptions"], enum=(), length=None))
    elif column and "notOlderThan" in document:
        yield _fresh(column, document)
    else:
        entry = {key: value for key, value in document.items() if key != "column"}
        rule = quality_rule(entry, contract.address.port, columns, column, contract.primary_key)
        if contract.partition:
            refuse_by_day([rule], contract.partition.column)
        yield rule


def _fresh(column: Column, document: dict[str, Any]) -> Rule:
    number, unit = document["notOlderThan"], document.get("unit", "d")
    return Rule(
        "",
        f"the newest {column.name} is at most {number} {unit} old",
        (column.name,),
        measure=f"(epoch(now()) - epoch(max({identifier(column.name)}))) / {_SECONDS[unit]}",
        bound=Bound("mustBeBetween", [-CLOCK_TOLERANCE.total_seconds() / _SECONDS[unit], number]),
    )


def _unmet(reason: str, sentence: str) -> Rule:
    """A rule that is broken whatever the rows are; its measure is the reason."""
    return Rule("", sentence, measure=literal(reason))


def check_expectations(product: DataProduct, root: Path) -> None:
    """Raises ContractError when an expectation of the product cannot be executed as a rule."""
    for reference in product.inputs:
        path = reference.contract_file(root)
        if not reference.expectations or not path.is_file():
            continue
        try:
            contract = load_contract(path, root)
        except ContractError:
            continue  # its own domain reports the error; a producer's mistake must not stop the consumer
        for document in reference.expectations:
            try:
                list(_executed(document, contract))
            except ContractError as problem:
                raise ContractError(
                    f"{product.file} has an expectation of {reference.address} that cannot be executed: "
                    f"{problem.found.rstrip('.')}.",
                    f"Write it in one of these forms: {_FORMS}.",
                ) from problem


def check_number(products: Iterable[DataProduct]) -> None:
    """Raises ContractError when the products of a domain together have too many expectations of one port."""
    stated = Counter[str]()
    for product in products:
        for reference in product.inputs if product.stage.built else ():
            stated[reference.contract_id] += len(reference.expectations)
            if stated[reference.contract_id] > EXPECTATIONS:
                found = f"{product.file}: {product.domain} states more expectations of {reference.contract_id} than it may"
                raise ContractError(f"{found}; {_TOO_MANY}.", "State fewer.")
