"""Events reach every listener, until its block ends."""

import threading

import pytest

from mesh_platform.events import Step, listening, tell


def test_every_listener_receives_every_event_and_none_after_its_block():
    first, second = [], []
    with listening(first.append), listening(second.append):
        tell(Step("sales", "reading"))
    tell(Step("sales", "building"))
    assert first == second == [Step("sales", "reading")]


def test_events_of_other_threads_are_received():
    events = []
    with listening(events.append):
        thread = threading.Thread(target=tell, args=(Step("sales", "from a thread"),))
        thread.start()
        thread.join()
    assert events == [Step("sales", "from a thread")]


def test_a_listener_leaves_when_its_block_fails():
    events = []
    with pytest.raises(RuntimeError), listening(events.append):
        raise RuntimeError("the run failed")
    tell(Step("sales", "unheard"))
    assert events == []
