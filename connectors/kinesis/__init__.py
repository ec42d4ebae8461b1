"""The Kinesis block source as Python sees it: its builder and the reader of its frames.

Modules:
    source_settings: the settings, without PyFlink and a JVM.
    source: how they reach the JVM's builder.
    element: what an element of the source can be: a frame, a gap or a tip.
    frame: the raw records of one shard, as bytes.
    gap: records of a shard that were lost before they were read.
    tip: until when everything of a shard was read.
"""
