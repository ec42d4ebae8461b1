"""A place that is asked again and again, and may be away."""

from __future__ import annotations

import datetime as dt
from typing import Final

import pytest
from botocore.exceptions import ClientError
from redshift_connector.error import InterfaceError

from connectors.redshift.errors import RetryLoadError
from infra.watch.picture import Reading
from infra.watch.reader import Reader

BEGIN: Final = dt.datetime(2026, 11, 27, 9, 0, tzinfo=dt.UTC)


class Place:
    """Answers what it is given, a number or an error; a clock moves with each question."""

    def __init__(self, *answers: int | Exception) -> None:
        self.answers = list(answers)
        self.seconds = 0

    def ask(self) -> int:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def now(self) -> dt.datetime:
        return BEGIN + dt.timedelta(seconds=self.seconds)

    def read(self, reader: Reader[int]) -> Reading[int]:
        reader.look()
        self.seconds += 10
        return reader.reading


def at(seconds: int) -> dt.datetime:
    return BEGIN + dt.timedelta(seconds=seconds)


def test_what_is_away_keeps_its_last_answer_and_since_when_until_it_is_back() -> None:
    place = Place(
        RetryLoadError("first"), 1, RetryLoadError("no\n answer"), InterfaceError("x"), 2,
        RetryLoadError("again"),
    )  # fmt: skip
    reader = Reader(place.ask, 10, place.now)
    assert place.read(reader) == Reading(None, None, "first", at(0))
    assert place.read(reader) == Reading(1, at(10))
    assert place.read(reader) == Reading(1, at(10), "no answer", at(20))
    assert place.read(reader) == Reading(1, at(10), "InterfaceError", at(20))
    assert place.read(reader) == Reading(2, at(40))
    assert place.read(reader) == Reading(2, at(40), "again", at(50))


def test_it_is_not_asked_too_often() -> None:
    place = Place(1, 2)
    reader = Reader(place.ask, 15, place.now)
    assert [place.read(reader).value for _ in range(3)] == [1, 1, 2]
    assert place.answers == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            ClientError({"Error": {"Code": "AccessDenied", "Message": "of a@b.org"}}, "GetRecords"),
            "AWS refused GetRecords (code AccessDenied)",
        ),
        (
            ConnectionRefusedError(111, "Connection refused"),
            "ConnectionRefusedError (ECONNREFUSED)",
        ),
    ],
)
def test_a_text_of_another_library_is_not_shown(error: Exception, said: str) -> None:
    place = Place(error)
    assert place.read(Reader(place.ask, 0, place.now)).fault == said


def test_an_error_that_nobody_foresaw_is_shown_with_its_place_and_ends_nothing() -> None:
    place = Place(KeyError("a@b.org"), 2)
    reader = Reader(place.ask, 0, place.now)
    fault = place.read(reader).fault
    assert fault.startswith("KeyError in ask, line ")
    assert "please report it" in fault
    assert "a@b.org" not in fault
    assert place.read(reader) == Reading(2, at(10))
