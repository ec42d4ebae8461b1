/**
 * A FLIP-27 source that emits the answer of one {@code GetRecords} call as one element.
 *
 * <p>Who owns what:
 *
 * <ul>
 *   <li>{@link io.starjoin.kinesis.KinesisEnumerator} (job manager, one) discovers shards and
 *       assigns them. What it knows about shards is in {@code ShardRegistry}, which does no I/O.
 *   <li>{@link io.starjoin.kinesis.KinesisSourceReader} (one per subtask) owns its checkpointed
 *       state: the position after the last block that was <em>emitted</em>.
 *   <li>{@link io.starjoin.kinesis.KinesisSplitReader} (fetcher thread) owns what was
 *       <em>fetched</em>, which runs ahead of what was emitted.
 * </ul>
 *
 * <p>How the end of a shard is recorded permanently:
 *
 * <ol>
 *   <li>The reader emits the last block, keeps the shard as a marker in its own state and notifies
 *       the enumerator.
 *   <li>The enumerator records it and releases the children.
 *   <li>When a checkpoint that contains the record is complete, it notifies the reader, which drops
 *       the marker.
 * </ol>
 *
 * <p>So a checkpoint taken at any time contains the end at least once. Tasks that restart without a
 * reset of the enumerator (Flink does so for every task failure) may reach an end again. Therefore
 * a starting reader reports what it holds, its report overrides what the enumerator remembers, and
 * nothing is assigned before every reader has reported.
 */
package io.starjoin.kinesis;
