"""The server of the portal: on 127.0.0.1 only, files only, and never outside the folder."""

import socket
import struct
import time
import urllib.request
from types import SimpleNamespace
from urllib.error import HTTPError

import pytest

from mesh_capabilities.errors import PortalError
from mesh_capabilities.portal.server import PortalServer


@pytest.fixture
def server(tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "site/empty").mkdir(parents=True)
    (tmp_path / "site/index.html").write_text("home")
    (tmp_path / "site/catalog.jsonld").write_text("{}")
    server = PortalServer(tmp_path / "site", 0)
    yield server
    server.close()


def get(address):
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=10) as answer:
        return answer.read().decode(), answer.headers


def test_it_serves_the_pages_and_lets_browsers_revalidate(server):
    text, headers = get(f"{server.address}/")
    assert (text, headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("home", "no-cache", "nosniff")
    assert get(f"{server.address}/catalog.jsonld")[1]["Content-Type"] == "application/ld+json"


@pytest.mark.parametrize("path", ["/../secret.txt", "/%2e%2e/secret.txt", "/empty/", "/nothing.html"])
def test_it_serves_nothing_else(server, path):
    with pytest.raises(HTTPError, match="404"):
        get(server.address + path)


def test_it_listens_on_the_loopback_address_only(server):
    assert server.address.startswith("http://127.0.0.1:")


def test_a_port_in_use_is_refused(server, tmp_path):
    taken = int(server.address.rpartition(":")[2])
    with pytest.raises(PortalError, match=f"Port {taken} on 127.0.0.1 is in use"):
        PortalServer(tmp_path / "site", taken)


@pytest.mark.parametrize(("port", "ui", "free", "used"), [(3001, 3000, {3003, 3004}, 3003), (65_535, 65_535, {65_535}, 0)])
def test_beside_the_ui_the_portal_takes_the_next_free_port_and_never_the_ui_s(port, ui, free, used, monkeypatch, tmp_path):
    from mesh_capabilities.portal import show

    monkeypatch.setattr(show, "load_project", lambda *_, **__: None)
    monkeypatch.setattr(show, "built_portal", lambda _: SimpleNamespace(folder=tmp_path))
    monkeypatch.setattr(show, "is_free", free.__contains__)
    monkeypatch.setattr(show, "PortalServer", lambda folder, at: at)
    assert show.serve_beside(SimpleNamespace(root=tmp_path), port, ui) == used


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HT", b"GET /big.bin HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"], ids=["nothing", "a part", "all"]
)
def test_a_client_that_hangs_up_is_not_spoken_of(tmp_path, capfd, sent):
    (tmp_path / "big.bin").write_bytes(bytes(8 << 20))
    server = PortalServer(tmp_path, 0)
    port = int(server.address.rpartition(":")[2].strip("/"))
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(sent)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # the end is a reset
    time.sleep(0.5)
    server.close()
    assert capfd.readouterr().err == ""
