package io.starjoin.kinesis;

import org.apache.flink.api.connector.source.SourceEvent;

/**
 * Enumerator to reader: what it knows about the stream. Readers need its retention and Kinesis'
 * clock, and publish the rest as metrics, since the enumerator's own belong to the job manager, and
 * the managed service publishes only those of tasks.
 *
 * @param streamIsRead the stream was listed since the enumerator started, and every readable shard
 *     has a reader
 * @param failedListings since the last report to any reader
 * @param hashRangeHoles ranges of hash keys that no shard of the last listing holds; 0 for all
 *     readers but one
 * @param retentionMillis for how long the stream keeps records; {@link #NOT_LISTED} before the
 *     first listing
 * @param keptSinceMillis what arrived before may have expired whatever the retention is now; {@link
 *     EnumeratorState#UNKNOWN} if it was never shorter
 * @param clockOffsetMillis to be added to a time of this job's machines for one of Kinesis' clock
 */
record ListingReport(
    boolean streamIsRead,
    long failedListings,
    int hashRangeHoles,
    long retentionMillis,
    long keptSinceMillis,
    long clockOffsetMillis)
    implements SourceEvent {

  static final long NOT_LISTED = 0;
}
