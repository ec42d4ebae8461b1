"""`starjoin check`: whether a declaration can be used, every fault with its place and remedy.

Modules:
    command_line: the arguments.
    finding: what was found, for people and for scripts.
    main: checks the files, and prints what it finds.
"""
