"""Declarations: a star or snowflake schema as data, and everything that follows from one."""

from flink_app.declaration.declaration import Declaration
from flink_app.declaration.file import DeclarationError, load_declaration
from flink_app.declaration.model import Column, Reference, Table, Target, Treatment
from flink_app.declaration.star import POSITION, Path, Star
from flink_app.declaration.types import ColumnType

__all__ = [
    "POSITION",
    "Column",
    "ColumnType",
    "Declaration",
    "DeclarationError",
    "Path",
    "Reference",
    "Star",
    "Table",
    "Target",
    "Treatment",
    "load_declaration",
]
