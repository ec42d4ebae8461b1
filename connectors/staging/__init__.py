"""Staging: blocks to Parquet parts in S3, handed on by reference at the end of each epoch."""

from connectors.staging.part import Part
from connectors.staging.store import S3Store
from connectors.staging.writer import PartWriter

__all__ = ["Part", "PartWriter", "S3Store"]
