package io.starjoin.kinesis;

import org.apache.flink.api.connector.source.SourceEvent;

/**
 * Enumerator to reader: what it knows of the stream, for metrics only. Readers report it, since the
 * enumerator's own metrics are the job manager's, and the managed service is known to publish those
 * of tasks alone.
 *
 * @param streamIsRead the stream was listed since the enumerator's start, and some reader has each
 *     shard that can be read
 * @param failedListings since the last report to any reader
 */
record ListingReport(boolean streamIsRead, long failedListings) implements SourceEvent {}
