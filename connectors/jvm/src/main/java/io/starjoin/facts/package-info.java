/**
 * Which records are surely of a table of facts, by their bytes, and frames of these apart from the
 * rest. The rule's equal in Python is {@code connectors/kinesis/sure_facts.py}; {@code
 * golden/sure-facts-v1.txt} holds both to the same cases.
 */
package io.starjoin.facts;
