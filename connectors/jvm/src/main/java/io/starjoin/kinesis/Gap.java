package io.starjoin.kinesis;

/**
 * Records of one shard that Kinesis no longer has, and that were not read.
 *
 * @param lastSequenceNumber of the last record read before the gap; null if none was read
 * @param firstSequenceNumber of the first record after it; null if there was none when the gap was
 *     found: it reaches to the shard's end, or to what comes from then on
 * @param readUntilMillis until when everything of the shard is known to have been read, ms since
 *     the epoch; -1 = unknown
 * @param firstArrivalMillis when Kinesis received the first record after the gap, ms since the
 *     epoch; -1 = unknown
 * @param cause a sentence for people, without record contents; what exceeds {@link
 *     GapWriter#MAX_CAUSE_BYTES} is cut off
 */
record Gap(
    String shardId,
    String lastSequenceNumber,
    String firstSequenceNumber,
    long readUntilMillis,
    long firstArrivalMillis,
    String cause) {}
