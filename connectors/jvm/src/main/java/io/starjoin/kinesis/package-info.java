/**
 * A FLIP-27 source that emits the records of one answer of Kinesis as one element.
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
 * <p>Behind the first block of a shard, where there is nothing to read, and at its end a tip says
 * until when everything of the shard was emitted ({@link io.starjoin.kinesis.ShardTips}).
 *
 * <p>How a shard is read. The numbers are those in the code.
 *
 * <ol>
 *   <li>A position that says no more than a time, and one that is older than what every stream
 *       keeps, is in doubt (step 8) before the first call.
 *   <li>The shard is opened ({@code Opening}): <em>at</em> the last record that was read, so that
 *       the first answer shows whether it is still there.
 *   <li>The event loop ({@link io.starjoin.kinesis.KinesisSplitReader}) starts the call that has
 *       been due longest if there is room for its answer ({@code PrefetchBudget}), and if there is
 *       not, calls that need less; each shard has at most one call in flight ({@code ShardFeed}),
 *       and nothing waits for it.
 *   <li>If the record that was asked for has not come, the shard is in doubt (step 8). If it has,
 *       it is dropped.
 *   <li>The answer becomes blocks, the fetched position moves, and the next call is due after the
 *       time that Kinesis' limits ask for. It goes on from this answer, unless the position is so
 *       old that records may be about to expire ({@code Retention}): then the shard is opened again
 *       (step 2).
 *   <li>The task thread emits each block, moves the emitted position, and frees the room.
 *   <li>A call that has failed ({@code Failure}): an expired iterator is replaced; after throttling
 *       and after other errors the shard waits, longer each time; a position that Kinesis refuses
 *       is in doubt. Without an answer for the time {@code failAfter} the job fails; throttling is
 *       an answer.
 *   <li>A shard in doubt is not read. The doubt goes to the enumerator behind all records before
 *       it. The enumerator lists the shards again and rules; a listing that decides nothing is
 *       repeated after 1 to 30 s. Without a ruling for the time {@code failAfter} the job fails.
 *   <li>By the ruling the shard has ended, or goes on where it was, or is read again without the
 *       records that were read, from an hour before the last of them on, or from its oldest record
 *       on. If the last one read does not come again, the records in between are a gap, which goes
 *       out with the first record after it. Or, if the settings say so, the shard is held there
 *       ({@code HeldShards}): its position stays, nothing of it is read, and the job fails after
 *       {@code failAfter}.
 * </ol>
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
