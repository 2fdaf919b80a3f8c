"""The response time of the portal's search, measured in the browser: for each key, the time until its results are laid out.

Every query is typed several times, and the time of a key is their median: the first time is slower while the browser compiles
the script, and on a busy machine any single time can be.
"""

import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median

REPEATS = 7
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
        runs = {query: [page.evaluate(_TYPE, query) for _ in range(REPEATS)] for query in QUERIES}
        browser.close()
    keys = [median(times) for repeats in runs.values() for times in zip(*repeats)]
    cpu = time.process_time() - start
    return {"seconds": max(keys) / 1000, "cpu_seconds": cpu, "keys": len(keys), "median_ms": median(keys)}
