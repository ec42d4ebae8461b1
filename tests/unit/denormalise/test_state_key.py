"""State whose tokens were made under another secret: nothing is joined to it."""

from __future__ import annotations

import pytest

from connectors.blocks import from_stream
from flink_app.declaration import Star
from flink_app.denormalise import durable
from flink_app.privacy.keys import WrongKeyError
from tests.unit.denormalise.test_durable import State, content, rebuilt, region
from tests.unit.denormalise.test_join import fact
from tests.unit.denormalise.test_joiner import STAR, Task
from tests.unit.stars import placed_freight


def task(state: State, key_id: str, star: Star = STAR) -> Task:
    return Task(state, star=star, key_id=key_id)


@pytest.mark.parametrize("first", ["fact", "dimension"])
@pytest.mark.parametrize("star", [STAR, placed_freight()], ids=["mirrored", "handed on"])
def test_a_restore_under_another_key_is_refused_at_the_first_element(
    first: str, star: Star
) -> None:
    state = State()
    task(state, "aa").dimension(region(1))
    before = dict(state.values)
    restored = task(state, "bb", star)
    with pytest.raises(WrongKeyError) as caught:
        restored.facts(fact(2)) if first == "fact" else restored.dimension(region(3))
    assert str(caught.value) == (
        "the state of dimension region has tokens of key aa, and the privacy secret has key id bb: "
        "joined to them, new facts would find nothing. Stop the application, make the secret with "
        "key id aa its current version again, and start; or start without state and load every "
        "table again, as operations.md, Rotating the privacy secret, says"
    )
    assert state.values == before
    task(state, "aa").facts(fact(2))


def test_state_without_a_key_takes_the_present_one_with_the_next_write() -> None:
    state = State()
    task(state, "").dimension(region(1))
    task(state, "aa").dimension(region(2, code="W"))
    with pytest.raises(WrongKeyError):
        task(state, "bb").facts(fact(3))


def test_a_rewrite_names_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable, "_COMPACT_FLOOR", 0)
    state = State()
    writer = task(state, "aa")
    for at in range(1, 6):
        writer.dimension(region(at))
    blocks = [from_stream(value) for key, value in state.values.items() if "#" in key]
    assert {block.schema.metadata[b"starjoin.key_id"] for block in blocks} == {b"aa"}


def test_a_declaration_without_tokens_takes_any_state() -> None:
    state = State()
    task(state, "aa").dimension(region(1))
    task(state, "").facts(fact(2))
    assert len(content(rebuilt(state, "region"))) == 1
