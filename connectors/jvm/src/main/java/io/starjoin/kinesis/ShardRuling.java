package io.starjoin.kinesis;

import org.apache.flink.api.connector.source.SourceEvent;

/**
 * Enumerator to reader: how to go on with a shard in doubt.
 *
 * @param position the one that was asked about; a reader that stands elsewhere by now ignores this
 */
record ShardRuling(String shardId, Position position, Ruling ruling) implements SourceEvent {}
