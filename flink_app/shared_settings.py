"""The settings that an environment's file gives and the application reads, declared once.

The property groups of `flink_app/settings.py` and the parts of `infra/aws/environment.py` inherit
these models, so that a field added here is a key of the file, a parameter of the template and a
property of the application.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, Field, StringConstraints, WithJsonSchema, model_validator

from connectors.redshift.access import STATEMENT_SECONDS
from connectors.staging.waiting import RETRY_SECONDS
from flink_app.dead_letters.schema import Originals
from flink_app.positions.generations import Generations, GenerationsSetting
from flink_app.template_parameter import Location, Parameter
from flink_app.validation.addresses import DatabaseName, HostName, SchemaName

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=128)]
# `Generations.parse` reads the rest.
_GENERATIONS_SCHEMA: Final = WithJsonSchema({"type": "string", "pattern": "^[0-9].*$"})


class SharedApplication(BaseModel):
    """Property group `application` and part `application` of an environment."""

    name: Annotated[
        Name,
        Parameter("ApplicationName"),
        Location(
            "a new application replaces the old one, whose snapshots are deleted; its staged "
            "files, dead letters and fence in the warehouse stay under the old name"
        ),
    ] = Field(
        description="Name of the application, and of the owner of the bookkeeping tables' fence in "
        "the warehouse. Staged files, dead letters and the log lie under it. Never change it: an "
        "application of another name starts without state."
    )
    generations: Annotated[GenerationsSetting, _GENERATIONS_SCHEMA] = Field(
        Generations(),
        description="Generation of each record by its arrival on the stream, oldest first: `1`, or "
        "`1, 2 from 2026-11-23T10:00:00Z`. Only a reload raises it: an environment's value counts "
        "for a new application alone.",
    )
    floor: int = Field(
        0,
        ge=0,
        description="Lowest generation that still counts: records of older generations are "
        "ignored, and their rows are removed from the warehouse. 0 keeps all. Only a reload raises "
        "it: an environment's value counts for a new application alone.",
    )
    dead_letter_share: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Maximum share of dead letters per 10,000 records of a subtask, above 0 and at "
        "most 1, before the job stops. 1 disables the limit.",
    )
    dead_letter_run: int = Field(
        5_000,
        ge=0,
        description="Maximum number of consecutive dead letters of a subtask before the job stops. "
        "0 disables the limit.",
    )
    dead_letter_originals: Originals = Field(
        Originals.SEALED,
        description="How the original record of a dead letter is kept. `sealed`: encrypted, in the "
        "dead letter. `restricted`: unencrypted, below the prefix `restricted/`, which the "
        "bucket's policy opens to a single role.",
    )
    metrics_by_table: bool = Field(
        default=True,
        description="Whether the balance of each table and destination is reported as metrics, up "
        "to six for each pair. CloudWatch bills every metric; `false` turns them off, and the "
        "bookkeeping tables keep the same numbers.",
    )

    @model_validator(mode="after")
    def _floor_is_a_generation(self) -> Self:
        if self.floor > self.generations.newest:
            message = (
                f"floor {self.floor} is above the newest generation, {self.generations.newest}, "
                "so that every record would be ignored: lower floor, or add the generation"
            )
            raise ValueError(message)
        return self


class SharedSource(BaseModel):
    """Property group `source` and part `application` of an environment."""

    initial_position: Literal["TRIM_HORIZON", "LATEST"] = Field(
        "TRIM_HORIZON",
        description="Where a start without a snapshot begins to read the stream. `TRIM_HORIZON`: "
        "at the oldest record that the stream holds. `LATEST`: after the newest, so that all "
        "earlier changes are skipped.",
    )


class SharedStaging(BaseModel):
    """Property group `staging` and part `staging` of an environment."""

    prefix: Annotated[
        Name,
        Parameter("StagingPrefix"),
        Location(
            "files that are staged and not loaded yet stay under the old prefix, where COPY can no "
            "longer read them and no lifecycle rule deletes them"
        ),
    ] = Field(
        "staged",
        description="First part of the keys of staged files and dead letters in the bucket. Do not "
        "change it while files wait to be loaded: they stay under the old prefix.",
    )
    retry_seconds: int = Field(
        RETRY_SECONDS,
        ge=0,
        le=480,
        description="Seconds in each epoch for which failed uploads to S3 are retried, if the "
        "failure may pass, before the job restarts. Retries hold up the checkpoint, which Managed "
        "Flink ends after 600 seconds. 0 disables them; the S3 client's own three attempts remain.",
    )


class SharedRedshift(BaseModel):
    """Property group `redshift` and part `redshift` of an environment."""

    host: Annotated[HostName, Parameter("RedshiftHost")] = Field(
        description="Host name of the cluster's or workgroup's endpoint, without scheme and port."
    )
    port: Annotated[int, Parameter("RedshiftPort")] = Field(
        5439, ge=1, le=65_535, description="TCP port of the endpoint."
    )
    database: Annotated[DatabaseName, Parameter("RedshiftDatabase")] = Field(
        description="Database that holds the target tables."
    )
    bookkeeping_schema: Annotated[
        SchemaName,
        Location(
            "the record of what has been loaded stays in the old schema, and the application no "
            "longer knows of it"
        ),
    ] = Field(
        "starjoin",
        description="Schema of the bookkeeping tables, which say what has been loaded. Each "
        "application needs its own. Never change it: the application would not know what it has "
        "loaded.",
    )
    statement_seconds: int = Field(
        STATEMENT_SECONDS,
        ge=60,
        le=86_400,
        description="Seconds after which Redshift cancels a statement of a load; the load is then "
        "retried. Set it above the duration of the longest COPY after an outage. It cannot be "
        "turned off.",
    )
