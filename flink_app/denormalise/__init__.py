"""Denormalise: facts joined by columns to dimensions, and patches for facts that came before.

Its operator decodes the facts and stages what comes of them as well.

Modules:
    operator: the stage in Flink, facts in any subtask and dimensions broadcast.
    joiner: the join of one subtask, its mirror and its state.
    plan: what the join needs of a declaration, compiled once.
    conditions: which rows of a fact count in a target.
    join: facts to wide rows, dimension changes to patches, as pure functions.
    mirror: the dimensions in memory, that every subtask joins with.
    key_index: which row is the newest of a key.
    keys: keys by columns, and the numbers that they are looked up by.
    slots: the row of each such number.
    rows: the rows of one dimension in memory.
    column_versions: which changes are newer, of rows and of unchanged columns.
    ownership: which subtask emits the patch of a key.
    durable: the dimensions in broadcast state, as blocks.
    tiers: which of these blocks are merged.
    metrics: the counters of the join.
"""
