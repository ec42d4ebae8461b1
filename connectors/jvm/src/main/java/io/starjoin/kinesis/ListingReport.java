package io.starjoin.kinesis;

import org.apache.flink.api.connector.source.SourceEvent;

/**
 * Enumerator to reader: what it knows about the stream, for metrics only. Readers publish it, since
 * the enumerator's own metrics belong to the job manager, and the managed service publishes only
 * those of tasks.
 *
 * @param streamIsRead the stream was listed since the enumerator started, and every readable shard
 *     has a reader
 * @param failedListings since the last report to any reader
 * @param hashRangeHoles ranges of hash keys that no shard of the last listing holds; 0 for all
 *     readers but one
 */
record ListingReport(boolean streamIsRead, long failedListings, int hashRangeHoles)
    implements SourceEvent {}
