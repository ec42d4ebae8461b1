"""`starjoin check`: whether a declaration can be used, every fault with its place and remedy.

Modules:
    command_line: the arguments.
    warnings: what a declaration that can be used may do without anybody having meant it.
    records: what each record of a sample becomes.
    finding: what was found, for people and for scripts.
    main: checks the files, and prints what it finds.
"""
