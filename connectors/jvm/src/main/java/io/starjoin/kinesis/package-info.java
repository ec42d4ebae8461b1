/**
 * A FLIP-27 source that hands on what one {@code GetRecords} answered as one element.
 *
 * <p>Who owns what:
 *
 * <ul>
 *   <li>{@link io.starjoin.kinesis.KinesisEnumerator} (job manager, one) finds shards, says which
 *       may be read and by whom. What it knows about shards is in {@code ShardRegistry}, which does
 *       no input or output.
 *   <li>{@link io.starjoin.kinesis.KinesisSourceReader} (one a subtask) owns what is checkpointed
 *       of a subtask: the position after the last block that was <em>emitted</em>.
 *   <li>{@link io.starjoin.kinesis.KinesisSplitReader} (fetcher thread) owns what was
 *       <em>fetched</em>, which runs ahead of what was emitted.
 * </ul>
 *
 * <p>How the end of a shard becomes known, once and for ever:
 *
 * <ol>
 *   <li>The reader emits the last block, keeps the shard as a marker in its own state and tells the
 *       enumerator.
 *   <li>The enumerator notes it and frees the children.
 *   <li>When a checkpoint that holds the note is complete, it tells the reader, who drops the
 *       marker.
 * </ol>
 *
 * <p>So a checkpoint taken at any moment holds the end in one place at least. Tasks that restart
 * without the enumerator being reset (Flink does so for every task failure) may live through an end
 * again. Therefore a starting reader says what it holds, its word overrules what the enumerator
 * remembers, and nothing is handed out before the last reader has spoken.
 */
package io.starjoin.kinesis;
