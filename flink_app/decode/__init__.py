"""Decode: DMS change records to columns of changes, treated, positioned and accounted for.

The modules in reading order.

The stage:
    operator: frames of raw records in, blocks out; the thin part that knows Flink.
    block: one block decoded as a pure function, by columns what can be, the rest one by one.
    plan: which records a declaration reads, and into which columns.
    changes: keys that changed taken apart, treatments; the last place with clear personal data.
    tally: what became of a block's records, by table.

Records by columns, the fast path:
    reading: which records pyarrow's JSON reader can be trusted with.
    read_schema: the one schema that they are read with, and its other forms.
    columns: tables of records to changes; what is odd is left for the slow path.
    value_columns: columns of JSON values to columns of the declared types.
    hex_columns: the same for binary values.

Record by record, the slow path and the reference of the fast one:
    envelope: a record's JSON with repeated names and every digit.
    values: one JSON value to one value of a column.
    rows: one record to a change, or to the reason why it is none.

Which change is newer, on both paths:
    position: the value that orders the changes of a key.
    position_columns: the same texts by columns.
    generations: the part of a position that a reload raises.
    replay_member: where a replayed record stood first.
    unchanged: columns that an update leaves out.

What the stream shows of its source:
    shown: settings of DMS that are off.
    second_loads: a second full load within one generation.
    similar_tables: rows of undeclared tables that are called like a declared one.
    source_types: the types that DMS announces.
    schema_findings: tables that are not what is declared.
    schema_watch: what the job does about them.

Dead letters:
    dead_letters: the reasons and the columns.
    sealing: originals under seal, each bound to its place.
    treated: what one shows of its record in the open.
    dead_letter_rows: rejected records to rows of dead letters.
    limit: how many of them stop the job.
"""
