"""Parts that were staged by an earlier start: whether today's tables can take them."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.blocks import Kind
from connectors.redshift.errors import NeedsRepairError
from connectors.redshift.spec import WarehouseSpec
from connectors.staging.part import Part
from connectors.staging.shape import misfit


def check_shapes(warehouse: WarehouseSpec, parts: Sequence[Part]) -> None:
    """Raises NeedsRepairError for parts whose columns are not those that COPY is going to fill.

    COPY goes by position: what changed places would be loaded into the wrong column, and a value
    that is to be a token today would be loaded clear. A part without a shape was staged by a
    version that did not write it; it is taken, or no upgrade could load what was pending.
    """
    today = {(Kind.ROWS, target.table): target.staged for target in warehouse.targets}
    today |= {(Kind.PATCHES, patch.table): patch.staged for patch in warehouse.patches}
    today |= {(Kind.DIMENSION, one.table): one.staged for one in warehouse.dimensions}
    for part in parts:
        shape = today.get((part.kind, part.table))
        if part.shape and shape is not None and (what := misfit(part.shape, shape)):
            message = (
                f"parts of {part.table} (epoch {part.epoch} and maybe others) were staged under "
                f"another declaration: {what}. Start with the former declaration, pause DMS until "
                "all is loaded, stop, and start with the new one"
            )
            raise NeedsRepairError(message)


def check_tables(warehouse: WarehouseSpec, parts: Sequence[Part]) -> None:
    """Raises NeedsRepairError when parts have no table: they would count as loaded, and be lost."""
    known = {(Kind.ROWS, target.table) for target in warehouse.targets}
    known |= {(Kind.PATCHES, patch.table) for patch in warehouse.patches}
    known |= {(Kind.DIMENSION, one.table) for one in warehouse.dimensions}
    lost = {
        part.table
        for part in parts
        if part.kind in {Kind.ROWS, Kind.PATCHES, Kind.DIMENSION}
        and (part.kind, part.table) not in known
    }
    if lost:
        message = (
            f"staged parts are of {', '.join(sorted(lost))}, which the declaration no longer "
            "has, or has in another place: start with the former declaration until they are "
            "loaded, then change it"
        )
        raise NeedsRepairError(message)
