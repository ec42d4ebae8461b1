"""The command: a dry run reads what is open and touches nothing; faults are sentences."""

from __future__ import annotations

import argparse
from typing import Any

import pytest

from connectors.blocks import Kind
from flink_app.privacy.keys import PrivacyKeys
from infra.replay.cli import main
from infra.replay.stream_writer import StreamWriter
from tests.unit.decode.records import KEYS, port
from tests.unit.replay.staged import APPLICATION, TOO_LONG
from tests.unit.replay.test_replay import ARN, World


class Services:
    """What the command opens, on a world of tests; remembers what was asked for."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.asked: list[str] = []
        self.read = world.files.read
        self.application = APPLICATION
        self.mark = world.mark
        self.recent = True

    def is_recent(self, arrival_ms: int) -> bool:
        del arrival_ms
        return self.recent

    def bookkeeping(self) -> tuple[Any, ...]:
        parts = self.world.files.parts
        return list(parts[Kind.DEAD_LETTERS]), parts[Kind.RESTRICTED], set(self.world.marks)

    def privacy_keys(self) -> PrivacyKeys:
        self.asked.append("key")
        return KEYS

    def stream_writer(self) -> StreamWriter:
        self.asked.append("stream")
        client: Any = self.world.kinesis
        return StreamWriter(client, ARN)


@pytest.fixture
def services() -> Services:
    world = World()
    world.files.stage([TOO_LONG, TOO_LONG])
    world.files.stage([port(depth="x")])
    return Services(world)


def run(services: Services, *arguments: str) -> int:
    def opened(given: argparse.Namespace) -> Any:
        assert (given.environment, given.environments.name) == ("shop", "environments")
        assert given.properties is given.profile is None
        return services

    return main(["--environment", "shop", *arguments], opened=opened)


def test_a_dry_run_needs_neither_key_nor_stream(
    services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(services) == 0
    assert services.asked == []
    assert capsys.readouterr().out.endswith("nothing was put back; give --apply to do it\n")


def test_what_is_too_old_is_not_put_back(
    services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    services.recent = False
    assert run(services, "--apply") == 0
    assert services.world.numbers == []
    assert "  left out: 3 whose records" in capsys.readouterr().out


def test_one_part_is_put_back_alone(services: Services) -> None:
    part = services.world.files.parts[Kind.DEAD_LETTERS][1]
    assert run(services, "--part", part.name, "--apply") == 0
    assert services.world.numbers == [10]


def test_a_part_that_the_ledger_does_not_have_is_refused(
    services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(services, "--part", "left-over", "--apply") == 1
    errors = capsys.readouterr().err
    assert errors == "replay: the ledger has no part of dead letters named left-over\n"
    assert services.world.numbers == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--since", "2026-11-23T10:00:00"), "has no time zone: write it as 2026-11-23T10:00:00Z"),
        (("--limit", "0"), "the limit must be at least 1"),
        (
            ("--reason", "no_reason"),
            "no dead letter has the reason 'no_reason': give one of",
        ),
    ],
)
def test_a_wrong_argument_is_reported(
    services: Services,
    arguments: tuple[str, str],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        run(services, *arguments)
    assert message in capsys.readouterr().err
