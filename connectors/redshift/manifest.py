"""COPY manifests: exactly the files of a batch, every one mandatory."""

from __future__ import annotations

import json
from collections.abc import Sequence

from connectors.staging.part import Part


def manifest(parts: Sequence[Part]) -> bytes:
    """The manifest of one table's parts.

    `mandatory` is false by default and would let COPY skip a missing file in silence; Parquet needs
    the length of each file.
    """
    entries = [
        {"url": part.url, "mandatory": True, "meta": {"content_length": part.size}}
        for part in parts
    ]
    return json.dumps({"entries": entries}).encode()
