"""The settings of a DMS task and of its declaration, as the model of the round trips draws them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from hypothesis import strategies as st

from infra.local.source import settings as source_settings
from infra.local.source.settings import Before, Engine, TaskSettings

__all__ = ["PROFILE", "SETTINGS", "Before", "Engine", "Settings"]


@dataclass(frozen=True)
class Settings(TaskSettings):
    """One combination, with what the declaration says of it.

    Attributes:
        declared: `positions` of the declaration.
        coarse: `coarse_positions` of the declaration.
    """

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
PROFILE: Final = Settings(**asdict(source_settings.PROFILE), declared="postgresql", coarse="warn")
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
