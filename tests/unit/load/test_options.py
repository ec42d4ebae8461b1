"""The command line, and what it makes of an environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from build import COMMANDS
from tests.load.__main__ import open_target, read_options, traffic
from tests.load.environment import EnvironmentTarget
from tests.load.local import LocalTarget
from tests.load.options import Options
from tests.load.traffic import WEIGHTS, TrafficSettings


def ticket_seller(options: Options) -> TrafficSettings:
    settings = traffic(options)
    assert isinstance(settings, TrafficSettings)
    return settings


def test_what_is_not_said_has_a_default() -> None:
    options = read_options([])
    assert options == Options()
    assert options.output == Path("build/load-test")
    assert options.weights == WEIGHTS
    assert options.parameters().shards == 2


def test_everything_can_be_said() -> None:
    said = "--rate 50 --minutes 0.5 --seed 9 --burst 1 --senders 3 --shards 4 --parallelism 1"
    said += " --first-key 100 --weights purchase=5,cancel=0 --output here"
    options = read_options([*said.split(), "--checkpoint-interval", "5 s"])
    assert options.schedule().count == 1_500
    assert (options.weights["purchase"], options.weights["cancel"]) == (5.0, 0.0)
    assert options.weights["change"] == WEIGHTS["change"]
    assert options.parameters().checkpoint_interval == "5 s"
    assert ticket_seller(options).first_key == 100


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("--rate 0", "a schedule needs a rate and a length above 0"),
        ("--burst 10", "a burst is at least 1 and below 10 times the rate"),
        ("--weights buy=1", "new_customer, change_customer, forget_customer"),
        ("--weights purchase=x", "argument --weights: 'purchase=x' cannot be read"),
        ("--search --environment staging", "--search makes many runs"),
        ("--minutes -1", "a schedule needs a rate and a length above 0"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(
    wrong: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        read_options(wrong.split())
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("build.py load-test: ")
    assert sentence in said


def test_an_environment_starts_nothing_and_is_newer_each_time() -> None:
    here, there = read_options([]), read_options(["--environment", "staging"])
    assert isinstance(open_target(here, traffic(here)), LocalTarget)
    assert isinstance(open_target(there, traffic(there)), EnvironmentTarget)
    assert traffic(here) == traffic(here)
    assert ticket_seller(there).origin < ticket_seller(there).origin
    assert there.parameters().shards is None


def test_the_door_has_the_command() -> None:
    assert "load-test" in COMMANDS
