"""The counters of what records show of their source."""

from __future__ import annotations

from connectors.metrics import Metric


class SourceCheck(Metric):
    """Signs that the source or DMS is not set up as the declaration says."""

    RECORDS_OF_SIMILAR_TABLES = (
        "recordsOfSimilarTables",
        "records passed over whose table has the columns of a declared one, or nearly its name",
    )
    RECORDS_WITHOUT_DETAILS = (
        "recordsWithoutTransactionDetails",
        "changes without stream-position or transaction-record-id",
    )
    RECORDS_COARSELY_ORDERED = (
        "recordsCoarselyOrdered",
        "changes that only a commit timestamp orders",
    )
    RECORDS_OF_UNKNOWN_ORDER = (
        "recordsOfUnknownOrder",
        "changes that another shard may contradict, since only a commit timestamp orders them",
    )
    BLOCKS_OF_MIXED_POSITIONS = (
        "blocksOfMixedPositions",
        "blocks read by a subtask that has seen positions of two kinds, which cannot be compared",
    )
    UPDATES_WITHOUT_BEFORE_IMAGE = (
        "updatesWithoutBeforeImage",
        "updates that do not say what the key was before",
    )
    RECORDS_WITH_EXPONENTS = (
        "recordsWithExponents",
        "records with a whole number in scientific notation",
    )
    SAMPLES_WITH_TEXT_BOOLEANS = (
        "samplesWithTextBooleans",
        "sampled records, one per block, with a boolean as text",
    )
    SAMPLES_WITHOUT_NULLS = (
        "samplesWithoutNulls",
        "sampled records that leave a declared column out",
    )
    SAMPLES_LEAVING_OUT = (
        "samplesWithColumnsLeftOut",
        "sampled updates without a value of a column that may just not have changed",
    )
    SAMPLES_WITHOUT_PARTITION_VALUE = (
        "samplesWithoutPartitionValue",
        "sampled records that are partitioned by primary key and do not say by which",
    )
    SAMPLES_WITHOUT_PARTITION_SCHEMA = (
        "samplesWithoutPartitionSchema",
        "sampled records whose partition value is without schema and table",
    )
    SECOND_LOADS = (
        "secondLoads",
        "blocks and tables with a full load of a table that had changes in the same generation",
    )
    LOG_RESTARTS = (
        "logRestarts",
        "blocks and tables with changes of a log of the source that has started again",
    )
    SCHEMA_CONTRADICTIONS = (
        "schemaContradictions",
        "what control records and samples show of the source that contradicts the declaration",
    )
    SCHEMA_NOTES = (
        "schemaNotes",
        "new columns, dropped tables and unknown types that were seen for the first time",
    )
