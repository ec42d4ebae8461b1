package io.starjoin.kinesis;

/** What the cursors of one reader share. */
record Reading(
    SourceSettings settings,
    Timing timing,
    Backoff backoff,
    ReaderMetrics metrics,
    Retention retention,
    BlockCutter cutter) {}
