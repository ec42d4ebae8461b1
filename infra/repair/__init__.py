"""Repair: the rows in which the warehouse differs from the source, loaded again one by one.

Reconcile finds them. They go through the stream as every change does, so that what the job has of
dimensions is repaired as well, at positions above what is there and below every later change.

Modules, in reading order:
    errors: why nothing is repaired, or not all of it.
    rows: which rows of the source a difference comes from, and their positions in the warehouse.
    protocol: the looks in order, and the rule of positions.
    records: a row as a record of the stream.
    stream_writer: puts records onto the stream.
    report: what is printed.
    command_line: the options.
    main: the command.
"""
