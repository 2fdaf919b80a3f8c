"""Sending events to a real server on this machine: taken in order, or refused by name with nothing lost."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mesh_capabilities.openlineage.sending import send
from mesh_platform.errors import EventsNotSent

EVENTS = [{"number": number} for number in range(5)]


@pytest.fixture
def receiver():
    """A server that takes events, answers 500 from the one that it has been told to, and may be slow."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if server.pause:
                server.slow.wait(server.pause)
            code = 500 if body["number"] >= server.unwell_from else 201
            if code == 201:
                server.taken.append((self.headers["Content-Type"], body["number"]))
            self.send_response(code)
            self.end_headers()
            self.wfile.write(b"the disk is\nfull" if code == 500 else b"")

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.taken, server.unwell_from, server.pause, server.slow = [], 99, 0, threading.Event()
    server.address = f"http://127.0.0.1:{server.server_port}/api/v1/lineage"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.slow.set()
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_event_is_posted_in_order(receiver):
    assert send(EVENTS, receiver.address, 5) == 5
    assert receiver.taken == [("application/json", number) for number in range(5)]


def test_a_proxy_is_not_asked_for_what_runs_on_this_machine(receiver, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    assert send(EVENTS, receiver.address, 5) == 5


def test_an_answer_of_500_is_named_with_what_was_taken_before(receiver):
    receiver.unwell_from = 3
    with pytest.raises(EventsNotSent) as refusal:
        send(EVENTS, receiver.address, 5)
    assert "answered 500 Internal Server Error to event 4 (the disk is full); 3 before it were accepted" in refusal.value.found
    assert "send all of them again" in refusal.value.way_out
    receiver.unwell_from = 99
    assert send(EVENTS, receiver.address, 5) == 5


def test_a_server_that_is_not_there_is_named():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(EventsNotSent, match=r"cannot be reached: .*refused; 0 events were accepted before"):
        send(EVENTS, f"http://127.0.0.1:{port}/", 5)


def test_a_server_that_does_not_answer_is_not_waited_for_any_longer_than_said(receiver):
    receiver.pause = 30
    with pytest.raises(EventsNotSent, match="timed out; 0 events"):
        send(EVENTS, receiver.address, 0.2)


@pytest.mark.parametrize("address", ["file:///etc/hosts", "ftp://127.0.0.1/", "127.0.0.1:5000", "http://", ""])
def test_what_is_no_address_of_a_web_server_is_refused(address):
    with pytest.raises(EventsNotSent, match="is no address to send to"):
        send(EVENTS, address, 5)
