"""Guards of a reload: the generation that a record tells, the floor, the sweep."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from connectors.floors import NO_FLOORS, Floors
from connectors.redshift import loader, sweep
from connectors.redshift.forgetting import _Forgetting
from connectors.redshift.loader import Loader
from flink_app.decode import block, rows
from flink_app.decode.decoder import RecordDecoder
from flink_app.denormalise import joiner
from flink_app.denormalise.column_versions import ColumnVersions
from flink_app.denormalise.mirror import Mirror
from flink_app.positions import generations
from flink_app.positions.generations import Boundary, Generations
from tests.simulation.plan_mutations import Patch


def generation_by_setting() -> list[Patch]:
    """The newest that the setting has when the record is read."""
    return [
        (Generations, "_by_arrival", lambda self, _: self.newest_of_all),
        (Generations, "generations_at", lambda self, _: self.newest_of_all),
    ]


def generation_of_every_table() -> list[Patch]:
    """A table's generation is that of all others as well."""
    own = Generations._of

    def of_any(self: Generations, table: str) -> tuple[Boundary, ...]:
        return next((own(self, b.table) for b in self.later if b.table), own(self, table))

    return [(Generations, "_of", of_any)]


def generation_of_changes_before_the_load() -> list[Patch]:
    """Whatever is read of the table once its generation has begun."""
    return [(generations, "_starts_in_micros", lambda of, **_: [0 for _ in of])]


def no_margin_of_a_tables_load() -> list[Patch]:
    """Load records from before DMS says that the load began are of the former generation."""
    return [(generations, "LOAD_MARGIN_MS", 0)]


def no_floor_of_a_table_in_decode() -> list[Patch]:
    """Only that of everything."""
    original = RecordDecoder.__init__

    def deaf(self: RecordDecoder, *given: Any, floors: Floors = NO_FLOORS, **more: Any) -> None:
        original(self, *given, floors=Floors(floors.everywhere), **more)

    return [(RecordDecoder, "__init__", deaf)]


def no_floor_of_a_table_in_the_mirror() -> list[Patch]:
    """Only that of everything."""
    return [(joiner, "Mirror", lambda star, floors: Mirror(star, Floors(floors.everywhere)))]


def no_floors_of_tables_in_parts() -> list[Patch]:
    """A part says under which floor of everything it was staged, and is taken for the newest."""
    original = sweep.sweep

    def of_everything(  # noqa: PLR0917 - as the original
        cursor: Any, warehouse: Any, names: Any, floor: Any, parts: Any, swept: Any
    ) -> bool:
        tables = floor.generations.tables
        said = [replace(part, table_floors=str(tables)) for part in parts]
        return original(cursor, warehouse, names, floor, said, swept)

    return [(loader, "sweep", of_everything)]


def sweep_of_every_table() -> list[Patch]:
    """The floor of one table counts for all."""
    plan = sweep.plan_sweep

    def of_all(warehouse: Any, names: Any, floor: Any, tables: Any) -> Any:
        if not tables:
            return []
        highest = Floors(max(floor.generations.of(table) for table in tables))
        every = [table for table, _ in warehouse.sources]
        return plan(warehouse, names, replace(floor, generations=highest), every)

    return [(sweep, "plan_sweep", of_all)]


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

    def once(cursor: Any, warehouse: Any, names: Any, floor: Any, _: Any, swept: Any) -> bool:
        return original(cursor, warehouse, names, floor, [], swept)

    return [(loader, "sweep", once)]


def swept_before_rows_and_patches() -> list[Patch]:
    """In the transaction of the parts that were pending, but before them."""
    original, apply = sweep.sweep, Loader._apply

    def swept(self: Loader, cursor: Any, batch: str, parts: Any) -> Any:
        below = sweep.read_swept_floors(cursor, self._names)
        original(cursor, self._warehouse, self._names, self._floor, parts, below)
        return apply(self, cursor, batch, parts)

    def sweep_alone(  # noqa: PLR0917 - as the original
        cursor: Any, warehouse: Any, names: Any, floor: Any, parts: Any, swept: Any
    ) -> bool:
        return not parts and original(cursor, warehouse, names, floor, parts, swept)

    return [(Loader, "_apply", swept), (loader, "sweep", sweep_alone)]


def no_floor_in_decode() -> list[Patch]:
    """What is below it is read as ever."""
    return [(block, "_drop_below_floor", lambda *_: {})]


def no_floor_in_the_mirror() -> list[Patch]:
    """The state brings it back, and patches carry it."""
    return [(joiner, "Mirror", lambda star, _: Mirror(star))]
