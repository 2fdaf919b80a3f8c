"""The promise of one port as one plain document: what `mesh contract show` prints, and what pages are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mesh_capabilities.contract_exchange.wording import service_levels
from mesh_platform.contract.contract import Contract
from mesh_platform.contract.service_levels import documented_levels


@dataclass(frozen=True)
class Consumer:
    """A product that reads the port."""

    product: str
    owner: str


@dataclass(frozen=True)
class Promise:
    """A contract with those who give it and those who rely on it."""

    contract: Contract
    document: Mapping[str, Any]
    """What the contract's file says."""
    owner: str = ""
    channel: str = ""
    """Where questions go."""
    consumers: Sequence[Consumer] = ()

    @property
    def table(self) -> Mapping[str, Any]:
        """The one table of the contract, as its file describes it."""
        return self.document["schema"][0]

    def promises(self, column: Any) -> list[str]:
        """What is promised of a column beside its type: key, nulls, uniqueness."""
        key = self.contract.primary_key
        if column.name in key:
            return ["key"] if len(key) == 1 else [f"key, part {key.index(column.name) + 1} of {len(key)}"]
        return [word for word, said in (("never null", column.required), ("no value twice", column.unique)) if said]

    def purpose(self) -> dict[str, str]:
        """Purpose, usage and limitations, as far as the contract tells them."""
        said = self.document.get("description") or {}
        told = said if isinstance(said, Mapping) else {"purpose": said}
        return {key: " ".join(told[key].split()) for key in ("purpose", "usage", "limitations") if told.get(key)}

    def in_words(self) -> list[str]:
        """What the contract says and nobody but people can hold; service levels are told by themselves."""
        levels = set(documented_levels(self.document))
        return [sentence for sentence in self.contract.documented if sentence not in levels]

    def as_document(self) -> dict[str, Any]:
        """Everything, for programs."""
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
                    "classification": column.classification,
                    "description": column.description,
                }
                for column in contract.columns
            ],
            "rules": [{"check": rule.check, "sentence": rule.sentence, "blocks": rule.blocks} for rule in contract.rules],
            "in_words": self.in_words(),
            "service_levels": list(service_levels(self.document)),
            "consumers": [vars(consumer) for consumer in self.consumers],
        }
