"""The SQL of checksums and digests, the same for both sides but for a few words.

Three layers: the texts of each row; their digests, NULL for groups that change meanwhile; and
what is asked of these. A sum of 32 bits of a digest is no larger than BIGINT for 2^31 rows; sums
need no order, see a doubled row, and two of them miss a difference once in 2^64.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from connectors.redshift.cuts import ALL_SHARDS
from connectors.redshift.names import Names, quote
from connectors.redshift.position_sql import literal, to_digits
from infra.reconcile.canonical import Side, write_value
from infra.reconcile.comparison import Comparison, SourceTable, deleted_condition
from infra.reconcile.looks import Hot, Ranges

# Of the parameters with the keys that the source leaves out.
HOT_KEYS: Final = "hot"
ONLY_KEYS: Final = "only"
WANTED_KEYS: Final = "wanted"
_SLICES: Final = (1, 9)  # where the slices of a digest begin, of eight digits each
_COLUMN_DIGITS: Final = 16
_FENCES: Final = {Side.SOURCE: "\nOFFSET 0", Side.MYSQL: f"\nLIMIT {2**64 - 1}"}


def sum_ranges(comparison: Comparison, side: Side, ranges: Ranges, hot: Hot) -> str:
    """The number of each range with its checksum."""
    number = f"place {'DIV' if side is Side.MYSQL else '/'} {ranges.width}"
    sums = [
        part
        for index in range(len(comparison.groups))
        for part in (f"COUNT(h{index})", *(f"SUM({_slice(side, f'h{index}', s)})" for s in _SLICES))
    ]
    filter_clause = ""
    if ranges.sample is not None:
        every, remainder = ranges.sample.every, ranges.sample.remainder
        # Quotients of negative places have negative remainders.
        filter_clause = f"\nWHERE MOD({number}, {every}) IN ({remainder}, -{remainder})"
    digests = _digests(comparison, side, ranges, hot)
    return f"SELECT {number}, {', '.join(sums)}\nFROM ({digests}) AS d{filter_clause}\nGROUP BY 1"


def read_digests(comparison: Comparison, side: Side, ranges: Ranges, hot: Hot) -> str:
    """Each key with the digest of each group."""
    columns = ", ".join(f"h{index}" for index in range(len(comparison.groups)))
    return f"SELECT k, {columns}\nFROM ({_digests(comparison, side, ranges, hot)}) AS d"


def read_columns(comparison: Comparison, side: Side, keys: str) -> str:
    """Some keys with a digest of each column, and at the warehouse the position of each group.

    `keys` is a condition on the key's text, `k`.
    """
    columns = [
        f"SUBSTRING(MD5({column.frame(side)}), 1, {_COLUMN_DIGITS})"
        for group in comparison.groups
        for column in group.compared
    ]
    if side is Side.WAREHOUSE:
        columns += [to_digits(f"w.{quote(group.position)}") for group in comparison.groups]
    named = [f"{sql} AS c{number}" for number, sql in enumerate(columns)]
    rows = _rows(comparison, side, [f"{comparison.key_text(side)} AS k", *named])
    listed = ", ".join(["k", *(f"c{number}" for number in range(len(columns)))])
    return f"SELECT {listed}\nFROM ({rows}) AS r\nWHERE {keys}"


def hot_parameters(ranges: Ranges, hot: Hot) -> Mapping[str, list[str]]:
    """What the source is given to leave out, and what alone it is to take in."""
    parameters: dict[str, list[str]] = {}
    for name, keys in ((HOT_KEYS, hot), (ONLY_KEYS, ranges.only)):
        if keys is not None:
            parameters[name] = sorted(keys.keys)
            for index, path_keys in keys.path_keys.items():
                parameters[f"{name}_{index}"] = sorted(path_keys)
    return parameters


def find_extent(comparison: Comparison) -> str:
    """Rows, least and greatest place, and the greatest position of each group."""
    newest = ", ".join(to_digits(f"MAX(p{n})") for n in range(len(comparison.groups)))
    positions = [
        f"w.{quote(group.position)} AS p{number}" for number, group in enumerate(comparison.groups)
    ]
    key_place = f"{_locate(comparison, Side.WAREHOUSE)} AS place"
    rows = _rows(comparison, Side.WAREHOUSE, [key_place, *positions])
    return f"SELECT COUNT(*), MIN(place), MAX(place), {newest}\nFROM ({rows}) AS r"


def find_hot_keys(comparison: Comparison, threshold: str) -> str:
    """The keys of rows and tombstones above a position."""
    key = comparison.key_text(Side.WAREHOUSE)
    position = f"w.{quote(comparison.groups[0].position)} > {literal(threshold)}"
    tables = dict.fromkeys((comparison.table, comparison.deletes))
    return "\nUNION ALL\n".join(
        f"SELECT {key} FROM {table} AS w WHERE {position}" for table in tables
    )


def find_hot_path_keys(comparison: Comparison, index: int, threshold: str) -> str:
    """The keys of a path's dimensions above a position."""
    group = comparison.groups[index]
    key = _path_key(comparison, Side.WAREHOUSE, index)
    position = f"w.{quote(group.position)} > {literal(threshold)}"
    return f"SELECT DISTINCT {key} FROM {comparison.table} AS w WHERE {position}"


def find_position_before(names: Names, cut_number: int) -> str:
    """The position furthest in the log that is loaded and was committed before a time, by cuts."""
    return (
        f"SELECT MAX(last_position) FROM {names.cut} WHERE shard <> '{ALL_SHARDS}' "
        f"AND cut_number <= {cut_number} AND last_committed < CAST(%s AS TIMESTAMP)"
    )


def read_deletes(comparison: Comparison, keys: str) -> str:
    """Deleted keys with the position of the delete."""
    position = to_digits(f"MAX(w.{quote(comparison.groups[0].position)})")
    key = comparison.key_text(Side.WAREHOUSE)
    deleted = deleted_condition(comparison, is_deleted=True)
    filter_clause = f" WHERE {deleted}" if deleted else ""
    rows = (
        f"SELECT {key} AS k, {position} AS p FROM {comparison.deletes} AS w{filter_clause} "
        "GROUP BY 1"
    )
    return f"SELECT k, p FROM ({rows}) AS r WHERE {keys}"


def find_references(comparison: Comparison, side: Side = Side.SOURCE) -> str:
    """Some keys at the source with what each path leads to, NULL where that is nothing."""
    columns = [f"{comparison.key_text(side)} AS k"]
    for index in range(1, len(comparison.groups)):
        leading = [column.value(side) for column in comparison.groups[index].key]
        is_null = " OR ".join(f"{value} IS NULL" for value in leading)
        key = _path_key(comparison, side, index)
        columns.append(f"CASE WHEN {is_null} THEN NULL ELSE {key} END AS c{index}")
    listed = ", ".join(["k", *(f"c{index}" for index in range(1, len(comparison.groups)))])
    rows = _rows(comparison, side, columns)
    return f"SELECT {listed}\nFROM ({rows}) AS r\nWHERE {is_among('k', WANTED_KEYS, side)}"


def is_among(value: str, parameter: str, side: Side) -> str:
    """Whether a text is one of a parameter's, at the source."""
    if side is Side.MYSQL:
        return f"{value} IN %({parameter})s"
    return f"{value} = ANY(%({parameter})s)"


def read_values(table: SourceTable) -> str:
    """Some rows of the source with the text of each value, as decode reads it."""
    texts = [
        f"{write_value(column.column, column.value(Side.SOURCE))} AS c{number}"
        for number, column in enumerate(table.columns)
    ]
    rows = f"SELECT {', '.join([f'{table.key_text} AS k', *texts])}\n  FROM {table.source}"
    listed = ", ".join(["k", *(f"c{number}" for number in range(len(texts)))])
    return f"SELECT {listed}\nFROM ({rows}) AS r\nWHERE k = ANY(%({WANTED_KEYS})s)"


def find_positions(comparison: Comparison, index: int, count: int) -> list[str]:
    """Of `count` keys of a group the greatest position, in each table that has it."""
    group = comparison.groups[index]
    key = _path_key(comparison, Side.WAREHOUSE, index) if index else ""
    key = key or comparison.key_text(Side.WAREHOUSE)
    tables = [comparison.table] if index else dict.fromkeys((comparison.table, comparison.deletes))
    among = ", ".join(["%s"] * count)
    position = to_digits(f"MAX(w.{quote(group.position)})")
    return [
        f"SELECT {key}, {position} FROM {table} AS w WHERE {key} IN ({among}) GROUP BY 1"
        for table in tables
    ]


def read_progress(names: Names) -> str:
    """Whether shards are read again, by the newest cut; its start, and the present one."""
    return (
        f"SELECT c.evidence, c.start_number, (SELECT MAX(start_number) FROM {names.fence})\n"
        f"FROM {names.cut} AS c\nWHERE c.shard = '{ALL_SHARDS}' "
        f"AND c.cut_number = (SELECT MAX(cut_number) FROM {names.cut})"
    )


def _digests(comparison: Comparison, side: Side, ranges: Ranges, hot: Hot) -> str:
    """The second layer: place, k and a digest for each group."""
    columns = [
        f"{_digest(comparison, side, index, ranges, hot)} AS h{index}"
        for index in range(len(comparison.groups))
    ]
    texts = [
        f"{_locate(comparison, side)} AS place",
        f"{comparison.key_text(side)} AS k",
        *(f"{group.text(side)} AS g{i}" for i, group in enumerate(comparison.groups)),
        *_hot_columns(comparison, side, ranges, hot),
    ]
    rows = _rows(comparison, side, texts, ranges)
    filter_clause = _within(ranges, "place")
    # At the source a fence, or each slice would make all texts once more.
    fence = _FENCES.get(side, "")
    return f"SELECT place, k, {', '.join(columns)}\nFROM ({rows}) AS r{filter_clause}{fence}"


def _rows(
    comparison: Comparison, side: Side, columns: list[str], ranges: Ranges | None = None
) -> str:
    """The first layer: what each row is asked for."""
    listed = ",\n  ".join(columns)
    conditions = []
    table = comparison.joined
    if side is Side.WAREHOUSE:
        table = f"{comparison.table} AS w"
        conditions.append(deleted_condition(comparison, is_deleted=False))
    if ranges is not None and comparison.is_numbered and ranges.intervals:
        # On the column itself, for an index or a sort key.
        conditions.append(_between(ranges, comparison.key[0].value(side)))
    filter_clause = " AND ".join(filter(None, conditions))
    return f"SELECT {listed}\n  FROM {table}" + (
        f"\n  WHERE {filter_clause}" if filter_clause else ""
    )


def _within(ranges: Ranges, value: str) -> str:
    return f"\nWHERE {_between(ranges, value)}" if ranges.intervals else ""


def _between(ranges: Ranges, value: str) -> str:
    intervals = [f"{value} BETWEEN {least} AND {most}" for least, most in ranges.intervals]
    return f"({' OR '.join(intervals)})"


def _locate(comparison: Comparison, side: Side) -> str:
    if comparison.is_numbered:
        whole = "SIGNED" if side is Side.MYSQL else "BIGINT"
        return f"CAST({comparison.key[0].value(side)} AS {whole})"
    return _slice(side, f"MD5({comparison.key_text(side)})", 1)


def _slice(side: Side, digest: str, start: int) -> str:
    """32 bits of a digest as a number, without a sign."""
    if side is Side.WAREHOUSE:
        return f"STRTOL(SUBSTRING({digest}, {start}, 8), 16)"
    if side is Side.MYSQL:
        return f"CAST(CONV(SUBSTRING({digest}, {start}, 8), 16, 10) AS SIGNED)"
    return f"CAST(CAST('x' || SUBSTR({digest}, {start}, 8) AS BIT(32)) AS BIGINT)"


def _digest(comparison: Comparison, side: Side, index: int, ranges: Ranges, hot: Hot) -> str:
    """The digest of a group; NULL where it is left out."""
    digest = f"MD5(k || g{index})"
    left_out = " OR ".join(_hot_conditions(comparison, side, index, hot, HOT_KEYS))
    if ranges.only is not None:
        conditions = _hot_conditions(comparison, side, index, ranges.only, ONLY_KEYS)
        taken = " OR ".join(conditions) or "1 = 0"
        digest = f"CASE WHEN {taken} THEN {digest} END"
    return f"CASE WHEN {left_out} THEN NULL ELSE {digest} END" if left_out else digest


def _hot_columns(comparison: Comparison, side: Side, ranges: Ranges, hot: Hot) -> Iterator[str]:
    """What the second layer needs to leave groups out."""
    sets = [hot] if ranges.only is None else [hot, ranges.only]
    for index, group in enumerate(comparison.groups):
        if side is Side.WAREHOUSE and any(_has_threshold(keys, index) for keys in sets):
            yield f"w.{quote(group.position)} AS p{index}"
        elif side is not Side.WAREHOUSE and any(keys.path_keys.get(index) for keys in sets):
            yield f"{_path_key(comparison, side, index)} AS p{index}"


def _hot_conditions(
    comparison: Comparison, side: Side, index: int, hot: Hot, parameter: str
) -> Iterator[str]:
    """When a group changes meanwhile: by itself, by what its path leads through, by its row."""
    for number in dict.fromkeys((0, *comparison.groups[index].above, index)):
        if side is Side.WAREHOUSE:
            if _has_threshold(hot, number):
                yield f"p{number} > {literal(hot.thresholds[number])}"
        elif number == 0 and hot.keys:
            yield is_among("k", parameter, side)
        elif hot.path_keys.get(number):
            yield is_among(f"p{number}", f"{parameter}_{number}", side)


def _has_threshold(hot: Hot, index: int) -> bool:
    return bool(hot.thresholds and hot.thresholds[index])


def _path_key(comparison: Comparison, side: Side, index: int) -> str:
    return " || ".join(column.frame(side) for column in comparison.groups[index].key)
