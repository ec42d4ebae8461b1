"""Examples as data: source tables, their changes, and the query that says what must come out."""

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
EXAMPLES: Final = tuple(sorted(path.parent.name for path in FOLDER.glob("*/source.sql")))
DEFAULT: Final = "ticket_seller"
