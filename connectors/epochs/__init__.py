"""Epoch markers and checkpoint signals: the JVM operators, and their elements as typed values."""
