"""`starjoin init`: a declaration that somebody can start from, proposed from a source's catalogue.

What the catalogue says is in `infra/catalogue`. Here is what follows from it, and the text of
the file. What is proposed is always a declaration that `starjoin check` accepts.

Modules:
    command_line: the options; standard library only.
    main: reads the source, proposes, writes the file, sums up.
    draft: a declaration that is still being made, with the comments of its parts.
    names: names of the source as the declaration may have them, without conflicts.
    personal: which columns look personal, why, and which treatment is proposed.
    tables: which tables can be declared, their keys and columns.
    references: what leads where: foreign keys without circles, and types that agree.
    targets: facts, the paths of each, and the columns of wide targets.
    sizes: what is kept in the warehouse, and lengths with which rows fit into Redshift.
    propose: all of that, one after the other.
    writing: the draft as commented YAML.
    summary: what somebody should know who has just run the command.
"""
