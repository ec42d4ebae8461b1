/**
 * How blocks are sent: by the route in a block's head. Keyed or partitioned in Python, every block
 * would go through one Python operator more. The head is written by {@code connectors/blocks.py}.
 */
package io.starjoin.blocks;
