"""The candidate of a port, between dbt and the commit: one file, or one file for each changed day of a partitioned port."""

from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

from mesh_isolation.days import DayRange, day_of
from mesh_isolation.engine import engine
from mesh_isolation.footers import file_types, write_anew
from mesh_isolation.leftovers import remove, take_out
from mesh_platform.contract.contract import Contract
from mesh_platform.home import MeshHome
from mesh_platform.names import identifier, literal
from mesh_platform.port.output_port import OutputPort, check_readable, check_whole
from mesh_platform.port.partitioned_port import Cut, PartitionedPort, cut, refuse_other_types
from mesh_platform.port.version import PortVersion, Provenance, not_published


class Candidate:
    """The data that dbt builds for one port.

    Args:
        contract: the contract of the port.
        home: the home that holds candidates and ports.
        wanted: for a partitioned port, the days to publish; None for every day that has changed.
    """

    def __init__(self, contract: Contract, home: MeshHome, wanted: DayRange | None = None) -> None:
        address = contract.address
        kind = PartitionedPort if contract.partition else OutputPort
        self.port = kind(address, home.port(address, contract.major))
        self.path: Path = home.candidates(address.domain) / f"{address.port}.parquet"
        """The file that is judged and published."""
        self.built: Path = home.built(address.domain) / self.path.name
        """The file that dbt writes."""
        self._contract = contract  # with the types of the data, from `files` on
        self._stated = contract
        self._wanted = wanted if contract.partition else None
        self._base: PortVersion | None = None
        self._cut: Cut | None = None

    @property
    def only(self) -> str | None:
        """The SQL predicate on the rows to build; None for all rows."""
        if self._wanted is None:
            return None
        column = identifier(self._contract.partition.column)
        return f"{column} between date {literal(self._wanted.first)} and date {literal(self._wanted.last)}"

    def take_over(self) -> None:
        """Moves the file that dbt built to where no build can write, and writes it anew, because all believe its footer.

        Raises PublishError when it is incomplete or cannot be read, and DuckDB's error for a fault of the machine.
        """
        import duckdb

        with suppress(OSError):  # there is no such file then
            take_out(self.built, self.path)
        check_whole(self.path, self.port.address)
        try:
            write_anew(self.path)
        except duckdb.Error:
            check_readable(self.path, self.port.address)
            raise

    def files(self) -> list[Path]:
        """The files to audit: those that will be published.

        For a partitioned port without changes, the file that dbt built, which equals the served data. Raises PublishError
        when only some days are wanted but the contract has changed for all, or if the types of numbers differ from those of
        the served days, PortDamaged when the served version cannot be determined, and DuckDB's error when the file cannot be
        read.
        """
        import duckdb

        self._cut, lost, changed = None, set(), None
        if self._contract.partition:
            self._base, lost = self.port.base()
            changed = self._base and self._base.provenance.contract_digest != self._contract.digest
        if self._wanted and changed:
            reason = f"its contract has changed since version {self._base.number}, so every day must be audited against it"
            raise not_published(self.port.address, reason, f"Run it once without --days: mesh run {self.port.address}.")
        types = file_types([self.path])
        self._contract = self._stated.fitted(types)
        if self._contract.partition is None:
            return [self.path]
        if self._base and not changed:
            refuse_other_types(self._base, self._contract)
        with duckdb.connect(config={"temp_directory": str(self.path.with_suffix(".spill"))}) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            if types == {column.name: column.type for column in self._contract.columns}:
                self._cut = cut(self.path, self._contract, self._base, self._wanted, connection, lost)
        return [file.path for file in self._cut.files] if self._cut and self._cut.files else [self.path]

    def all_files(self) -> list[Path]:
        """The files that readers of the port will see after the publish, including days that are not built."""
        if self._contract.partition is None or not self.port.published:
            return [self.path]
        served = self.port.current()
        return [self.path, *replace(served, files=self.kept(served)).fetched()]

    def kept(self, served: PortVersion) -> tuple[Path, ...]:
        """The files of the served version that stay: those of days that the candidate neither holds nor removes."""
        import duckdb

        if (partition := self._contract.partition) is None:
            return ()
        held: set[date] = set()
        with engine().cursor() as connection, suppress(duckdb.BinderException):  # the audit reports a column that is missing
            days = f"SELECT DISTINCT TRY_CAST({identifier(partition.column)} AS DATE) FROM read_parquet({literal(self.path)})"
            held = {day for (day,) in connection.execute(days).fetchall()}
        removed = (self._wanted or DayRange(date.min, date.max)) if partition.complete else ()
        return tuple(file for file in served.files if (day := day_of(file)) not in held and day not in removed)

    def publish(self, provenance: Provenance, digest: str | None = None) -> PortVersion:
        """Commits it as the next version. Raises PublishError when it no longer has the `digest` that was audited, or when
        another process has changed the same data meanwhile."""
        if self._cut is None:
            return self.port.publish(self.path, self._contract, provenance, digest)
        version = self.port.publish_days(self._cut, self._base, self._contract, provenance)
        # The files of the days have been moved into the port's folder; the rest of the candidate is no longer needed.
        for rest in (self.path.with_suffix(""), self.path):
            with suppress(OSError):
                remove(rest)
        return version
