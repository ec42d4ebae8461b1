"""A connection that answers from a script, for what the loader says and in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from connectors.blocks import Kind
from connectors.redshift.loader import Loader
from connectors.redshift.spec import WarehouseSpec
from connectors.staging import Part
from flink_app.warehouse import warehouse_spec
from tests.unit.stars import ticket_seller

SPEC: WarehouseSpec = warehouse_spec(ticket_seller())
(TARGET,) = SPEC.targets


def part(name: str, *, epoch: int = 1, kind: Kind = Kind.ROWS, stream: str = "") -> Part:
    stream = stream or (TARGET.stream if kind is Kind.ROWS else SPEC.patches[0].stream)
    return Part(name, kind, stream, rows=2, url=f"s3://b/{name}", size=10, epoch=epoch)


class FakeWarehouse:
    """Fence, ledger and the columns that there are; remembers what was said.

    Attributes:
        fence: application and number of its holder.
        parts: names in the ledger, once committed.
        said: `connect`, statements, `commit`, `close`, in order.
        fails: called with each of these, may raise.
    """

    def __init__(self) -> None:
        self.fence: list[tuple[str, int]] = []
        self.parts: set[str] = set()
        self.columns = [column.name for column in TARGET.columns]
        self.said: list[str] = []
        self.values: list[tuple[str, list[Any]]] = []
        self.fails: Callable[[str], None] = lambda _: None
        self._fence_now: list[tuple[str, int]] = []
        self._parts_now: set[str] = set()
        self._answer: list[tuple[Any, ...]] = []

    def say(self, what: str) -> None:
        self.said.append(what)
        self.fails(what)

    def connect(self) -> FakeWarehouse:
        self.say("connect")
        self._fence_now, self._parts_now = list(self.fence), set(self.parts)
        return self

    def cursor(self) -> FakeWarehouse:
        return self

    def commit(self) -> None:
        self.say("commit")
        self.fence, self.parts = self._fence_now, self._parts_now

    def close(self) -> None:
        self.say("close")

    def execute(self, operation: str, args: Sequence[Any] | None = None) -> None:
        self.say(operation)
        values = list(args or [])
        self.values.append((operation, values))
        self._answer = []
        if operation.startswith("SELECT application"):
            self._answer = [*self._fence_now]
        elif operation.startswith("SELECT part"):
            self._answer = [(name,) for name in values if name in self._parts_now]
        elif operation.startswith("SELECT column_name"):
            self._answer = [(name,) for name in self.columns]
        elif operation.startswith("DELETE FROM") and ".fence" in operation:
            self._fence_now = []
        elif operation.startswith("INSERT INTO") and ".fence " in operation:
            self._fence_now = [(values[0], values[1])]
        elif operation.startswith("INSERT INTO") and ".ledger " in operation:
            self._parts_now |= set(values[::9])

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self._answer

    def statements(self, start: str) -> list[str]:
        return [sql for sql in self.said if sql.startswith(start)]


class Manifests:
    """Manifests by key."""

    def __init__(self) -> None:
        self.written: dict[str, bytes] = {}
        self.fails: Callable[[], None] = lambda: None

    def put(self, key: str, body: bytes) -> str:
        self.fails()
        self.written[key] = body
        return f"s3://b/{key}"


def loader(
    warehouse: FakeWarehouse,
    manifests: Manifests | None = None,
    application: str = "app",
    spec: WarehouseSpec = SPEC,
) -> Loader:
    return Loader(
        spec,
        application=application,
        bookkeeping_schema="books",
        copy_role="default",
        connect=warehouse.connect,
        manifests=manifests or Manifests(),
    )
