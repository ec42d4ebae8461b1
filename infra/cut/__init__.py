"""`starjoin cut`: until when the data in the warehouse is complete, and since when that is known.

Modules:
    command_line: its options.
    reading: reads one cut of the bookkeeping tables.
    main: opens the warehouse, prints, gives the exit code.
"""
