"""How long an upload waits for S3, by a clock of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.staging.errors import StagingRefusedError, StagingUnavailableError
from connectors.staging.waiting import WaitingStore


class Rig:
    """A store that fails until a set time, and a clock that only sleep advances."""

    def __init__(self, limit: float = 300, chance: float = 1.0) -> None:
        self.now = 0.0
        self.down_until = 0.0
        self.refuses = False
        self.attempt_takes = 0.0
        self.slept: list[float] = []
        self.written: list[tuple[str, bytes]] = []
        self.store = WaitingStore(
            self,
            limit,
            clock=lambda: self.now,
            sleep=self._sleep,
            chance=lambda: chance,
        )

    def put(self, key: str, body: bytes) -> str:
        self.now += self.attempt_takes
        if self.refuses:
            message = "refused"
            raise StagingRefusedError(message)
        if self.now < self.down_until:
            message = "writing failed: 503"
            raise StagingUnavailableError(message)
        self.written.append((key, body))
        return f"s3://bucket/{key}"

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture(autouse=True)
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.WARNING):
        yield


def test_an_upload_that_succeeds_waits_for_nothing(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig()
    assert rig.store.put("a", b"1") == "s3://bucket/a"
    assert (rig.slept, rig.store.take_repeats(), caplog.messages) == ([], 0, [])


def test_an_outage_of_a_minute_is_waited_out(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig()
    rig.down_until = 60
    assert rig.store.put("a", b"1") == "s3://bucket/a"
    assert rig.slept == [0.5, 1, 2, 4, 8, 16, 20, 20]
    assert rig.store.take_repeats() == 8
    assert rig.store.take_repeats() == 0
    assert rig.written == [("a", b"1")]
    assert len(caplog.messages) == 2
    assert "the upload is repeated until it succeeds" in caplog.messages[0]


def test_pauses_differ_by_chance() -> None:
    rig = Rig(chance=0.0)
    rig.down_until = 3
    rig.store.put("a", b"1")
    assert rig.slept == [0.25, 0.5, 1, 2]


def test_an_outage_that_lasts_longer_ends_before_the_limit() -> None:
    rig = Rig()
    rig.down_until = 10_000
    with pytest.raises(StagingUnavailableError, match=r"given up after .*`retry.seconds` of"):
        rig.store.put("a", b"1")
    assert rig.now == 300


def test_the_time_of_attempts_counts() -> None:
    rig = Rig()
    rig.down_until, rig.attempt_takes = 10_000, 90
    with pytest.raises(StagingUnavailableError):
        rig.store.put("a", b"1")
    assert rig.now <= 300 + 90


def test_the_uploads_of_one_epoch_share_its_time() -> None:
    rig = Rig(limit=100)
    for key in "ab":
        rig.down_until = rig.now + 40
        rig.store.put(key, b"")
    rig.down_until = rig.now + 40
    with pytest.raises(StagingUnavailableError):
        rig.store.put("c", b"")


def test_the_next_epoch_has_time_of_its_own() -> None:
    rig = Rig(limit=100)
    for key in "abcd":
        rig.down_until = rig.now + 40
        rig.store.put(key, b"")
        rig.store.begin_epoch()
    assert len(rig.written) == 4


def test_what_cannot_pass_is_raised_at_once() -> None:
    rig = Rig()
    rig.refuses = True
    with pytest.raises(StagingRefusedError):
        rig.store.put("a", b"1")
    assert (rig.slept, rig.store.take_repeats()) == ([], 0)


class Crowd:
    """Uploads of several threads that fail together: time passes when all of them sleep."""

    def __init__(self, limit: float) -> None:
        self.now = self.down_until = 0.0
        self.store = WaitingStore(
            self, limit, clock=lambda: self.now, sleep=self._sleep, chance=lambda: 1.0
        )

    def put_all(self, uploads: int, seconds: float) -> list[str]:
        """Puts at once, during an outage of so many seconds."""
        self.down_until = self.now + seconds
        self._asleep = threading.Barrier(uploads, action=self._end_outage, timeout=60)
        with ThreadPoolExecutor(uploads) as threads:
            return [*threads.map(self.store.put, map(str, range(uploads)), [b""] * uploads)]

    def put(self, key: str, body: bytes) -> str:  # noqa: ARG002
        if self.now < self.down_until:
            message = "writing failed: 503"
            raise StagingUnavailableError(message)
        return key

    def _sleep(self, seconds: float) -> None:  # noqa: ARG002
        self._asleep.wait()

    def _end_outage(self) -> None:
        self.now = self.down_until


def test_uploads_that_wait_at_the_same_time_spend_it_once() -> None:
    crowd = Crowd(limit=50)
    assert crowd.put_all(3, seconds=40) == ["0", "1", "2"]
    assert crowd.store.take_repeats() == 3
    for _ in range(2):
        assert crowd.put_all(1, seconds=9) == ["0"]
    with pytest.raises(StagingUnavailableError):
        crowd.put_all(1, seconds=9)
