"""Pages in a headless Chromium: what the browser complains of, what is cut off, and pictures.

Owns where Chromium is found. Playwright drives it; the browser is the system's own, of the packages
`chromium-headless-shell` or `chromium`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Browser, Page, sync_playwright

Scheme = Literal["light", "dark"]
# The first three are those that `.ci/run` looks for before it installs one.
_PROGRAMS: Final = ("chromium-headless-shell", "chromium", "google-chrome", "chromium-browser")
HOW_TO_GET_ONE: Final = (
    "no Chromium on the PATH: apt-get install chromium-headless-shell, or chromium"
)
_LOOK: Final = Path(__file__).with_name("look.js")


def find_chromium() -> str | None:
    """The program, or None where the machine has none."""
    return next(filter(None, map(shutil.which, _PROGRAMS)), None)


@contextmanager
def open_browser(program: str) -> Iterator[Browser]:
    """A headless browser, closed at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        try:
            yield browser
        finally:
            browser.close()


@dataclass(frozen=True)
class Looked:
    """What a page is like at one width.

    Attributes:
        complaints: errors and warnings of the console, exceptions, and whatever the page requested
            besides itself.
        faults: what is cut off, lies outside, is too small to read or covers other text; a line
            each.
    """

    complaints: tuple[str, ...]
    faults: tuple[str, ...]


@contextmanager
def open_page(browser: Browser, file: Path, width: int, scheme: Scheme) -> Iterator[Page]:
    """A page in a window of this width, in pixels."""
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    try:
        page.goto(file.as_uri())
        yield page
    finally:
        page.close()


def look_at(browser: Browser, file: Path, width: int, scheme: Scheme) -> Looked:
    """Opens the page, unfolds what can be, and looks at every element of it."""
    complaints: list[str] = []
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    address = file.as_uri()
    try:
        page.on(
            "console",
            lambda message: (
                complaints.append(f"{message.type}: {message.text}")
                if message.type in {"error", "warning"}
                else None
            ),
        )
        page.on("pageerror", lambda error: complaints.append(f"exception: {error}"))
        page.on(
            "request",
            lambda request: (
                complaints.append(f"request: {request.url}") if request.url != address else None
            ),
        )
        page.goto(address)
        faults = page.evaluate(_LOOK.read_text())
    finally:
        page.close()
    return Looked(tuple(complaints), tuple(faults))
