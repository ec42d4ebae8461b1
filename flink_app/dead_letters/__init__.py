"""Dead letters: records that cannot become changes, kept so that they can be replayed.

Modules:
    schema: the columns, and how originals are kept.
    rows: rejected records to rows of dead letters.
    redaction: what a dead letter shows of its record in the clear.
    sealing: originals, encrypted and bound to their coordinates.
    replay_marker: the member by which a replayed record says where it first stood.
    limit: how many dead letters stop the job.
"""
