"""The summary of a contract with its owner and its consumers, and the command `mesh contract show`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mesh_capabilities.targets import port_named
from mesh_isolation.terminal import add_row, console, print_json, table, verdict
from mesh_isolation.text import counted
from mesh_platform.contract.contract import Contract
from mesh_platform.contract.document import read_document
from mesh_platform.contract.rule import Rule
from mesh_platform.contract.service_levels import documented_levels
from mesh_platform.product.offer import load_offer


@dataclass(frozen=True)
class ContractConsumer:
    """A product that reads the port."""

    product: str
    owner: str


@dataclass(frozen=True)
class ContractSummary:
    """A contract with its owner and its consumers."""

    contract: Contract
    document: Mapping[str, Any]
    """The contract's file."""
    owner: str = ""
    channel: str = ""
    """The channel for questions."""
    consumers: Sequence[ContractConsumer] = ()

    @property
    def table(self) -> Mapping[str, Any]:
        """The table of the contract, as in the file."""
        return self.document["schema"][0]

    def promises(self, column: Any) -> list[str]:
        """The promises of a column beside its type: key, nulls, uniqueness."""
        key = self.contract.primary_key
        if column.name in key:
            return ["key"] if len(key) == 1 else [f"key, part {key.index(column.name) + 1} of {len(key)}"]
        return [word for word, stated in (("never null", column.required), ("unique", column.unique)) if stated]

    def purpose(self) -> dict[str, str]:
        """Purpose, usage and limitations, as far as the contract states them."""
        stated = self.document.get("description") or {}
        texts = stated if isinstance(stated, Mapping) else {"purpose": stated}
        return {key: " ".join(texts[key].split()) for key in ("purpose", "usage", "limitations") if texts.get(key)}

    def in_words(self) -> list[str]:
        """The sentences of the contract that cannot be executed, without its service levels."""
        levels = set(documented_levels(self.document))
        return [sentence for sentence in self.contract.documented if sentence not in levels]

    def as_document(self) -> dict[str, Any]:
        """The summary as JSON."""
        contract = self.contract
        return {
            "port": str(contract.address),
            "contract": contract.id,
            "version": contract.version,
            "status": self.document.get("status"),
            "file": contract.file,
            "description": contract.description,
            "grain": contract.grain,
            **self.purpose(),
            "owner": self.owner,
            "channel": self.channel,
            "primary_key": list(contract.primary_key),
            "columns": [
                {
                    "name": column.name,
                    "type": column.type,
                    "promises": self.promises(column),
                    "classification": column.sensitivity,
                    "description": column.description,
                }
                for column in contract.columns
            ],
            "rules": [{"check": rule.check, "sentence": rule.sentence, "blocks": rule.blocks} for rule in contract.rules],
            "in_words": self.in_words(),
            "service_levels": list(service_levels(self.document)),
            "consumers": [vars(consumer) for consumer in self.consumers],
        }


def summary_of(text: str) -> ContractSummary:
    """The summary of the port `text`. Its consumers are the products of all domains that declare its contract."""
    project, offer, address = port_named(text)
    contract = offer.contracts[address.port]
    consumers = [
        ContractConsumer(f"{product.domain}/{product.name}", product.owner)
        for domain in project.domains.values()
        for product in (offer if domain.name == address.domain else load_offer(domain)).products.values()
        if any(port.contract_id == contract.id for port in product.inputs)
    ]
    owner = offer.product_of(address.port).owner
    return ContractSummary(contract, read_document(project.root / contract.file), owner, offer.domain.channel, consumers)


def show_contract(text: str, as_json: bool) -> None:
    """Prints the summary."""
    summary = summary_of(text)
    if as_json:
        print_json(summary.as_document())
        return
    contract, out = summary.contract, console()
    out.print("[bold]{}[/]  {} {}", contract.address, contract.description, contract.grain, soft_wrap=True)
    status = summary.document.get("status")
    out.print("{} {}, {}, in {}", contract.id, contract.version, status, contract.file, soft_wrap=True)
    out.print("Owner {}, questions to {}.", summary.owner, summary.channel, soft_wrap=True)
    for key, sentence in summary.purpose().items():
        out.print("{}: {}", key.capitalize(), sentence, soft_wrap=True)
    columns = table("column", "type", "promise", "classification", "description")
    for column in contract.columns:
        promised = ", ".join(summary.promises(column))
        add_row(columns, column.name, column.type, promised, column.sensitivity or "", column.description)
    out.print()
    out.print(columns)
    _section("Rules, checked before every publish", [_rule(rule) for rule in contract.rules])
    _section("In words only, not executed", summary.in_words())
    _section("Service levels", list(service_levels(summary.document)))
    _section("Consumers", [f"{consumer.product}, owner {consumer.owner}" for consumer in summary.consumers])
    consumers = len(summary.consumers)
    verdict(
        True,
        f"{contract.address} promises {counted(len(contract.columns), 'column')} and {counted(len(contract.rules), 'rule')} "
        f"to {counted(consumers, 'consuming product')}",
    )


def _rule(rule: Rule) -> str:
    return f"{rule.check}: {rule.sentence}{'' if rule.blocks else ' (warns, does not block)'}"


def _section(title: str, sentences: list[str]) -> None:
    if sentences:
        out = console()
        out.print("\n[bold]{}[/]", title)
        for sentence in sentences:
            out.print("  · {}", sentence, soft_wrap=True)


_UNITS = {
    **dict.fromkeys(("m", "min", "minute", "minutes"), "minute"),
    **dict.fromkeys(("h", "hr", "hour", "hours"), "hour"),
    **dict.fromkeys(("d", "day", "days"), "day"),
    **dict.fromkeys(("w", "week", "weeks"), "week"),
    **dict.fromkeys(("mo", "month", "months"), "month"),
    **dict.fromkeys(("y", "yr", "year", "years"), "year"),
}


def service_levels(document: Mapping[str, Any]) -> Iterator[str]:
    """The entries of `slaProperties` as sentences, each with its description."""
    for entry in document.get("slaProperties") or ():
        value, unit = entry.get("value"), entry.get("unit")
        until = f" to {entry['valueExt']}" if entry.get("valueExt") is not None else ""
        spelled = _UNITS.get(str(unit), str(unit)) if unit else ""
        plural = "s" if spelled in _UNITS.values() and value not in (1, "1") else ""
        level = f"{entry.get('property')}: {value}{until}{f' {spelled}{plural}' if spelled else ''}"
        element = f", of {entry['element']}" if entry.get("element") else ""
        description = f" ({' '.join(entry['description'].split()).rstrip('.')})" if entry.get("description") else ""
        yield level + element + description
