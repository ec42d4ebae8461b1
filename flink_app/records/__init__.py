"""Records of DMS: what every package that reads them shares.

Modules:
    plan: which records a declaration reads, and into which columns.
    envelope: one record's JSON, with repeated names and every digit.
    aggregate: how an aggregate of the Kinesis Producer Library is recognised.
    values: one JSON value to one value of a column.
    repair_marker: the member by which a record of a repair says its position.
    parsed: what parsing makes of a block, before values are treated.
    arrays: Arrow columns of records, and masks over them.
    rejected: why a record cannot become a change.
"""
