"""Staging: blocks to Parquet parts in S3, handed on by reference at the end of each epoch.

Modules:
    stager: staging of one subtask, blocks in and references out when an epoch ends.
    writer: the blocks of an epoch, collected and written as Parquet.
    part: the reference to a staged file, and its stored form.
    shape: the columns of a staged file, and what their values are.
    store: where staged files lie in S3.
    waiting: uploads that are tried again until S3 takes them.
    errors: what can go wrong, as types that say what to do.
"""
