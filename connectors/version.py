"""The application's version, for whatever says which code has made something."""

from __future__ import annotations

from typing import Final

VERSION: Final = "0.1.0"  # as in pyproject.toml, which does not ship; a test holds them equal
