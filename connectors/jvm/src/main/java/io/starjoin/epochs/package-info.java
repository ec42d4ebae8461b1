/**
 * Two operators that forward every element and add signals, through which a Python operator learns
 * what Flink reports only to JVM operators: where an epoch ends, and that a checkpoint is complete.
 *
 * <p>A signal is one letter and big-endian int64 numbers: {@code C} checkpoint; {@code R} the
 * checkpoint that was restored or -1, start number; {@code N} alone, which means nothing and
 * completes a bundle. Those of {@link io.starjoin.epochs.EpochMarker} are sent as blocks are, and
 * have their head between the letter and the numbers: a letter for the edge of the graph, and the
 * route as {@code io.starjoin.blocks} reads it. They are {@code E} epoch, subtask that says it, how
 * many subtasks there are; {@code I} the same without an epoch: the subtask's input has ended.
 * Elements of the stream must not begin with these letters. The Python side is {@code
 * connectors/epochs/signals.py}.
 */
package io.starjoin.epochs;
