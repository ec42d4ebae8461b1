"""The two plans that are compared: the present one, and the former one from its file.

Both run through the real Loader: lock, fence, ledger, manifests and counts are the same code. Only
what it takes the statements of a batch from is exchanged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from connectors.redshift import batch, loader
from connectors.redshift.batch import count_statement
from connectors.redshift.key_ranges import read_key_ranges
from connectors.redshift.names import Names
from connectors.redshift.plan import plan_load, plan_staging
from connectors.redshift.spec import WarehouseSpec
from connectors.redshift.statements import KeyRange, StagedBatch, Statement

_FILE: Final = Path(__file__).with_name("former_plan.sql")
_HEAD: Final = re.compile(
    r"^-- step (?P<step>\d+), (?P<about>\w+), from (?P<kind>rows|patches) of (?P<table>\w+)$\n",
    re.MULTILINE,
)
_STAGING: Final = 2
_COUNTING: Final = 8


@dataclass(frozen=True)
class Plan:
    """Where the Loader takes its statements from.

    Attributes:
        name: what the figures call it.
        plan_staging, plan_load, read_key_ranges: in the places of the functions of these names.
        count_statement: likewise; it reads the temporary tables of its plan.
    """

    name: str
    plan_staging: Callable[..., list[Statement]]
    plan_load: Callable[..., list[Statement]]
    read_key_ranges: Callable[..., dict[str, KeyRange]]
    count_statement: Callable[..., str]

    @contextmanager
    def use(self) -> Iterator[None]:
        """Loads follow this plan."""
        with (
            patch.object(loader, "plan_staging", self.plan_staging),
            patch.object(loader, "plan_load", self.plan_load),
            patch.object(loader, "read_key_ranges", self.read_key_ranges),
            patch.object(batch, "count_statement", self.count_statement),
        ):
            yield


@dataclass(frozen=True)
class _Written:
    """A statement of the file, and what has to be staged for it: `rows` or `patches` of a table."""

    step: int
    about: str
    kind: str
    table: str
    sql: str


def read_former_statements() -> list[_Written]:
    """The statements of the file, in order."""
    heads = list(_HEAD.finditer(text := _FILE.read_text()))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    return [
        _Written(
            int(head["step"]),
            head["about"],
            head["kind"],
            head["table"],
            text[head.end() : end].strip().removesuffix(";"),
        )
        for head, end in zip(heads, ends, strict=True)
    ]


def plan_former_staging(
    warehouse: WarehouseSpec, names: Names, staged: StagedBatch, copy_role: str
) -> list[Statement]:
    """Step 2 of the former plan; the arguments of `plan_staging`."""
    return [s for s in _plan_former(warehouse, names, staged, copy_role) if s.step == _STAGING]


def plan_former_load(
    warehouse: WarehouseSpec, names: Names, staged: StagedBatch, **_: Any
) -> list[Statement]:
    """Steps 3 to 6 of the former plan, for what is staged; the arguments of `plan_load`."""
    return [s for s in _plan_former(warehouse, names, staged) if s.step != _STAGING]


def _plan_former(
    warehouse: WarehouseSpec, names: Names, batch: StagedBatch, copy_role: str = "default"
) -> list[Statement]:
    (target,) = warehouse.targets
    position = next(c.sql_type for c in target.columns if c.name == warehouse.position)
    staged = {("rows", table): of_table.manifest for table, of_table in batch.rows.items()}
    staged |= {("patches", table): of_table.manifest for table, of_table in batch.patches.items()}
    role = "default" if copy_role == "default" else f"'{copy_role}'"
    return [
        Statement(
            written.step,
            written.about,
            written.sql.format(
                target=names.base(target),
                tombstones=names.tombstones(target),
                position=position,
                manifest=staged[written.kind, written.table],
                copy_role=role,
            ),
        )
        for written in read_former_statements()
        if written.step != _COUNTING and (written.kind, written.table) in staged
    ]


def count_former_statement(_counted: Sequence[Any], _names: Names) -> str:
    """Step 8 of the former plan; the arguments of `count_statement`."""
    (sql,) = [written.sql for written in read_former_statements() if written.step == _COUNTING]
    return sql


FORMER: Final = Plan(
    "former", plan_former_staging, plan_former_load, lambda *_: {}, count_former_statement
)
PRESENT: Final = Plan("present", plan_staging, plan_load, read_key_ranges, count_statement)
