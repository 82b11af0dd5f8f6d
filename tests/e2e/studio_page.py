"""The page as a visitor handles it: what the browser tests do, said once."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from .conftest import PATIENCE

__all__ = ["DESKTOP", "LOW", "PHONE", "TABLET", "StudioPage"]

DESKTOP, PHONE = (1440, 900), (390, 844)
LOW, TABLET = (844, 390), (820, 1180)  # a phone held sideways
SIZE, STEPS = 128, 8  # px and steps of a picture in a test

expect.set_options(timeout=PATIENCE * 1000)


class StudioPage:
    """One visit. ``shots``: folder for screenshots, named after ``name``.

    ``motion``: whether this visitor wants to see animations; drawing them takes the server's time.
    """

    def __init__(self, browser, url: str, shots: Path, name: str, *, view=DESKTOP, dark=False,
                 motion=False, **context):
        self._context = browser.new_context(
            viewport={"width": view[0], "height": view[1]}, has_touch=view != DESKTOP,
            color_scheme="dark" if dark else "light", accept_downloads=True,
            reduced_motion=None if motion else "reduce", **context)
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(PATIENCE * 1000)
        self._shots, self._name, self._count = shots, name, 0
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(url + ("/?__theme=dark" if dark else "/"))
        self.page.locator("#gallery img").first.wait_for()
        expect(self.page.locator("#paint")).to_be_enabled()

    def __enter__(self) -> StudioPage:
        return self

    def __exit__(self, *_) -> None:
        self._context.close()

    def settled(self) -> None:
        """Wait until buttons have their colour and panels their size: no transition is under way.

        Not for what moves all the time, nor for the border of before and after.
        """
        self.page.wait_for_function("""() => document.getAnimations().every(moving =>
            moving.playState != 'running' || moving.effect.getTiming().iterations == Infinity
            || ['uncover', 'border'].includes(moving.animationName))""")

    def open_tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name).click()
        expect(self.page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
        self.settled()

    def shot(self, what: str) -> None:
        """A page that fits its window; a screenshot of it, numbered in the order of the visit.

        Only where NST_SCREENSHOTS says that somebody looks at it.
        """
        self.fits()
        self._count += 1
        if "NST_SCREENSHOTS" in os.environ:
            self.page.screenshot(path=self._shots / f"{self._name}-{self._count}-{what}.png")

    def upload(self, file: Path) -> None:
        """A photo from the disk; it is on the wall then."""
        before = self.stage()
        with self.page.expect_file_chooser() as chooser:
            self.page.locator("#upload").click()
        chooser.value.set_files(str(file))
        expect(self.page.locator("#stage img").first).not_to_have_attribute("src", before)

    def small(self, steps: int = STEPS, size: int = SIZE) -> None:
        """As few pixels and steps as show what there is to see."""
        field = self.page.locator("#advanced").get_by_label("Steps", exact=False)
        if not field.first.is_visible():
            self.page.locator("#advanced button").first.click()
        self.number("Steps", steps)
        self.number("Size", size)

    def number(self, label: str, value: float) -> None:
        field = self.field(label)
        field.fill(str(value))
        field.press("Tab")

    def field(self, label: str) -> Locator:
        """The number of a control."""
        return self.page.get_by_label(f"number input for {label}").or_(
            self.page.get_by_label(label, exact=True)).first

    def compared(self) -> Locator:
        """The painting of the before and after."""
        return self.page.locator("#before-after img").last

    def choose(self, title: str) -> None:
        """Click a style by a part of its caption."""
        self.page.locator(f"#gallery img[alt*='{title}']").click()

    def paint(self) -> None:
        self.page.locator("#paint").click()
        self.page.locator("#stop").wait_for()

    def stage(self) -> str:
        """Address of the picture on the wall; empty if there is none."""
        image = self.page.locator("#stage img")
        return image.first.get_attribute("src") or "" if image.count() else ""

    def previews(self, most: int = 10_000) -> list[str]:
        """The different pictures seen until the work is done, or until there were ``most``."""
        seen = []
        while True:
            if (source := self.stage()) and source not in seen:
                seen.append(source)
            if self.idle or len(seen) >= most:
                return seen
            self.page.wait_for_timeout(100)

    @property
    def idle(self) -> bool:
        return self.page.locator("#paint").is_visible()

    @property
    def status(self) -> str:
        return self.page.locator("#status p").inner_text()

    def finish(self) -> str:
        """Wait for the end; the status line then."""
        self.page.locator("#paint").wait_for()
        return self.status

    def download(self, button: str, folder: Path) -> Path:
        with self.page.expect_download() as waiting:
            self.page.locator(button).click()
        file = folder / waiting.value.suggested_filename
        waiting.value.save_as(file)
        return file

    def fits(self) -> None:
        """Nothing scrolls sideways, the page ends where its content ends, and Paint, or Stop in its
        place, is in view.
        """
        assert self.overflow() <= 0
        assert self.page.evaluate("""document.documentElement.scrollHeight - scrollY
            - document.querySelector('#privacy').getBoundingClientRect().bottom
            - document.querySelector('#bar').offsetHeight""") < 20
        button = self.page.locator("#paint").or_(self.page.locator("#stop")).filter(visible=True)
        expect(button.first).to_be_in_viewport(ratio=1)

    def overflow(self) -> int:
        """Pixels by which the page is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
