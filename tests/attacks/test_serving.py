"""Requests to the servers of the mesh that no page of theirs makes: the portal, and Dagster's UI."""

import asyncio
import http.client
import os
import shutil
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from mesh_capabilities.portal.server import PortalServer
from mesh_capabilities.portal.view import POLICY
from mesh_isolation.text import plain

SECRET = b"a secret of somebody"


@pytest.fixture
def served(tmp_path):
    """A portal's folder, a secret beside it, and links to the secret; the address of its server."""
    site = tmp_path / "site"
    (site / "products").mkdir(parents=True)
    (tmp_path / "secret.html").write_bytes(SECRET)
    (tmp_path / "beside").mkdir()
    (tmp_path / "beside/index.html").write_bytes(SECRET)
    (site / "index.html").write_text("<h1>home</h1>")
    (site / "products/orders.html").write_text("<h1>orders</h1>")
    (site / ".mesh-portal.json").write_bytes(SECRET)
    (site / "link.html").symlink_to(tmp_path / "secret.html")
    (site / "folder").symlink_to(tmp_path / "beside")
    (site / "system.html").symlink_to("/etc/passwd")
    os.mkfifo(site / "pipe.html")
    server = PortalServer(site, 0)
    yield server
    server.close()


def ask(server, path="/", method="GET", host=None, origin=None):
    """The answer to a request that is sent as it stands."""
    address = server.address.removeprefix("http://")
    connection = http.client.HTTPConnection(address, timeout=10)
    connection.putrequest(method, path, skip_host=True)
    if host != "":
        connection.putheader("Host", host or address)
    if origin:
        connection.putheader("Origin", origin)
    connection.putheader("Content-Length", "0")
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body, answer.headers


def test_the_pages_are_served_with_a_policy_that_the_page_has_too(served):
    status, body, headers = ask(served)
    assert (status, body) == (200, b"<h1>home</h1>")
    assert headers["Content-Security-Policy"].startswith(POLICY)
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "no-referrer")
    assert "Python" not in headers["Server"]


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:3001",
        "",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "127.0.0.1@evil.example",
        "0.0.0.0",
    ],
)
def test_a_name_that_leads_here_is_refused(served, host):
    status, body, _ = ask(served, host=host)
    assert status == 403
    assert b"home" not in body


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1:1"])
def test_a_page_of_another_server_is_refused(served, origin):
    status, body, headers = ask(served, origin=origin)
    assert status == 403
    assert b"home" not in body
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.html",
        "/%2e%2e/secret.html",
        "/products/../../secret.html",
        "/products/%2e%2e%2f%2e%2e%2fsecret.html",
        "/..%5csecret.html",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/%00/../secret.html",
        "/%ff",
        "/link.html",
        "/folder/",
        "/folder/index.html",
        "/system.html",
        "/pipe.html",
        "/.mesh-portal.json",
        "/products",
        "/products/",
        "//evil.example/..",
    ],
)
def test_nothing_but_the_files_of_the_folder_is_served(served, path):
    status, body, headers = ask(served, path)
    assert status == 404
    assert SECRET not in body and b"root:" not in body
    assert "Location" not in headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "EVIL"])
def test_only_reading_is_answered(served, method, tmp_path):
    before = sorted(path.name for path in (tmp_path / "site").iterdir())
    status, body, _ = ask(served, "/new.html", method)
    assert status in (405, 501)
    assert b"home" not in body
    assert sorted(path.name for path in (tmp_path / "site").iterdir()) == before


def test_the_server_is_not_reached_by_another_address_of_this_machine(served):
    port = int(served.address.rpartition(":")[2])
    with socket.socket(socket.AF_INET6) as there, pytest.raises(OSError):
        there.connect(("::1", port))
    others = {entry[4][0] for entry in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {"127.0.0.1"}
    for address in others - {other for other in others if other.startswith("127.")}:
        with socket.socket() as there, pytest.raises(OSError):
            there.connect((address, port))


UI = "127.0.0.1:3000"


def reaches_dagster(kind="http", path="/", query=b"", method="GET", **headers):
    """Whether a request with these headers, their names with underscores, is passed on to Dagster."""
    from mesh_isolation.servers import own_pages_only

    reached, sent = [], []

    async def dagster(scope, receive, send):
        reached.append(scope)

    async def send(message):
        sent.append(message)

    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items() if value]
    scope = {"type": kind, "headers": given, "path": path, "query_string": query, "method": method}
    asyncio.run(own_pages_only(dagster)(scope, None, send))
    assert reached or sent[0].get("status") == 403 or sent[0]["type"] == "websocket.close"
    return bool(reached)


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    ("host", "origin", "answered"),
    [
        (UI, "", True),
        (UI, f"http://{UI}", True),
        ("localhost:3000", "http://localhost:3000", True),
        ("evil.example:3000", "", False),
        ("evil.example:3000", "http://evil.example:3000", False),
        (UI, "http://evil.example", False),
        (UI, "null", False),
        (UI, "http://127.0.0.1:3001", False),
        ("", "", False),
    ],
)
def test_dagsters_webserver_answers_its_own_pages_only(kind, host, origin, answered):
    assert reaches_dagster(kind, host=host, origin=origin) == answered


@pytest.mark.parametrize("site", ["cross-site", "same-site", "same-origin", "none", ""])
@pytest.mark.parametrize(
    ("mode", "dest"),
    [("no-cors", kind) for kind in ("image", "script", "style", "font", "video", "object", "embed", "empty")]
    + [("navigate", kind) for kind in ("document", "iframe", "frame")]
    + [("cors", "empty"), ("websocket", "websocket"), ("", "")],
)
def test_a_foreign_page_may_link_to_a_page_and_load_nothing(site, mode, dest):
    own, link = site in ("same-origin", "none", ""), (mode, dest) == ("navigate", "document")
    assert reaches_dagster(host=UI, sec_fetch_site=site, sec_fetch_mode=mode, sec_fetch_dest=dest) == (own or link)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST"])
@pytest.mark.parametrize("path", ["/graphql", "/graphql/", "/prefix/graphql"])
@pytest.mark.parametrize("query", [b"", b"query=mutation", b"%71uery=mutation"])
def test_no_link_executes_graphql(method, path, query):
    assert reaches_dagster(path=path, query=query, method=method, host=UI) == (method == "POST" or not query)


class Foreign(ThreadingHTTPServer):
    """A server that is not the mesh's, and notes what is asked of it."""

    def __init__(self):
        asked = self.asked = []

        class Note(BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_error(404)

            def log_message(self, *arguments):
                pass

        super().__init__(("127.0.0.1", 0), Note)
        Thread(target=self.serve_forever, daemon=True).start()

    def hostile(self) -> str:
        address = f"http://127.0.0.1:{self.server_address[1]}"
        return (
            f"![i]({address}/a.png) <img src={address}/b.png onerror=fetch('{address}/c')> <script src={address}/d.js></script>"
            f'<script>fetch("{address}/e")</script> <link rel=stylesheet href={address}/f.css> <iframe src={address}/g>'
            f"</iframe><style>@import '{address}/h.css'</style> [x]({address}/i)"
            f"<meta http-equiv=refresh content='0;url={address}/j'>"
        )


@pytest.fixture
def foreign():
    server = Foreign()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def page():
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        pytest.skip("there is no Chromium here")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        quiet = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--no-proxy-server"]
        browser = playwright.chromium.launch(executable_path=chromium, args=quiet)
        yield browser.new_page()
        browser.close()


def test_a_browser_on_a_hostile_page_would_ask_the_foreign_server(foreign, page, tmp_path):
    (tmp_path / "page.html").write_text(f"<!doctype html>{foreign.hostile()}")
    page.goto((tmp_path / "page.html").as_uri())
    page.wait_for_timeout(500)
    assert len(foreign.asked) >= 4


@pytest.mark.parametrize("how", ["served", "from the disk"])
def test_a_hostile_page_among_the_portals_own_asks_nobody(foreign, page, tmp_path, how):
    """Had the templates not escaped it: the policy alone, in the header, or in the page where it is opened from the disk."""
    site = tmp_path / "site"
    site.mkdir()
    meta = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">' if how == "from the disk" else ""
    text = foreign.hostile().rpartition("<meta")[0]  # no policy keeps a page from leading elsewhere; escaping does
    (site / "index.html").write_text(f"<!doctype html><head>{meta}</head>{text}")
    server = PortalServer(site, 0)
    page.goto(server.address if how == "served" else (site / "index.html").as_uri())
    page.wait_for_timeout(500)
    server.close()
    assert foreign.asked == []


@pytest.fixture
def capabilities():
    return ("governance", "contract_change", "contract_lint", "columns", "portal")


def test_hostile_texts_of_a_whole_mesh_are_text_in_the_portal(foreign, page, shop, publish_shop, call, tmp_path):
    text = f"\u202e{foreign.hostile()}"
    publish_shop("(1, 1, 'x')")
    shop.domain_file("shop", description=text, channel=text, title=text)
    columns = [{"name": "id", "physicalType": "INTEGER", "primaryKey": True, "description": text}]
    shop.contract("things", "shop", columns, description={"purpose": text, "usage": text, "limitations": text})
    shop.product("things", "shop", description={"purpose": text}, team={"name": "shop", "description": text})
    result = call("portal", "build", "--to", tmp_path / "site")
    assert result.exit_code == 1, "the portal says that the domains have no dbt project"
    copies = tmp_path / "site/standards"  # byte for byte what the team has written, for programs
    files = [file for file in (tmp_path / "site").rglob("*.*") if file.is_file() and copies not in file.parents]
    assert [file.name for file in files if "\u202e" in file.read_text(encoding="utf-8")] == []
    assert "\\u202e" in (tmp_path / "site/products/shop/things.html").read_text(encoding="utf-8")
    server, dialogs = PortalServer(tmp_path / "site", 0), []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    for file in files:
        if file.suffix == ".html":
            page.goto(f"{server.address}/{file.relative_to(tmp_path / 'site').as_posix()}")
            page.wait_for_load_state("load")
    page.wait_for_timeout(300)
    server.close()
    assert (foreign.asked, dialogs) == ([], [])


DEFINITIONS = """
from dagster import AssetSpec, Definitions
defs = Definitions(assets=[AssetSpec(["mesh", "raw"], description={raw!r}), AssetSpec(["mesh", "safe"], description={safe!r})])
"""


@pytest.fixture
def dagster(foreign, tmp_path):
    """The UI's webserver over two assets: one described by what a team has written, one by what the platform makes of it."""
    import subprocess
    import sys
    import time

    raw = foreign.hostile()
    (tmp_path / "defs.py").write_text(DEFINITIONS.format(raw=raw, safe=plain(raw)))
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\nnux: {enabled: false}\n")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [sys.executable, "-m", "mesh_platform.dagster.webserver", "-h", "127.0.0.1", "-p", str(port), "-f", "defs.py"]
    settings = {**os.environ, "DAGSTER_HOME": str(tmp_path), "DAGSTER_DISABLE_TELEMETRY": "1"}
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(words, cwd=tmp_path, env=settings, stdout=log, stderr=log)
    try:
        for _ in range(300):
            assert server.poll() is None, Path(tmp_path / "log").read_text()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=30)


@pytest.mark.parametrize("asset", ["raw", "safe"])
def test_an_assets_page_in_dagster_asks_nobody(foreign, page, dagster, asset):
    page.goto(f"{dagster}/assets/mesh/{asset}?view=overview")
    page.wait_for_selector(f"text=/{'b.png' if asset == 'safe' else 'onerror'}/", timeout=30_000)
    page.wait_for_timeout(1_000)
    assert foreign.asked == []
    links = page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
    if asset == "safe":
        assert [link for link in links if str(foreign.server_address[1]) in link] == []
        assert page.locator(".dagster-markdown img").count() == 0
