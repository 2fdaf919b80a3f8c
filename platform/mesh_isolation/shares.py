"""What one party pays for several others, divided among them: time, and the number of things that it executes for them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from math import inf
from time import monotonic
from typing import TypeVar

Item = TypeVar("Item")


class TimeShares:
    """Seconds that several parties may use: each has a bound, and so have all together.

    A party whose turn it is may use an equal part of what is left for all: nobody can use up the time of those who come later.

    Args:
        parties: all who ask, once or more, in the order of their turns.
        each: the most seconds of one party.
        together: the most seconds of all.
    """

    def __init__(self, parties: Iterable[str], each: float, together: float) -> None:
        self._waiting, self.each, self.together = dict.fromkeys(parties), each, together
        self._used, self._share = Counter[str](), dict[str, float]()

    def __str__(self) -> str:
        return f"{self.each:g} s for one, and {self.together:g} s for all"

    def left(self, party: str | None) -> float:
        """The seconds that the party may still use; 0 if there are none. Who pays is no party, None, and has all."""
        if party is None:
            return inf
        if party not in self._share:
            # A party that could not be stopped in time has used its own part, and nothing of the others'.
            used = sum(min(self._used[other], share) for other, share in self._share.items())
            self._share[party] = min(self.each, (self.together - used) / max(len(self._waiting), 1))
            self._waiting.pop(party, None)
        return max(self._share[party] - self._used[party], 0)

    @contextmanager
    def using(self, party: str | None) -> Iterator[None]:
        """Counts the time of the block as used by the party."""
        start = monotonic()
        try:
            yield
        finally:
            if party is not None:
                self._used[party] += monotonic() - start


def first_of_each(
    items: Iterable[Item], party: Callable[[Item], str], each: int, together: int
) -> tuple[Sequence[Item], Sequence[Item]]:
    """The items within both bounds: so many of each party, and of all together; and the others."""
    numbers, kept, over = Counter[str](), [], []
    for item in items:
        fits = numbers[party(item)] < each and len(kept) < together
        (kept if fits else over).append(item)
        numbers[party(item)] += fits
    return kept, over
