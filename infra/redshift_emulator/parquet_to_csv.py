"""A Parquet file as CSV for PostgreSQL, with the checks that COPY makes.

Owns which Parquet types a column takes, and the length, precision and nullability of values. The
CSV is exact: pyarrow quotes every text and leaves NULL unquoted, so an empty text is not NULL, and
quotes, backslashes and line ends are preserved.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from infra.redshift_emulator import parquet_values
from infra.redshift_emulator.copy_files import spectrum_error
from infra.redshift_emulator.copy_grammar import CopyCommand, S3Url
from infra.redshift_emulator.data_types import MOST_DIGITS
from infra.redshift_emulator.errors import (
    CopyError,
    LoadErrorDetail,
    RedshiftError,
    emulation_error,
)

_BATCH_ROWS = 32768
_BAD_FILE = 15001
_BAD_SCHEMA = 15007
_OUT_OF_RANGE = 1204
_NULL_IN_NOT_NULL = 1213
_MISSING = "Missing data for not-null field"
_BAD_LINE = 1216
_BAD_UTF8 = 1220
_BAD_UTF8_STATE = "22021"
_WRITE = pa_csv.WriteOptions(include_header=False, quoting_style="needed")
# LZ4 and BROTLI are not among the codecs in "CREATE EXTERNAL TABLE", whose reader COPY uses.
_CODECS = {"UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD"}
_SMALLEST, _GREATEST = -(2**15), 2**15 - 1

# Physical and logical type in the file, by the column's type in PostgreSQL.
_INTEGER = {"NONE", "INT"}
_TAKES: dict[str, set[tuple[str, str]]] = {
    "int2": {("INT32", logical) for logical in _INTEGER},
    "int4": {("INT32", logical) for logical in _INTEGER},
    "int8": {("INT64", logical) for logical in _INTEGER},
    "float4": {("FLOAT", "NONE")},
    "float8": {("DOUBLE", "NONE")},
    "bool": {("BOOLEAN", "NONE")},
    "date": {("INT32", "DATE")},
    "timestamp": {("INT64", "TIMESTAMP"), ("INT96", "NONE")},
    "timestamptz": {("INT64", "TIMESTAMP"), ("INT96", "NONE")},
    "numeric": {
        (physical, "DECIMAL")
        for physical in ("INT32", "INT64", "FIXED_LEN_BYTE_ARRAY", "BYTE_ARRAY")
    },
    "varchar": {("BYTE_ARRAY", logical) for logical in ("NONE", "STRING", "ENUM", "JSON")},
    "bpchar": {("BYTE_ARRAY", logical) for logical in ("NONE", "STRING", "ENUM", "JSON")},
    "varbyte": {("BYTE_ARRAY", "NONE")},
}
_NAMES = {
    "int2": "SMALLINT", "int4": "INT", "int8": "BIGINT", "float4": "REAL", "float8": "DOUBLE",
    "bool": "BOOLEAN", "numeric": "DECIMAL", "bpchar": "CHAR", "timestamptz": "TIMESTAMPTZ",
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """A column of the target: its type by PostgreSQL's short name, and that type's limits."""

    name: str
    type: str
    modifier: int
    not_null: bool

    @property
    def length(self) -> int | None:
        """The most bytes that a value of a text or byte column may have."""
        limited = self.type in {"varchar", "bpchar", "varbyte"} and self.modifier >= 0
        return self.modifier - 4 if limited else None

    @property
    def precision(self) -> tuple[int, int]:
        """Precision and scale of a decimal column."""
        packed = self.modifier - 4
        return packed >> 16, packed & 0xFFFF

    @property
    def type_name(self) -> str:
        """Redshift's name of the type, without its limits."""
        return _NAMES.get(self.type, self.type.upper())


@dataclass(frozen=True)
class Chunk:
    """Some rows of a file as CSV."""

    rows: int
    data: bytes


def chunks(
    data: bytes, url: S3Url, table: str, columns: list[Column], command: CopyCommand
) -> Iterator[Chunk]:
    """A Parquet file as CSV, column by position. Raises CopyError at the first problem."""
    file = _File(url, table, columns, command)
    try:
        parquet = pq.ParquetFile(pa.BufferReader(data))
        file.check_schema(parquet.schema)
        file.check_codecs(parquet.metadata)
        for batch in parquet.iter_batches(batch_size=_BATCH_ROWS):
            yield file.convert(batch)
    except (pa.ArrowException, OSError) as error:  # damaged data pages raise OSError
        text = f"File '{file.https}' has an invalid Parquet format: {error}"
        raise spectrum_error(_BAD_FILE, text, LoadErrorDetail(_BAD_FILE, text, str(url))) from error


class _File:
    def __init__(self, url: S3Url, table: str, columns: list[Column], command: CopyCommand) -> None:
        self._command = command
        self._url = url
        self._table = table
        self._columns = columns
        self._nanoseconds: set[str] = set()
        self._row = 0
        self.https = f"https://s3.amazonaws.com/{url.bucket}/{url.key}"

    def check_schema(self, schema: Any) -> None:
        fields = [schema.column(n) for n in range(len(schema.names))]
        if any(field.max_repetition_level or "." in field.path for field in fields):
            text = "COPY of nested Parquet columns"
            raise emulation_error(text)
        missing = len(self._columns) - len(fields)
        if missing < 0 or (missing and not self._command.fills):
            text = (
                f"Unmatched number of columns between table and file. Table columns: "
                f"{len(self._columns)}, Data columns: {len(fields)}, File name: {self.https}"
            )
            raise spectrum_error(
                _BAD_SCHEMA, text, LoadErrorDetail(_BAD_SCHEMA, text, str(self._url))
            )
        for column, field in zip(self._columns, fields, strict=False):
            if not _takes(column, field):
                raise self._bad_type(column, field)
            if field.logical_type.type == "TIMESTAMP" and "nanoseconds" in str(field.logical_type):
                self._nanoseconds.add(column.name)

    def check_codecs(self, metadata: Any) -> None:
        for group in range(metadata.num_row_groups):
            for number in range(metadata.num_columns):
                codec = metadata.row_group(group).column(number).compression
                if codec not in _CODECS:
                    context = f"File '{self.https}' has an unsupported compression codec: {codec}"
                    load_error = LoadErrorDetail(_BAD_FILE, context, str(self._url))
                    raise spectrum_error(_BAD_FILE, context, load_error)

    def _bad_type(self, column: Column, field: Any) -> CopyError:
        presence = "optional" if field.max_definition_level else "required"
        annotation = "" if field.logical_type.type == "NONE" else f" ({field.logical_type})"
        context = (
            f"File '{self.https}' has an incompatible Parquet schema for column "
            f"'{self._url}.{field.name}'. Column type: {column.type_name}, Parquet schema:\n"
            f"{presence} {field.physical_type.lower()} {field.name}{annotation}"
        )
        return spectrum_error(_BAD_SCHEMA, context, self._load_error(_BAD_SCHEMA, context, column))

    def convert(self, batch: pa.RecordBatch) -> Chunk:
        arrays = [
            self._check(column, array)
            for column, array in zip(self._columns, batch.columns, strict=False)
        ]
        for column in self._columns[len(arrays) :]:  # FILLRECORD
            if column.not_null:
                raise self.describe_failure(_NULL_IN_NOT_NULL, _MISSING, column)
            arrays.append(pa.nulls(batch.num_rows))
        sink = pa.BufferOutputStream()
        names = [str(n) for n in range(len(arrays))]
        try:
            pa_csv.write_csv(pa.RecordBatch.from_arrays(arrays, names), sink, _WRITE)
        except pa.ArrowInvalid as error:
            raise self.describe_failure(_BAD_UTF8, str(error)) from error
        self._row += batch.num_rows
        return Chunk(batch.num_rows, sink.getvalue().to_pybytes())

    def _check(self, column: Column, array: Any) -> Any:
        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        if column.not_null and array.null_count:
            row = pc.index(pc.is_null(array), value=True).as_py()
            raise self.describe_failure(_NULL_IN_NOT_NULL, _MISSING, column, line=row)
        if column.length is not None:
            self._check_length(column, column.length, array)
        if column.length is not None:
            is_binary = column.type == "varbyte"
            return parquet_values.as_hex(array) if is_binary else self._text(column, array)
        if column.type == "numeric":
            return self._decimal(column, array)
        if column.type == "int2":
            return self._smallint(column, array)
        if column.type in {"timestamp", "timestamptz"}:
            return self._times(column, array)
        return array

    def _times(self, column: Column, array: Any) -> Any:
        if column.name in self._nanoseconds:
            return parquet_values.misread_nanoseconds(array)
        zone = None if column.type == "timestamp" else array.type.tz
        return array.cast(pa.timestamp(array.type.unit, zone))

    def _check_length(self, column: Column, length: int, array: Any) -> None:
        lengths = pc.binary_length(array)
        longest = pc.max(lengths).as_py() or 0
        if longest > length:
            row = pc.index(pc.greater(lengths, length), value=True).as_py()
            context = (
                f"The length of the data column {column.name} is longer than the length defined in "
                f"the table. Table: {length}, Data: {longest}, File name: {self.https}"
            )
            load_error = self._load_error(_OUT_OF_RANGE, context, column, line=row)
            raise spectrum_error(_BAD_FILE, context, load_error)

    def _text(self, column: Column, array: Any) -> Any:
        if self._command.replacement is not None:
            array = parquet_values.replace_invalid(array, self._command.replacement)
        try:
            array = array.cast(pa.large_string())
        except pa.ArrowInvalid as error:
            text = "String contains invalid or unsupported UTF8 codepoints"
            raise self.describe_failure(_BAD_UTF8, text, column) from error
        if column.type == "bpchar":
            self._check_ascii(column, array)
        return array

    def _check_ascii(self, column: Column, array: Any) -> None:
        row = pc.index(pc.string_is_ascii(array), value=False).as_py()
        if row >= 0:
            character = next(c for c in array[row].as_py() if not c.isascii())
            text = (
                "Multibyte character not supported for CHAR (Hint: Try using VARCHAR). "
                f"Invalid char: {character.encode().hex(' ')}"
            )
            raise self.describe_failure(_BAD_UTF8, text, column, line=row)

    def _decimal(self, column: Column, array: Any) -> Any:
        if column.modifier < 0:  # made by CREATE TABLE AS from an expression: without limits
            return array
        digits, scale = column.precision
        if array.type.scale > scale:
            # COPY truncates excess digits; INSERT rounds them.
            array = pc.round(array, ndigits=scale, round_mode="towards_zero")
        try:
            return array.cast(pa.decimal128(digits, scale))
        except pa.ArrowInvalid as error:
            text = f"Value out of range for DECIMAL({digits},{scale})"
            raise self.describe_failure(_OUT_OF_RANGE, text, column) from error

    def _smallint(self, column: Column, array: Any) -> Any:
        array = array.cast(pa.int64())
        low, high = pc.min(array).as_py() or 0, pc.max(array).as_py() or 0
        if low < _SMALLEST or high > _GREATEST:
            raise self.describe_failure(_OUT_OF_RANGE, "Value out of range for SMALLINT", column)
        return array

    def describe_failure(
        self, code: int, text: str, column: Column | None = None, *, line: int = 0
    ) -> CopyError:
        """An error in the data, which Redshift describes only in its system table."""
        return load_failed(self._table, self._load_error(code, text, column, line=line))

    def _load_error(
        self, code: int, text: str, column: Column | None, *, line: int = 0
    ) -> LoadErrorDetail:
        load_error = LoadErrorDetail(code, text, file=str(self._url), line=self._row + line + 1)
        if column is None:
            return load_error
        if column.type == "numeric":
            digits, scale = column.precision
            length = f"{digits}, {scale}"
        else:
            length = "" if column.length is None else str(column.length)
        name = {"bpchar": "char"}.get(column.type, column.type)
        return LoadErrorDetail(
            code, text, load_error.file, load_error.line, column.name, type_name=name, length=length
        )


def load_failed(table: str, load_error: LoadErrorDetail) -> CopyError:
    """Redshift's answer when a row cannot be loaded."""
    text = (
        f"Load into table '{table}' failed. Check 'sys_load_error_detail' system table for details."
    )
    return CopyError(text, load_error)


def _takes(column: Column, field: Any) -> bool:
    if column.type not in _TAKES:
        text = f"COPY into a column of type {column.type_name}"
        raise emulation_error(text)
    logical = field.logical_type.type
    if (field.physical_type, logical) not in _TAKES[column.type]:
        return False
    if logical == "DECIMAL" and field.precision > MOST_DIGITS:
        return False
    logical_type = json.loads(field.logical_type.to_json())
    if logical == "INT":
        widths = {"int2": {8, 16, 32}, "int4": {8, 16, 32}, "int8": {64}}[column.type]
        return bool(logical_type["isSigned"]) and logical_type["bitWidth"] in widths
    return True


def from_postgres(table: str, sqlstate: str, error: RedshiftError) -> CopyError:
    """An error that only PostgreSQL found, such as a NUL in a text."""
    code = _BAD_UTF8 if sqlstate == _BAD_UTF8_STATE else _BAD_LINE
    return load_failed(table, LoadErrorDetail(code, error.message))
