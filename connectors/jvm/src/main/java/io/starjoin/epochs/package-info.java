/**
 * Two operators that forward every element and add signals, through which a Python operator learns
 * what Flink reports only to JVM operators: where an epoch ends, and that a checkpoint is complete.
 *
 * <p>A signal is one letter and big-endian int64 numbers: {@code E} epoch; {@code C} checkpoint;
 * {@code R} the checkpoint that was restored or -1, start number; {@code N} alone, which means
 * nothing and completes a bundle. Elements of the stream must not begin with these letters. The
 * Python side is {@code connectors/epochs/signals.py}.
 */
package io.starjoin.epochs;
