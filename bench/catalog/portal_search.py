"""How fast the portal's search answers, measured in the browser: the time of each key, until what it finds is laid out."""

import shutil
import time
from collections.abc import Mapping
from pathlib import Path

QUERIES = ("p001", "d001 p0", "column", "c01", "id", "team", "nothing like it")
_TYPE = """async (query) => {
    const field = document.getElementById('search');
    const times = [];
    for (let end = 1; end <= query.length; end += 1) {
        field.value = query.slice(0, end);
        const start = performance.now();
        field.dispatchEvent(new Event('input'));
        document.getElementById('found').getBoundingClientRect();
        times.push(performance.now() - start);
        await new Promise((done) => setTimeout(done, 0));
    }
    return times;
}"""


def slowest_key(folder: Path) -> Mapping[str, float]:
    """Types every query, key by key, into the search of the portal in `folder`."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    start = time.process_time()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.goto((folder / "index.html").as_uri())
        page.focus("#search")
        page.fill("#search", "x")
        page.wait_for_function("() => !document.getElementById('found').hidden", timeout=60_000)
        times = [each for query in QUERIES for each in page.evaluate(_TYPE, query)]
        browser.close()
    middle = sorted(times)[len(times) // 2]
    return {"seconds": max(times) / 1000, "cpu_seconds": time.process_time() - start, "keys": len(times), "median_ms": middle}
