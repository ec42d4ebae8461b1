"""The settings of a DMS task and its end points, as far as they change what a record says."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any, Final

from hypothesis import strategies as st


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
class Settings:
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
        declared: `positions` of the declaration.
        coarse: `coarse_positions` of the declaration.
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
    declared: str
    coarse: str

    @property
    def stream(self) -> dict[str, Any]:
        """The section of the declaration that says this of the task."""
        found: dict[str, Any] = {"positions": self.declared, "coarse_positions": self.coarse}
        if not self.nulls:
            found["missing_columns"] = "as_null"
        if self.before is Before.OBJECT:
            found["before_image"] = self.field_name
        elif self.before is Before.COLUMNS:
            affixes = {"prefix": self.prefix, "suffix": self.suffix}
            found |= {f"before_image_{kind}": text for kind, text in affixes.items() if text}
        return found

    @property
    def ordered(self) -> bool:
        """Whether what records say orders them in the way that is declared."""
        if not self.details:
            return False
        if self.declared in {self.engine.value, "commit-timestamp"}:
            return True
        return self.declared == "auto" and self.engine is not Engine.SQLSERVER

    @property
    def coarsely_ordered(self) -> bool:
        """Whether only commit timestamps order changes, and arrival those of one instant."""
        return self.details and self.declared == "commit-timestamp"


def _can_be(settings: Settings) -> bool:
    affixed = settings.prefix or settings.suffix or settings.before is not Before.COLUMNS
    refused = settings.declared == "commit-timestamp" and settings.coarse == "refuse"
    return bool(affixed) and not refused


# What the project asks for.
PROFILE: Final = Settings(
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
    declared="postgresql",
    coarse="warn",
)
# The first of each list is what the project asks for, so shrinking tends to it.
_ON: Final = st.sampled_from([True, False])
SETTINGS: Final = st.builds(
    Settings,
    unformatted=_ON,
    details=st.sampled_from([True, True, True, False]),
    partition_value=_ON,
    partition_type=st.sampled_from(
        ["primary-key", "schema-table", "transaction-id", "attribute-name", "constant"]
    ),
    partition_schema=_ON,
    control_details=_ON,
    nulls=_ON,
    large_integers=_ON,
    booleans_as_booleans=_ON,
    no_hex_prefix=st.booleans(),
    before=st.sampled_from([Before.OBJECT, Before.COLUMNS, Before.OFF]),
    field_name=st.sampled_from(["before-image", "was", "timestamp"]),
    prefix=st.sampled_from(["BI_", "", "data"]),
    suffix=st.sampled_from(["", "_old", "#"]),
    column_filter=st.sampled_from(["pk-only", "non-lob", "all"]),
    full_identity=st.booleans(),
    engine=st.sampled_from(Engine),
    fraction_digits=st.sampled_from([6, 9, 3, 0]),
    decimals_as_text=st.booleans(),
    escapes=st.booleans(),
    declared=st.sampled_from(["auto", "auto", "postgresql", "mysql", "oracle", "commit-timestamp"]),
    coarse=st.sampled_from(["warn", "refuse"]),
).filter(_can_be)
