"""Epoch markers and checkpoint signals: the JVM operators, and their elements as typed values.

Modules:
    operators: how the JVM's operators are put into the graph.
    signals: their elements.
    markers: when an epoch ends for an operator that several edges lead to.
"""
