"""How long a first visit takes on a slow net, how much it loads, and how much its layout shifts.

    python -m tests.bench.loading        a minute

A server and a Chromium of its own, as in tests/e2e, with an empty cache, at the speed that browsers
call slow 3G. Asked: something painted within 3 s, 700 kB at most on a phone, a shift under .1.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.e2e.conftest import chromium, running
from tests.e2e.studio_page import DESKTOP, PHONE

SLOW_3G = dict(offline=False, latency=400, downloadThroughput=400_000 / 8,
               uploadThroughput=400_000 / 8)  # ms; bytes a second
# https://web.dev/articles/cls counts sessions; a sum over the whole load is no less than that.
SHIFTS = """window.shift = 0; new PerformanceObserver(list => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) window.shift += one.value;
}).observe({type: 'layout-shift', buffered: true});"""
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"
QUIET = 2000  # ms without a further file, after which the page has loaded


def main() -> None:
    print("| window | first paint, s | page stands, s | kB | layout shift |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as server, \
            sync_playwright() as playwright, chromium(playwright) as browser:
        browser.new_page().goto(server.url)  # what a server makes once is made
        for name, (width, height) in (("phone", PHONE), ("desktop", DESKTOP)):
            context = browser.new_context(viewport={"width": width, "height": height},
                                          has_touch=name == "phone")
            print(f"| {name}, {width} x {height} | {visit(context, server.url)} |", flush=True)
            context.close()


def visit(context, url: str) -> str:
    """A first visit, as a row of the table."""
    page, sizes = context.new_page(), []
    page.set_default_timeout(120_000)
    page.add_init_script(SHIFTS)
    net = context.new_cdp_session(page)
    net.send("Network.enable")
    net.send("Network.emulateNetworkConditions", SLOW_3G)
    net.on("Network.loadingFinished", lambda file: sizes.append(file["encodedDataLength"]))
    page.goto(url, wait_until="commit")
    page.locator("#shell").wait_for()
    page.locator("#shell").wait_for(state="detached")
    stands = page.evaluate("performance.now() / 1000")
    loaded = -1
    while loaded < len(sizes):
        loaded = len(sizes)
        page.wait_for_timeout(QUIET)
    painted, shift = page.evaluate(f"[{PAINTED}, window.shift]")
    return f"{painted:.1f} | {stands:.1f} | {sum(sizes) / 1000:.0f} | {shift:.3f}"


if __name__ == "__main__":
    main()
