"""The load test's page, photographed by Chromium: for light pages and for dark ones.

A picture's bytes depend on the browser, so a test cannot make them again. It compares the page that
each was made from instead, by its digest.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Final, get_args

from infra.bootstrap import ROOT
from tests.load.figures import Report
from tests.load.report import page
from tests.pictures.screens import PICTURES, REPORT
from tests.support.browser import Scheme, open_browser, open_page

MADE_FROM: Final = PICTURES / "made-from.json"
_WIDTH: Final = 900
_HEIGHT: Final = 1_080


def photograph(program: str) -> list[Path]:
    """Writes the pictures and what they were made from; gives their paths."""
    text = page(read_recorded())
    written = []
    with (
        tempfile.TemporaryDirectory(prefix="starjoin-") as folder,
        open_browser(program) as browser,
    ):
        file = Path(folder) / "report.html"
        file.write_text(text, encoding="utf-8")
        for scheme in get_args(Scheme):
            path = ROOT / name_picture(scheme)
            with open_page(browser, file, _WIDTH, scheme) as opened:
                opened.set_viewport_size({"width": _WIDTH, "height": _HEIGHT})
                opened.screenshot(path=path)
            written.append(path)
    made_from = {name_picture(scheme).name: digest(text) for scheme in get_args(Scheme)}
    (ROOT / MADE_FROM).write_text(json.dumps(made_from, indent=1) + "\n", encoding="utf-8")
    return [*written, ROOT / MADE_FROM]


def name_picture(scheme: Scheme) -> Path:
    """The picture for pages of this scheme, from the root of the repository."""
    return PICTURES / f"report-{scheme}.png"


def read_recorded() -> Report:
    """The report of the load test that was recorded."""
    return Report.model_validate_json(REPORT.read_bytes())


def digest(text: str) -> str:
    """What tells one page from another."""
    return hashlib.sha256(text.encode()).hexdigest()
