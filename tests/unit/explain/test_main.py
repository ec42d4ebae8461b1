"""`starjoin explain` on a shop whose job and loads are the real ones, in memory."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from connectors.redshift.ledger import Cursor
from flink_app.privacy.treatments import tokenise
from infra.aws.data_api import DataApi
from infra.aws.environment import load_environment
from infra.aws.environments import FOLDER
from infra.aws.waiting import SystemClock
from infra.explain.main import Outcome, main
from infra.simulation.source import Record
from infra.simulation.warehouse_check import SECRET
from tests.unit.explain.shop import DataApiClient, Shop, position_of

ANN = "ann@example.org"
TOKEN = tokenise(ANN, SECRET)


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop() as opened:
        yield opened


@pytest.fixture
def asked(capsys: pytest.CaptureFixture[str], shop: Shop) -> Any:
    """Asks for a sale; gives the exit code and the object that is printed."""

    def ask(number: int, *arguments: str) -> tuple[int, dict[str, Any]]:
        capsys.readouterr()
        code = shop.explain("north", str(number), "--json", *arguments)
        printed = capsys.readouterr()
        assert ANN not in printed.out + printed.err
        return code, json.loads(printed.out)

    return ask


def groups_of(explanation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """By path, and the unchanged column behind a colon; without others' columns."""
    return {
        ".".join(group["path"]) + (":name" if group["columns"] == ["name"] else ""): group
        for group in explanation["groups"]
    }


def digits(group: dict[str, Any]) -> str:
    return str(group["change"]["position"]["digits"])


def test_each_group_names_its_own_change(shop: Shop, asked: Any) -> None:
    records = {
        "customer.home": shop.found(1, "Bern"),
        "customer:name": shop.enter(ANN, "Ann", 1),
        "": shop.sell(7, ANN),
    }
    shop.commit_each(*records.values())
    moved = shop.put("customer", {"email": ANN, "name": "?", "city": 1}, left_out=["name"])
    shop.commit_each(moved)
    code, explanation = asked(7)
    assert code == Outcome.FOUND
    assert (explanation["verdict"], explanation["key"]) == (
        "present",
        {"shop": "north", "number": "7"},
    )
    groups = groups_of(explanation)
    assert {name: digits(group) for name, group in groups.items()} == {
        name: position_of(record) for name, record in (records | {"customer": moved}).items()
    }
    assert groups["customer"]["key"] == {"email": TOKEN}
    assert [change["position"] for change in groups["customer"]["touched"]] == [position_of(moved)]
    assert [change["position"] for change in groups["customer"]["superseded"]] == [
        position_of(records["customer:name"])
    ]
    assert not any(group["missed"] for group in groups.values())
    epochs = {name: group["change"]["loaded"]["epoch"] for name, group in groups.items()}
    assert epochs == {"customer.home": 1, "customer:name": 2, "": 3, "customer": 4}


def test_the_data_api_says_the_same(shop: Shop, asked: Any) -> None:
    shop.commit_each(shop.found(1, "Bern"), shop.enter(ANN, "Ann", 1), shop.sell(7, ANN))
    shop.commit_each(shop.sell(8), shop.take_back(8))
    expected = [asked(number) for number in (7, 8, 9)]
    redshift = load_environment("example", FOLDER).redshift

    @contextmanager
    def open_data_api() -> Iterator[Cursor]:
        yield DataApi(redshift, DataApiClient(shop), SystemClock())

    shop.open_cursor = open_data_api
    assert [asked(number) for number in (7, 8, 9)] == expected


def test_the_load_is_found_without_files_too(shop: Shop, asked: Any) -> None:
    shop.commit_each(shop.sell(6), shop.sell(7), shop.sell(8))
    _, exact = asked(7)
    code, explanation = asked(7, "--parts", "0")
    assert code == Outcome.FOUND
    (change,) = (group["change"] for group in explanation["groups"] if group["key"])
    assert change["loaded"] is None
    assert change["earliest_load"]["batch"] == groups_of(exact)[""]["change"]["loaded"]["batch"]
    (read,) = change["read_from"]
    assert (read["first_sequence_number"], read["shard"]) == (read["last_sequence_number"], "0")
    assert any("staged parts were not searched" in each for each in explanation["not_known"])


def test_the_record_on_the_stream(shop: Shop, asked: Any) -> None:
    shop.take(*(shop.sell(number, ANN) for number in (1, 2, 3, 4, 7, 5, 6)))
    shop.take(shop.sell(7, ANN, state="sent"), shop.enter(ANN, "Ann", 1))
    shop.commit()
    _, explanation = asked(7, "--records", "100")
    records = {name: group["change"] and group["change"]["record"]
               for name, group in groups_of(explanation).items()}  # fmt: skip
    first = int(groups_of(explanation)[""]["change"]["read_from"][0]["first_sequence_number"])
    assert (records[""]["sequence_number"], records[""]["shard"]) == (str(first + 7), "0")
    assert (records[""]["operation"], records[""]["committed"]) == (
        "update", "2026-01-01T00:00:08Z",
    )  # fmt: skip
    assert records["customer"]["sequence_number"] == str(first + 8)
    assert records["customer"]["operation"] == "insert"
    assert not any("sequence number" in each for each in explanation["not_known"])


def test_the_stream_is_read_no_further_than_the_load_has_read_it(shop: Shop, asked: Any) -> None:
    sold = shop.sell(7)
    shop.commit_each(sold)
    shop.take(*(shop.sell(number) for number in range(10, 40)))
    shop.commit()
    before = bytes.fromhex(position_of(sold)[:-1] + "0")  # which no record has
    shop.database.execute('UPDATE public.sales_base SET _pos = ? WHERE "number" = 7', [before])
    _, explanation = asked(7, "--records", "100", "--parts", "0")
    assert groups_of(explanation)[""]["change"]["record"] is None
    assert shop.stream.answers == 2  # the first is empty, and the second has records from behind it


def test_a_record_that_is_behind_the_limit_or_has_left_the_stream(shop: Shop, asked: Any) -> None:
    shop.take(*(shop.sell(number) for number in (1, 2, 3, 4, 7)))
    shop.commit()
    _, explanation = asked(7, "--records", "4")
    assert groups_of(explanation)[""]["change"]["record"] is None
    assert any("give a greater --records" in each for each in explanation["not_known"])
    shop.trimmed = 2
    _, explanation = asked(7, "--records", "100")
    assert groups_of(explanation)[""]["change"]["record"] is None
    assert any("the stream no longer has it" in each for each in explanation["not_known"])


def test_files_that_have_expired_are_said(shop: Shop, asked: Any) -> None:
    shop.commit_each(shop.sell(7))
    shop.expired = set(shop.database.objects)
    _, explanation = asked(7)
    assert groups_of(explanation)[""]["change"]["loaded"] is None
    assert any("1 parts of the ledger whose files have expired" in each
               for each in explanation["not_known"])  # fmt: skip


def test_a_limit_of_parts_begins_where_the_change_may_be(shop: Shop, asked: Any) -> None:
    shop.commit_each(*(shop.sell(number) for number in (7, 1, 2, 3)))
    _, explanation = asked(7, "--parts", "1")
    assert groups_of(explanation)[""]["change"]["loaded"]["epoch"] == 1
    assert any("give a greater --parts" in each for each in explanation["not_known"])


def test_a_reference_to_nothing_and_one_to_nobody_known(shop: Shop, asked: Any) -> None:
    shop.commit_each(shop.sell(1), shop.sell(2, ANN))
    _, nothing = asked(1)
    assert groups_of(nothing)["customer"]["key"] is None
    _, nobody = asked(2)
    customer = groups_of(nobody)["customer"]
    assert (customer["key"], customer["change"]) == ({"email": TOKEN}, None)


def test_a_deleted_row(shop: Shop, asked: Any) -> None:
    sold = shop.sell(7)
    shop.commit_each(sold)
    taken_back = shop.take_back(7)
    shop.commit_each(taken_back)
    code, explanation = asked(7)
    assert (code, explanation["verdict"]) == (Outcome.NO_SUCH_ROW, "deleted")
    (last,) = explanation["groups"]
    assert digits(last) == position_of(taken_back)
    assert last["change"]["loaded"]["deletes"]
    assert [change["position"] for change in last["superseded"]] == [position_of(sold)]


def test_a_row_that_does_not_count(shop: Shop, asked: Any) -> None:
    draft = shop.sell(7, state="draft")
    shop.commit_each(draft)
    code, explanation = asked(7)
    assert (code, explanation["verdict"]) == (Outcome.NO_SUCH_ROW, "deleted")
    assert digits(explanation["groups"][0]) == position_of(draft)
    assert "no longer fulfils the target's `where`" in explanation["reasons"][0]


def test_a_row_that_was_never_seen(shop: Shop, asked: Any) -> None:
    shop.commit_each(shop.sell(7))
    code, explanation = asked(8)
    assert (code, explanation["verdict"]) == (Outcome.NO_SUCH_ROW, "never seen")
    assert explanation["groups"] == []
    assert "more than 14 days ago" in explanation["reasons"][-1]


def test_a_row_that_somebody_took_out_is_lost(shop: Shop, asked: Any) -> None:
    shop.commit_each(shop.sell(7))
    shop.database.execute('DELETE FROM public.sales_base WHERE "number" = 7')
    code, explanation = asked(7)
    assert (code, explanation["verdict"]) == (Outcome.NO_SUCH_ROW, "lost")
    assert "starjoin reload --table sale" in explanation["reasons"][0]


def test_a_row_of_before_the_floor(shop: Shop, asked: Any) -> None:
    sold = shop.sell(7)
    shop.commit_each(sold, shop.sell(8))
    shop.reload()
    shop.source.forget("sale", ("north", 7))
    shop.commit_each(load(shop, 8))
    shop.raise_floor()
    shop.commit_each(shop.sell(9))
    code, explanation = asked(7)
    assert (code, explanation["verdict"]) == (Outcome.NO_SUCH_ROW, "below the floor")
    assert digits(explanation["groups"][0]) == position_of(sold)
    code, explanation = asked(8)
    assert code == Outcome.FOUND
    own = groups_of(explanation)[""]
    assert own["change"]["position"]["full_load"]
    assert own["change"]["loaded"]["position"] == digits(own)


def load(shop: Shop, number: int) -> Record:
    shop.source.load("sale", [("north", number)])
    return shop._make()


def test_a_change_that_was_undone_behind_the_loader_s_back(shop: Shop, asked: Any) -> None:
    sold = shop.sell(7)
    shop.commit_each(sold)
    before = shop.database.query("SELECT _pos, state FROM public.sales_base")
    paid = shop.sell(7, state="sent")
    shop.commit_each(paid)
    shop.database.execute("UPDATE public.sales_base SET _pos = ?, state = ?", before[0])
    _, explanation = asked(7)
    own = groups_of(explanation)[""]
    assert digits(own) == position_of(sold)
    assert [change["position"] for change in own["missed"]] == [position_of(paid)]


def test_a_dead_letter_of_the_key(shop: Shop, asked: Any) -> None:
    shop.commit_each(shop.sell(7))
    shop.take_spoiled(shop.sell(9))
    shop.commit()
    code, explanation = asked(9)
    assert code == Outcome.NO_SUCH_ROW
    (letter,) = explanation["dead_letters"]
    assert (letter["shard"], letter["replayed"]) == ("0", False)
    expected = "dead letter" if letter["shows_key"] else "never seen"
    assert explanation["verdict"] == expected


def test_tables_whose_accounts_are_summed_up(shop: Shop, asked: Any) -> None:
    shop.commit_each(shop.sell(7))
    shop.database.execute("UPDATE starjoin.account SET batch = '(summed)'")
    shop.expired = set(shop.database.objects)
    _, explanation = asked(7)
    change = groups_of(explanation)[""]["change"]
    assert (change["earliest_load"], change["earlier_loads_are_summed_up"]) == (None, True)
    assert any("these accounts are summed up" in each for each in explanation["not_known"])


def test_until_when_everything_is_there(shop: Shop, asked: Any) -> None:
    shop.commit_each(shop.sell(7))
    _, explanation = asked(7)
    assert explanation["not_known"][0].startswith("until when everything is loaded")
    shop.database.execute("UPDATE starjoin.cut SET complete_until = '2026-01-01T00:00:01'")
    _, explanation = asked(7)
    assert explanation["not_known"][0] == (
        "what was committed after 2026-01-01T00:00:01Z: it need not be loaded yet"
    )


def test_for_people_in_80_columns(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.commit_each(shop.enter(ANN, "Ann", 1), shop.sell(7, ANN), shop.sell(8))
    assert shop.explain("north", "7") == Outcome.FOUND
    printed = capsys.readouterr().out
    assert printed.startswith("sales, shop north, number 7: there is a row\n")
    assert max(map(len, printed.splitlines())) <= 80
    for line in (
        "own columns: shop, number, buyer, state, note",
        "  row          sale, shop north, number 7",
        "customer: name",
        f"               {TOKEN}",
        "  no change    no change of this row is loaded, so its columns are NULL",
    ):
        assert line in printed.splitlines()
    assert ANN not in printed


def test_a_key_on_standard_input(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.commit_each(shop.sell(7))
    assert shop.explain("-", standard_input=io.StringIO("north\n7\n")) == Outcome.FOUND
    assert capsys.readouterr().out.startswith("sales, shop north, number 7:")


def test_what_cannot_be_explained_is_said(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.commit_each(shop.sell(7))
    assert shop.explain("north", "seven") == Outcome.NOT_EXPLAINED
    assert capsys.readouterr().err.startswith("explain: number: ")
    shop.database.execute("UPDATE starjoin.schema_version SET version = 11")
    assert shop.explain("north", "7") == Outcome.NOT_EXPLAINED
    assert "have version 11, and this release" in capsys.readouterr().err


def test_a_target_that_there_is_not() -> None:
    with Shop() as shop:
        given = ["sale", "7", "--properties", "x.json"]
        assert main(given, opened=shop.open) == Outcome.NOT_EXPLAINED


@pytest.mark.parametrize("wrong", [["--parts", "-1"], ["--environment", "shop"], ["--stord"]])
def test_wrong_arguments_are_refused(shop: Shop, wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        shop.explain("north", "7", *wrong)
    assert ended.value.code == Outcome.NOT_EXPLAINED
