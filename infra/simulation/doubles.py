"""What Flink gives to an operator: contexts, state, timers, a thread. As little as is used."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, Generic, TypeVar
from unittest.mock import patch

from connectors.redshift.coordinator import Follow
from flink_app.decode import block
from flink_app.decode.columns import ColumnarResult
from flink_app.denormalise import durable, mirror, tiers

K = TypeVar("K")
V = TypeVar("V")


def decode_by_rows() -> AbstractContextManager[object]:
    """Decode's record-by-record path for all records.

    Both paths are the application's own and a test holds them to agree. Of blocks as small as
    these the columnar one takes ten times as long, most of a history's time.
    """
    return patch.object(block, "parse_columns", lambda lines, *_: ColumnarResult(odd=[lines.rows]))


@contextmanager
def compact_often() -> Iterator[None]:
    """Few changes are enough for merged blocks and rewrites in the dimensions' state."""
    with ExitStack() as stack:
        for module, name, value in (
            (tiers, "FAN", 2),
            (durable, "_COMPACT_FLOOR", 3),
            (durable, "_RECENT_ROWS", 1),
            (mirror, "_COMPACT_FLOOR", 2),
        ):
            stack.enter_context(patch.object(module, name, value))
        yield


class DictState(Generic[K, V]):
    """A map state. A snapshot is a copy, since values do not change."""

    def __init__(self, content: Mapping[K, V] | None = None) -> None:
        self.content = dict(content or {})

    def get(self, key: K) -> V | None:
        return self.content.get(key)

    def put(self, key: K, value: V) -> None:
        self.content[key] = value

    def remove(self, key: K) -> None:
        self.content.pop(key, None)

    def keys(self) -> Iterator[K]:
        return iter(list(self.content))

    def values(self) -> Iterator[V]:
        return iter(list(self.content.values()))


class _Metrics:
    """A metric group and a counter in one; `counts` has those below it, by path and name."""

    def __init__(
        self,
        counts: Counter[tuple[str, ...]],
        gauges: dict[tuple[str, ...], Callable[[], int]],
        path: tuple[str, ...] = (),
    ) -> None:
        self._counts = counts
        self._gauges = gauges
        self._path = path

    def add_group(self, name: str, value: str | None = None) -> _Metrics:
        path = (*self._path, name if value is None else value)
        return _Metrics(self._counts, self._gauges, path)

    def counter(self, name: str) -> _Metrics:
        return _Metrics(self._counts, self._gauges, (*self._path, name))

    def gauge(self, name: str, read: Callable[[], int]) -> None:
        self._gauges[*self._path, name] = read

    def inc(self, count: int) -> None:
        self._counts[self._path] += count


class Context:
    """The runtime context of a subtask, and the context of each of its elements.

    `state` is the state of every name that `further` does not have.
    """

    def __init__(
        self,
        subtask: int,
        parallelism: int,
        state: DictState[str, bytes],
        further: Mapping[str, DictState[Any, Any]] | None = None,
    ) -> None:
        self.state = state
        self._further = further or {}
        self.timer_set = False
        self.metrics: Counter[tuple[str, ...]] = Counter()
        self.gauges: dict[tuple[str, ...], Callable[[], int]] = {}
        self._subtask = subtask
        self._parallelism = parallelism

    def get_index_of_this_subtask(self) -> int:
        return self._subtask

    def get_number_of_parallel_subtasks(self) -> int:
        return self._parallelism

    def get_metrics_group(self) -> _Metrics:
        return _Metrics(self.metrics, self.gauges)

    def get_map_state(self, descriptor: Any) -> DictState[Any, Any]:
        return self._further.get(descriptor.get_name(), self.state)

    def get_broadcast_state(self, descriptor: Any) -> DictState[str, bytes]:  # noqa: ARG002
        return self.state

    def timer_service(self) -> Context:
        return self

    def current_processing_time(self) -> int:
        return 0

    def register_processing_time_timer(self, timestamp: int) -> None:  # noqa: ARG002
        self.timer_set = True


class Deferred:
    """`connectors.redshift.coordinator.Background` whose thread runs when the history says so."""

    def __init__(self) -> None:
        self._call: Callable[[], Any] | None = None
        self._follow: Follow[Any] = lambda _: None
        self._results: deque[Any] = deque()
        self._error: BaseException | None = None
        self.busy = False

    @property
    def waits(self) -> bool:
        """Whether there is a call that has not run."""
        return self._call is not None

    def submit(self, call: Callable[[], Any], follow: Follow[Any] = lambda _: None) -> None:
        assert not self.busy, "take the result first"
        self._call, self._follow, self.busy = call, follow, True

    def run(self) -> None:
        """The thread does one call; what follows waits until the history says so again."""
        assert self._call is not None
        call, self._call = self._call, None
        try:
            result = call()
        except AssertionError:
            raise  # the oracle's or the database's, not the loader's
        except Exception as error:  # noqa: BLE001 - handed to the one who takes the result
            self._error = error
        else:
            self._results.append(result)
            self._call = self._follow(result)

    def take(self) -> Any:
        if self._results:
            result = self._results.popleft()
            self._find_end()
            return result
        if self._error is None:
            return None
        error, self._error = self._error, None
        self._find_end()
        raise error

    def _find_end(self) -> None:
        self.busy = bool(self._results) or self.waits or self._error is not None
