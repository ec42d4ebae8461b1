"""The Kinesis block source as Python sees it: its builder and the reader of its frames.

Modules:
    source_settings: the settings, without PyFlink and a JVM.
    source: how they reach the JVM's builder.
    gathering: small frames of a shard made into larger ones, in the JVM.
    sure_facts: records that are surely facts apart from the rest, in the JVM.
    element: what decode is given: a frame, a gap, a tip, or what has passed as facts.
    frame: the raw records of one shard, as bytes.
    gap: records of a shard that were lost before they were read.
    tip: until when everything of a shard was read.
    passed: how many records have passed as facts.
"""
