"""What happens is told to whoever listens, and to nobody afterwards."""

import threading

import pytest

from mesh_platform.events import Step, listening, tell


def test_every_listener_hears_every_event_and_none_hears_any_later():
    first, second = [], []
    with listening(first.append), listening(second.append):
        tell(Step("sales", "reading"))
    tell(Step("sales", "building"))
    assert first == second == [Step("sales", "reading")]


def test_events_of_other_threads_are_heard():
    heard = []
    with listening(heard.append):
        thread = threading.Thread(target=tell, args=(Step("sales", "from a thread"),))
        thread.start()
        thread.join()
    assert heard == [Step("sales", "from a thread")]


def test_a_listener_leaves_when_its_block_fails():
    heard = []
    with pytest.raises(RuntimeError), listening(heard.append):
        raise RuntimeError("the run failed")
    tell(Step("sales", "unheard"))
    assert heard == []
