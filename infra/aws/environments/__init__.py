"""Environments as data: one file each."""

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
