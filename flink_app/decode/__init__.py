"""Decode: DMS change records to columns of changes, treated, positioned and accounted for.

The modules in reading order.

The stage:
    fact_names: by which names a record is surely a fact, and need not come here.
    operator: frames of raw records in, blocks out; the thin part that knows Flink.
    decoder: one subtask's records decoded, counted and watched.
    block: one block decoded as a pure function, by columns where possible, the rest one by one.
    plan: the schemas that tables are read with.
    changes: key updates taken apart, treatments; the last place with clear personal data.
    metrics: the counters of this stage.
    tally: what became of a block's records, by table.

Records by columns, the fast path:
    lines: records in one buffer, as the reader takes them.
    exponents: which records hold numbers in scientific notation.
    presumed_tables: which table each record seems to be of.
    reading: which records pyarrow's JSON reader can be trusted with.
    read_schema: the one schema that they are read with, and its other forms.
    time_columns: times from text.
    columns: tables of records to changes; odd records are left for the slow path.
    collated_columns: text that a source takes for equal, in one form.
    sent_nulls: which columns were sent as null, and which not at all.
    value_columns: columns of JSON values to columns of the declared types.
    position_columns: positions by columns.
    arrival_columns: the order of arrival, which stands in coarse ones.
    hexadecimal: their digits.

Record by record, the slow path and the reference of the fast one:
    rows: one record to a change, or to the reason why it is none.

Both paths:
    unchanged: columns that an update leaves out.
"""
