"""The graph gives one key id, read once, to every stage that compares it."""

from __future__ import annotations

from typing import Any

import pytest

from flink_app import job
from flink_app.clients import Clients
from flink_app.declaration import Star
from flink_app.privacy.keys import PrivacyKeys
from tests.unit.stars import FREIGHT, freight, star
from tests.unit.test_clients import settings

KEYS = [PrivacyKeys.from_secret(bytes([at]) * 32) for at in range(2)]


class Graph:
    """A stream that remembers the stages put behind it; whatever else is asked of it is itself."""

    def __init__(self) -> None:
        self.stages: dict[str, Any] = {}

    def process(self, stage: Any, **_: object) -> Graph:
        self.stages[type(stage).__name__] = stage
        return self

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: self


def built(monkeypatch: pytest.MonkeyPatch, declared: Star) -> tuple[dict[str, Any], int]:
    """The stages of the graph, and how often the secret was read; each reading finds a new one."""
    unread = list(KEYS)
    monkeypatch.setattr(Clients, "privacy_keys", lambda _: unread.pop(0))
    monkeypatch.setattr(job, "require_aligned_checkpoints", lambda _: None)
    for of_the_jvm in (
        "gather_frames",
        "send_by_route",
        "take_side_output",
        "mark_epochs",
        "signal_completion",
    ):
        monkeypatch.setattr(job, of_the_jvm, lambda stream, *_, **__: stream)
    monkeypatch.setattr(job, "split_facts", lambda stream, *_, **__: (stream, stream))
    graph: Any = Graph()
    job.build(graph, settings("http://127.0.0.1:1"), declared)
    return graph.stages, len(KEYS) - len(unread)


def key_ids(stages: dict[str, Any]) -> dict[str, str]:
    denormalise = stages["Denormalise"]
    holders = {
        "decode": stages["Decode"]._decoder,
        "decode of facts": denormalise._decoder,
        "join": denormalise._joiner,
        "stage": denormalise._stager,
        "load": stages["Load"]._open_loader(),
    }
    return {name: holder._key_id for name, holder in holders.items()}


def test_every_stage_has_the_key_id_of_one_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    stages, readings = built(monkeypatch, freight())
    assert len(stages) == 3
    assert set(key_ids(stages).values()) == {KEYS[0].key_id}
    assert readings == 1


def test_without_tokens_no_stage_compares(monkeypatch: pytest.MonkeyPatch) -> None:
    untouched = FREIGHT.replace("treatment: tokenise", "treatment: sha256")
    stages, readings = built(monkeypatch, star(untouched))
    assert set(key_ids(stages).values()) == {""}
    assert readings == 0
