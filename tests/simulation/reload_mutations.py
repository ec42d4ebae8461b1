"""Guards of a reload: the generation that a record tells, the floor, the sweep."""

from __future__ import annotations

from typing import Any

from connectors.redshift import loader, sweep
from connectors.redshift.forgetting import _Forgetting
from connectors.redshift.loader import Loader
from flink_app.decode import block, rows
from flink_app.denormalise import operator
from flink_app.denormalise.column_versions import ColumnVersions
from flink_app.denormalise.mirror import Mirror
from flink_app.positions.generations import Generations
from tests.simulation.plan_mutations import Patch


def generation_by_setting() -> list[Patch]:
    """The newest that the setting has when the record is read."""
    return [
        (Generations, "generation_at", lambda self, _: self.newest),
        (Generations, "generations_at", lambda self, _: self.newest),
    ]


def generation_by_replay() -> list[Patch]:
    """That of when a record was replayed, not of when it arrived first."""
    return [(rows, "first_coordinates", lambda _: None)]


def no_sweep() -> list[Patch]:
    """Only the floor in the bookkeeping tables is raised."""
    return [(sweep, "plan_sweep", lambda *_: [])]


def no_sweep_of_columns() -> list[Patch]:
    """A row that stays keeps what it has from below the floor in columns that changes leave out."""
    return [(_Forgetting, "_unchanged_columns", lambda _: ('"_pos" = "_pos"', "FALSE"))]


def no_sweep_of_a_dimensions_columns() -> list[Patch]:
    """The same for the columns of a dimension."""
    return [(_Forgetting, "_unchanged_columns_of", lambda *_: ('"_pos" = "_pos"', "FALSE"))]


def no_floor_of_columns_in_the_mirror() -> list[Patch]:
    """A dimension's row above it keeps columns from below it."""
    return [(ColumnVersions, "forget_below", lambda _, __, rows: rows)]


def swept_only_when_staged() -> list[Patch]:
    """A start does not say that a sweep is due."""
    start = Loader.start

    def silent(self: Loader, number: int) -> bool:
        start(self, number)
        return False

    return [(Loader, "start", silent)]


def swept_only_once() -> list[Patch]:
    """Parts that were staged under a lower floor are no reason."""
    original = sweep.sweep

    def once(cursor: Any, warehouse: Any, names: Any, floor: Any, _: Any, swept: int) -> bool:
        return original(cursor, warehouse, names, floor, [], swept)

    return [(loader, "sweep", once)]


def swept_before_rows_and_patches() -> list[Patch]:
    """In the transaction of the parts that were pending, but before them."""
    original, apply = sweep.sweep, Loader._apply

    def swept(self: Loader, cursor: Any, batch: str, parts: Any) -> Any:
        below = sweep.read_swept_floor(cursor, self._names)
        original(cursor, self._warehouse, self._names, self._floor, parts, below)
        return apply(self, cursor, batch, parts)

    def sweep_alone(  # noqa: PLR0917 - as the original
        cursor: Any, warehouse: Any, names: Any, floor: Any, parts: Any, swept: int
    ) -> bool:
        return not parts and original(cursor, warehouse, names, floor, parts, swept)

    return [(Loader, "_apply", swept), (loader, "sweep", sweep_alone)]


def no_floor_in_decode() -> list[Patch]:
    """What is below it is read as ever."""
    return [(block, "_drop_below_floor", lambda *_: {})]


def no_floor_in_the_mirror() -> list[Patch]:
    """The state brings it back, and patches carry it."""
    return [(operator, "Mirror", lambda star, _: Mirror(star))]
