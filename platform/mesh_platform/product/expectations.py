"""What consumers say they rely on: read from their descriptors, executed as rules in the producer's audit.

A descriptor states it where it names the input port, as the custom property `expectations`: a list whose entries
are ODCS quality rules (with `column` where they judge one), or one of the short forms in `_FORMS`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mesh_platform.contract.column import Column
from mesh_platform.contract.contract import Contract
from mesh_platform.contract.document import load_contract
from mesh_platform.contract.options import option_rules
from mesh_platform.contract.quality import quality_rule
from mesh_platform.contract.rule import Bound, Rule
from mesh_platform.errors import ContractError, MeshError
from mesh_platform.names import identifier, literal
from mesh_platform.product.descriptor import DataProduct, load_product
from mesh_platform.project import DomainFolder

_SECONDS = {"min": 60, "h": 3_600, "d": 86_400}
_FORMS = "columns: [a, b] · column with logicalTypeOptions · column with notOlderThan and unit (min, h, d) · a quality rule"


@dataclass(frozen=True)
class Expectation:
    """One entry, and who stated it."""

    contract_id: str
    """What it is about: `sales.orders.v1`."""
    consumer: str
    """The consuming product, `finance/daily_revenue`."""
    owner: str
    file: str
    said: dict[str, Any]


def with_expectations(contract: Contract, stated: Iterable[Expectation], blocks: bool) -> Contract:
    """The contract with a rule more for everything that consumers rely on in it.

    Args:
        contract: the producer's.
        stated: what consumers rely on in any contract of its domain.
        blocks: whether such a rule blocks or warns; the producer says so with `broken_expectations` in its `domain.yaml`.
    """
    mine = (expectation for expectation in stated if expectation.contract_id == contract.id)
    rules = [replace(rule, blocks=blocks) for expectation in mine for rule in _rules(expectation, contract)]
    return replace(contract, rules=(*contract.rules, *rules))


def expectations_on(domain: DomainFolder) -> Iterator[Expectation]:
    """What the products of all other domains that are built rely on in the domain's ports."""
    for other in domain.others:
        for path in sorted((domain.root / "domains" / other / "products").glob("*.odps.yaml")):
            try:
                product = load_product(path, domain.root)
            except MeshError:
                continue  # its own domain says so; a consumer's mistake must not stop the producer
            for reference in product.inputs if product.stage.built else ():
                for said in reference.expectations if reference.address.domain == domain.name else ():
                    consumer = f"{product.domain}/{product.name}"
                    yield Expectation(reference.contract_id, consumer, product.owner, product.file, said)


def _rules(stated: Expectation, contract: Contract) -> list[Rule]:
    try:
        found = list(_executed(stated.said, contract))
    except ContractError:
        return []  # its own domain does not load before it is corrected
    check = f"relied_on_by_{stated.consumer.replace('/', '_')}"
    whose = f"{stated.consumer} of {stated.owner} relies on it ({stated.file})"
    return [
        replace(rule, check=check, sentence=f"{rule.sentence.rstrip('.')}; {whose}", asked_by=stated.file) for rule in found
    ]


def _executed(said: dict[str, Any], contract: Contract) -> Iterator[Rule]:
    columns = {column.name: column for column in contract.columns}
    if "columns" in said:
        missing = [name for name in said["columns"] if name not in columns]
        sentence = f"has the columns {', '.join(said['columns'])}"
        yield _unmet(f"the contract does not promise {', '.join(missing)}", sentence) if missing else Rule("", sentence)
        return
    column = columns.get(said.get("column")) if "column" in said else None
    if "column" in said and column is None:
        sentence = said.get("description") or f"has a column {said['column']}"
        yield _unmet(f"the contract does not promise {said['column']}", sentence)
    elif column and "logicalTypeOptions" in said:
        yield from option_rules(replace(column, options=said["logicalTypeOptions"], enum=(), length=None))
    elif column and "notOlderThan" in said:
        yield _fresh(column, said)
    else:
        entry = {key: value for key, value in said.items() if key != "column"}
        yield quality_rule(entry, contract.address.port, columns, column, contract.primary_key)


def _fresh(column: Column, said: dict[str, Any]) -> Rule:
    number, unit = said["notOlderThan"], said.get("unit", "d")
    if unit not in _SECONDS or not isinstance(number, (int, float)):
        raise ContractError(f"notOlderThan {number!r} {unit!r} is no age; write a number and one of {', '.join(_SECONDS)}")
    return Rule(
        "",
        f"the newest {column.name} is at most {number} {unit} old",
        (column.name,),
        measure=f"(epoch(now()) - epoch(max({identifier(column.name)}))) / {_SECONDS[unit]}",
        bound=Bound("mustBeLessOrEqualTo", number),
    )


def _unmet(found: str, sentence: str) -> Rule:
    """A rule that is broken before any row is looked at; what it measures is the reason."""
    return Rule("", sentence, measure=literal(found))


def check_expectations(product: DataProduct, root: Path) -> None:
    """Raises ContractError, naming the descriptor, when an expectation of the product cannot be read as a rule."""
    for reference in product.inputs:
        path = reference.contract_file(root)
        if not reference.expectations or not path.is_file():
            continue
        try:
            contract = load_contract(path, root)
        except ContractError:
            continue  # its own domain says so; a producer's mistake must not stop the consumer
        for said in reference.expectations:
            try:
                list(_executed(said, contract))
            except ContractError as problem:
                raise ContractError(
                    f"{product.file} expects of {reference.address} what cannot be executed: {problem.found.rstrip('.')}.",
                    f"Write it as one of: {_FORMS}.",
                ) from problem
