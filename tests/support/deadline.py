"""An end for what would never end: a reader of a pipe, for example. The test fails, and its process goes on."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def in_time(seconds: int = 300) -> Iterator[None]:
    """Fails the test if the block takes longer. The limit is for what hangs, and not for what is slow."""

    def late(*_: object) -> None:
        pytest.fail(f"it has not ended after {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
