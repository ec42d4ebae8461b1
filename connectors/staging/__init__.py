"""Staging: blocks to Parquet parts in S3, handed on by reference at the end of each epoch."""
