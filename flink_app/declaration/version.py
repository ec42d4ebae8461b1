"""Which declaration made something: a fingerprint. `connectors.version` says which code."""

from __future__ import annotations

import hashlib
from typing import Final

from flink_app.declaration.declaration import Declaration

_DIGITS: Final = 16


def fingerprint(declaration: Declaration) -> str:
    """16 hexadecimal digits that are others for any other declaration.

    Comments, and defaults that are written out, make no difference.
    """
    content = declaration.model_dump_json(by_alias=True)
    return hashlib.sha256(content.encode()).hexdigest()[:_DIGITS]
