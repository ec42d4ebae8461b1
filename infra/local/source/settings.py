"""The settings of a DMS task and its end points, as far as they change what a record says."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import Final

from flink_app.declaration import Star


class Engine(enum.Enum):
    """Where the changes come from; each has positions of its own."""

    POSTGRESQL = "postgresql"
    MYSQL = "mysql"
    ORACLE = "oracle"
    SQLSERVER = "sqlserver"  # its positions are of no form that decode knows


class Before(enum.Enum):
    """Where an update says what was before it."""

    OFF = "off"
    OBJECT = "object"  # BeforeImageSettings
    COLUMNS = "columns"  # the rule add-before-image-columns


@dataclass(frozen=True)
class TaskSettings:
    """One combination.

    Attributes:
        unformatted: MessageFormat json-unformatted, else json.
        details: IncludeTransactionDetails.
        partition_value: IncludePartitionValue.
        partition_type: what records are partitioned by.
        partition_schema: PartitionIncludeSchemaTable.
        control_details: IncludeControlDetails.
        nulls: IncludeNullAndEmpty.
        large_integers: UseLargeIntegerValue.
        booleans_as_booleans: MapBooleanAsBoolean.
        no_hex_prefix: NoHexPrefix.
        before: the form of the before-image.
        field_name: FieldName of the object.
        prefix: what stands before the names of before-image columns.
        suffix: what stands behind them.
        column_filter: which columns a before-image has.
        full_identity: whether a delete sends the whole old row.
        engine: the source.
        fraction_digits: how many digits of a second a source writes.
        decimals_as_text: whether decimals are written as text.
        escapes: whether characters beyond ASCII are escaped.
    """

    unformatted: bool
    details: bool
    partition_value: bool
    partition_type: str
    partition_schema: bool
    control_details: bool
    nulls: bool
    large_integers: bool
    booleans_as_booleans: bool
    no_hex_prefix: bool
    before: Before
    field_name: str
    prefix: str
    suffix: str
    column_filter: str
    full_identity: bool
    engine: Engine
    fraction_digits: int
    decimals_as_text: bool
    escapes: bool

    def for_star(self, star: Star) -> TaskSettings:
        """The same with the before-image that the declaration says the stream has."""
        stream = star.declaration.stream
        may_lack = any(map(star.unchanged_columns, star.used_tables))
        among_columns = stream.before_image_among_columns
        return replace(
            self,
            before=Before.COLUMNS if among_columns else Before.OBJECT,
            field_name=stream.before_image,
            prefix=stream.before_image_prefix or "",
            suffix=stream.before_image_suffix or "",
            column_filter="all" if may_lack else "pk-only",
        )


# What the project asks for.
PROFILE: Final = TaskSettings(
    unformatted=True,
    details=True,
    partition_value=True,
    partition_type="primary-key",
    partition_schema=True,
    control_details=True,
    nulls=True,
    large_integers=True,
    booleans_as_booleans=True,
    no_hex_prefix=False,
    before=Before.OBJECT,
    field_name="before-image",
    prefix="",
    suffix="",
    column_filter="pk-only",
    full_identity=False,
    engine=Engine.POSTGRESQL,
    fraction_digits=6,
    decimals_as_text=False,
    escapes=False,
)
