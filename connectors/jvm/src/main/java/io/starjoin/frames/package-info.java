/**
 * Small frames of a shard made into larger ones on their way from the source. The equal in Python,
 * for the simulation, is {@code connectors/kinesis/gathering.py}.
 */
package io.starjoin.frames;
