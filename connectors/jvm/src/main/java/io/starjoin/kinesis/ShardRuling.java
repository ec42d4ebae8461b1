package io.starjoin.kinesis;

import org.apache.flink.api.connector.source.SourceEvent;

/**
 * Enumerator to reader: how to go on with a shard in doubt.
 *
 * @param position the one that was asked about; a reader that stands elsewhere by now ignores this
 * @param askedMillis when it was asked, as {@link ShardInDoubt} has it; the listing that has
 *     decided began later
 */
record ShardRuling(String shardId, Position position, Ruling ruling, long askedMillis)
    implements SourceEvent {}
