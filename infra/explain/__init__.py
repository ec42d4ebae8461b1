"""`starjoin explain`: which change of the source gave a row of a target each of its columns.

Modules:
    command_line: its options.
    errors: what cannot be explained.
    layout: the groups of columns that one change sets together, each with its position.
    key: the key of a row as it is stored, from what the user has given.
    positions: what a position says of its change.
    known: what was read, as plain values.
    warehouse: reads the row, its tombstone, accounts, the ledger and gaps.
    parts: searches staged parts for changes of a key.
    stream: finds the record of a change on the stream.
    letters: searches dead letters for a key.
    gathering: reads all of it, in order.
    explanation: what follows from what is known; calls nothing.
    report: the explanation for people, and for scripts.
    services: opens the application, deployed or local.
    main: reads, explains, prints, gives the exit code.
"""
