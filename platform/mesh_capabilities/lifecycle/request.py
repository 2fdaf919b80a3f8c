"""What somebody asks for who takes a step: by whom, why, and, of a deprecation, what follows and when it ends."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from mesh_platform.errors import LifecycleRefused
from mesh_platform.product.record import check_actor


@dataclass(frozen=True)
class Request:
    """The arguments of a step."""

    by: str
    """`team:sales`."""
    at: datetime
    why: str = ""
    successor: str | None = None
    ends: date | None = None

    @property
    def today(self) -> date:
        return self.at.date()


def request(by: str, why: str = "", successor: str | None = None, ends: str | None = None) -> Request:
    """The request as somebody types it, now. Raises LifecycleRefused for a team or a day that is none."""
    try:
        actor = check_actor(by)
    except ValueError as problem:
        raise LifecycleRefused(f"{str(problem).partition(';')[0]}.", "Write team:<name>, like team:sales.") from None
    try:
        day = date.fromisoformat(ends) if ends else None
    except ValueError:
        raise LifecycleRefused(f"'{ends}' is no day.", "Write it as 2027-01-31.") from None
    return Request(actor, datetime.now(UTC).replace(microsecond=0), " ".join(why.split()), successor or None, day)
