"""What a contract promises, in the few words the platform works with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from mesh_platform.contract.column import Column
from mesh_platform.contract.partition import Partition
from mesh_platform.contract.referenced import Referenced
from mesh_platform.contract.retention import Retention
from mesh_platform.contract.rule import Rule
from mesh_platform.names import PortAddress


@dataclass(frozen=True)
class Contract:
    """One version of the promise that one output port makes."""

    id: str
    version: str
    address: PortAddress
    product: str | None
    description: str
    grain: str
    """What one row is: ODCS `dataGranularityDescription`."""
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    rules: tuple[Rule, ...]
    freshness: timedelta | None
    """How old the newest version may become: the SLA property `frequency`."""
    file: str
    """The contract's file, from the repository's root."""
    digest: str
    """The SHA-256 of the file's text: two contracts with one digest promise the same."""
    documented: tuple[str, ...] = ()
    """What it says for people and no audit executes, sentence by sentence."""
    text: str = ""
    """The file's text; kept with the port, so that the next version of the contract can be held against it."""
    served_from: str | None = None
    """The id of the newest major, over which this earlier one is a view: the custom property `servedFrom`."""
    served_as: Mapping[str, str] = field(default_factory=dict)
    """For columns that the newest major names or counts otherwise, the SQL over its columns: ODCS `transformLogic`."""
    partition: Partition | None = None
    """How the port is cut into days; None for a port that is replaced as a whole."""
    retention: Retention | None = None
    """How long earlier versions are kept; None for as long as there is a disk."""

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def references(self) -> tuple[Referenced, ...]:
        """The other ports without which it cannot be audited."""
        return tuple(dict.fromkeys(rule.reference for rule in self.rules if rule.reference))

    @property
    def checks(self) -> list[str]:
        """The names under which the rules are shown, in the order of the rules."""
        return list(dict.fromkeys(rule.check for rule in self.rules))
