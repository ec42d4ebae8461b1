"""All of the simulation's stars as one application with a target for each.

One job costs ten seconds to start; so all of them run in it, side by side. One dimension is kept in
the warehouse.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

from flink_app.declaration import Star
from tests.simulation.stars import TEXTS
from tests.unit.stars import declaration

# A fact refers to it, and so does a dimension that is kept in the stream.
_IN_WAREHOUSE: Final = "port"


def _merged() -> dict[str, Any]:
    """The declarations in one; their tables and targets have different names."""
    merged: dict[str, Any] = {"name": "all_stars", "tables": {}, "targets": {}}
    for content in map(yaml.safe_load, TEXTS):
        merged["source_schema"] = content["source_schema"]
        for part in ("tables", "targets"):
            twice = merged[part].keys() & content[part].keys()
            assert not twice, f"two stars have {part} {twice}"
            merged[part] |= content[part]
    merged["tables"][_IN_WAREHOUSE]["placement"] = "warehouse"
    return merged


ALL_STARS: Final = Star(declaration(_merged()))


def write(folder: Path) -> Path:
    """The declaration as a file that an application's settings can name."""
    path = folder / "all_stars.yaml"
    path.write_text(yaml.safe_dump(_merged(), sort_keys=False))
    return path
