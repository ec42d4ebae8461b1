"""`starjoin`, the command line for those who use the application.

It is on top of everything else in `infra`, and ships nowhere: the package that Managed Flink runs
has `flink_app` and `connectors` alone.

Modules:
    __main__: `starjoin` where it is not installed.
    commands: every command, where its arguments and its work are; `build.py` offers them too.
    main: reads the command, starts it, and gives the exit code.
    completion: what shells need to complete command lines.
"""
