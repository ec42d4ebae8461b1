"""The README's pictures are what the command makes of the recorded outputs, and show no more."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree as ET

import pytest

from build import COMMANDS, java_for
from connectors.version import VERSION
from infra.bootstrap import Java
from tests.load.report import page
from tests.pictures import screens
from tests.pictures.record import Recorded, RecordingError
from tests.pictures.report import MADE_FROM, digest, name_picture, read_recorded
from tests.pictures.screens import PICTURES, RECORDED, SCREENS, Screen
from tests.pictures.terminal import draw
from tests.support.browser import Scheme
from tests.unit.stars import ROOT

README = (ROOT / "README.md").read_text()
DATA_PATH = PICTURES / "data-path.svg"
MOST_BYTES = 150_000
HOW = "run `python3 build.py pictures` and commit what it writes"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("name", SCREENS)
def test_a_terminal_shows_what_was_recorded(name: str) -> None:
    screen = SCREENS[name]
    assert (ROOT / screen.picture).read_text(encoding="utf-8") == draw(screen), HOW


def test_the_reports_pictures_are_of_the_page_as_it_is_now() -> None:
    made_from = json.loads((ROOT / MADE_FROM).read_text())
    now = digest(page(read_recorded()))
    assert made_from == {name_picture(scheme).name: now for scheme in get_args(Scheme)}, HOW


def test_what_was_recorded_went_well_and_names_no_place_of_the_machine() -> None:
    assert read_recorded().outcome == "equal"
    assert "equals the join" in SCREENS["demo"].recorded.read_text()
    for path in RECORDED.iterdir():
        assert not re.search(r"/(tmp|home|root|work)\b", path.read_text(encoding="utf-8")), path


def test_every_picture_is_small_and_in_the_readme() -> None:
    shown = set(re.findall(r'(?:src|srcset)="([^"]+)"', README))
    there = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / PICTURES).iterdir()
        if path.suffix in {".svg", ".png"}
    }
    assert there == shown
    for name in there:
        assert (ROOT / name).stat().st_size < MOST_BYTES, name
    for image in re.findall(r"<img [^>]+>", README):
        assert re.search(r'alt="[^"]{20,}"', image), f"{image} says nothing to those who hear it"


@pytest.mark.parametrize(
    "picture", sorted((ROOT / PICTURES).glob("*.svg")), ids=lambda path: path.name
)
def test_a_drawing_has_its_text_as_text_and_loads_nothing(picture: Path) -> None:
    text = picture.read_text(encoding="utf-8")
    root = ET.fromstring(text)  # noqa: S314 - our own file
    assert root.tag == f"{SVG}svg"
    assert len(list(root.iter(f"{SVG}text"))) > 10
    assert not re.search(r"href=|src=|@import|@font-face|url\((?!#)", text)
    assert not list(root.iter(f"{SVG}image"))


def test_the_data_path_names_the_stages_and_has_colours_for_the_dark() -> None:
    text = (ROOT / DATA_PATH).read_text(encoding="utf-8")
    root = ET.fromstring(text)  # noqa: S314 - our own file
    words = " ".join("".join(element.itertext()) for element in root.iter(f"{SVG}text"))
    for stage in ("source", "split", "decode", "join", "stage", "signal", "load"):
        assert re.search(rf"\b{stage}\b", words), stage
    assert "prefers-color-scheme: dark" in text
    assert root.find(f"{SVG}title") is not None


def test_another_output_makes_another_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screens, "RECORDED", tmp_path)
    screen = Screen("x", "starjoin x", columns=40)
    screen.recorded.write_text("one\n\x1b[32mtwo\x1b[0m & <three>\nfour\n")
    drawn = draw(screen)
    assert "two" in drawn
    assert "&lt;three&gt;" in drawn
    assert drawn == draw(screen)
    left_out = dataclasses.replace(screen, left_out=[("one", "four")])
    assert left_out.shown() == ["...", "four"]
    assert "two" not in draw(left_out)
    coloured = dataclasses.replace(screen, coloured=[("four", "bold green")])
    assert draw(coloured) != drawn
    screen.recorded.write_text("one\n")
    assert draw(screen) != drawn


@pytest.mark.parametrize("on_terminal", [False, True])
def test_a_command_is_recorded_as_it_prints(on_terminal: bool) -> None:
    screen = SCREENS["watch"]
    done = Recorded(screen, ["--version"], on_terminal=on_terminal)
    assert done.wait_for(r"starjoin (\S+)$")[1] == VERSION
    assert done.end(0) == f"starjoin {VERSION}\n"
    with pytest.raises(RecordingError, match="it ended with 2"):
        Recorded(screen, ["no-such"], on_terminal=on_terminal).end(0)
    with pytest.raises(RecordingError, match="the output has no"):
        Recorded(screen, ["--version"], on_terminal=on_terminal).wait_for("nothing of it")


def test_the_door_has_the_command_and_needs_no_jdk_to_draw() -> None:
    assert "pictures" in COMMANDS
    assert java_for("pictures", []) is Java.NOTHING
    assert java_for("pictures", ["--record"]) is Java.JAR
