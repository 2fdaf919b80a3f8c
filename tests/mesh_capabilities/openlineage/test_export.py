"""Sending events to a real server on this machine: accepted in order, or refused with how many were accepted."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mesh_capabilities.errors import EventsNotSent
from mesh_capabilities.openlineage.export import send

EVENTS = [{"number": number} for number in range(5)]


@pytest.fixture
def receiver():
    """A server that accepts events, answers 500 from number `failing_from` on, and pauses if told to."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if server.pause:
                server.slow.wait(server.pause)
            code = 500 if body["number"] >= server.failing_from else 201
            if code == 201:
                server.accepted.append((self.headers["Content-Type"], body["number"]))
            self.send_response(code)
            self.end_headers()
            self.wfile.write(b"the disk is\nfull" if code == 500 else b"")

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.accepted, server.failing_from, server.pause, server.slow = [], 99, 0, threading.Event()
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
    assert receiver.accepted == [("application/json", number) for number in range(5)]


def test_a_proxy_is_bypassed_for_a_receiver_on_this_machine(receiver, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    assert send(EVENTS, receiver.address, 5) == 5


def test_a_response_of_500_is_reported_with_how_many_were_accepted(receiver):
    receiver.failing_from = 3
    with pytest.raises(EventsNotSent) as refusal:
        send(EVENTS, receiver.address, 5)
    assert (
        "answered 500 Internal Server Error to event 4 (the disk is full); 3 events were accepted before it"
        in refusal.value.found
    )
    assert "Send all events again" in refusal.value.way_out
    receiver.failing_from = 99
    assert send(EVENTS, receiver.address, 5) == 5


def test_an_unreachable_server_is_reported():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(EventsNotSent, match=r"cannot be reached: .*refused; 0 events were accepted before"):
        send(EVENTS, f"http://127.0.0.1:{port}/", 5)


def test_a_server_that_does_not_respond_times_out(receiver):
    receiver.pause = 30
    with pytest.raises(EventsNotSent, match="timed out; 0 events"):
        send(EVENTS, receiver.address, 0.2)


@pytest.mark.parametrize("address", ["file:///etc/hosts", "ftp://127.0.0.1/", "127.0.0.1:5000", "http://", ""])
def test_an_invalid_url_is_refused(address):
    with pytest.raises(EventsNotSent, match="is not an http or https URL"):
        send(EVENTS, address, 5)
