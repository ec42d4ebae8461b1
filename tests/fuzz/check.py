"""What must hold for every block, whatever stands in it.

1. Decode does not raise.
2. Every record ends in exactly one place, and the account adds up.
3. Both paths agree: changes, dead letters, signs, when loads were built, and the names of
   undeclared tables are those of every record read by itself.
4. Every change fits its schema and its column types, and comes back from Parquet as it was.
5. No reason and no detail holds text of a record; what is sealed opens to the record.
6. A frame that was damaged is refused, or is a block like any other.
7. What says that it is a control record is no dead letter, whatever else stands in it.
8. What is surely a fact, and goes past decode, becomes no change of a dimension.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Final
from unittest.mock import patch

import pyarrow as pa

from connectors.accounts import UNDECLARED
from connectors.kinesis.frame import FrameError, RecordBlock, read_frame, write_frame
from connectors.kinesis.sure_facts import surely_named
from connectors.log_points import LogRule
from flink_app.dead_letters.sealing import Original
from flink_app.declaration.star import POSITION
from flink_app.decode import plan as plans
from flink_app.decode import presumed_tables
from flink_app.decode.changes import deletes_of_treated, to_changes
from flink_app.decode.fact_names import find_fact_names
from flink_app.decode.plan import DecodePlan
from flink_app.decode.rows import parse_alone
from flink_app.diagnostics.dms_settings import SettingSign, Signs, signs_in_record
from flink_app.diagnostics.log_reads import LogReads, ReadPoint
from flink_app.diagnostics.log_restarts import LogWatch, describe_restart
from flink_app.diagnostics.observe import columns_of
from flink_app.diagnostics.second_loads import Builds, note_row
from flink_app.diagnostics.source_names import SourceName, source_name
from flink_app.records.arrays import concatenate
from flink_app.records.envelope import NOT_JSON, load, object_of
from flink_app.records.parsed import ParsedRow, Skipped, SlowRecord
from flink_app.records.plan import METADATA, REPAIR, REPLAY
from flink_app.records.rejected import Reason, Rejected
from flink_app.records.repair_marker import is_repair
from tests.fuzz.fits import WrongError, check_changes, must
from tests.fuzz.grammar import NUMBER_MARK, TEXT_MARK
from tests.fuzz.inputs import FIRST_ARRIVAL, Block, Session
from tests.support.decoding import DecodedBlock, decode_fully
from tests.unit.decode.records import KEYS

FIRST: Final = 1000  # sequence number
# Looked for in one record of each block only, by the same function for both paths.
_SAMPLED: Final = {shown for shown in SettingSign if shown.metric.name.startswith("SAMPLES_")}


@dataclass
class Seen:
    """What became of the inputs, to see that the grammar reaches everything."""

    records: int = 0
    blocks: int = 0
    by_rows: int = 0
    changes: int = 0
    passed_over: int = 0
    refused_frames: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, other: Seen) -> None:
        """Takes in what was seen elsewhere."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass
class _Reference:
    """What the records of a block become one by one."""

    changes: dict[str, pa.RecordBatch]
    faults: list[tuple[int, Rejected]]
    passed_over: int
    below_floor: int
    shown: Signs
    undeclared: Counter[SourceName]
    builds: Builds
    read_points: list[ReadPoint]


def check_session(session: Session) -> Seen:
    """Checks block after block with one plan; WrongError at the first that is wrong."""
    plan, seen = session.plan(), Seen()
    watch = LogWatch(LogRule(), {})
    with ExitStack() as patched:
        if session.way % 2:  # blocks are too small for it to pay
            patched.enter_context(patch.object(plans, "_CALL", -(10**9)))
            patched.enter_context(patch.object(plans, "_PRESUMING", -(10**9)))
            patched.enter_context(patch.object(presumed_tables, "_FEW", 8))
        for block in session.blocks:
            _check_block(block, plan, seen, watch)
    return seen


def _check_block(given: Block, plan: DecodePlan, seen: Seen, watch: LogWatch) -> None:
    block = _framed(given, seen)
    if block is None:
        return
    records = [block.record(n) for n in range(len(block))]
    arrivals = block.arrival.cast(pa.int64()).to_pylist()
    try:
        decoded = decode_fully(block, plan, KEYS)
        restarts, _ = watch.add(block, decoded.seen.log_reads)
        said = [describe_restart(restart, block) for restart in restarts]
    except Exception as error:  # 1
        kind = f"decode raised {type(error).__name__}"
        raise WrongError(kind, str(error)[:300]) from error
    for sentence in said:
        leaks = TEXT_MARK[:3] in sentence or NUMBER_MARK[:6] in sentence
        must(not leaks, "leak", sentence)
    sequence_numbers = block.sequence_numbers.to_pylist()
    reference = _reference(records, arrivals, sequence_numbers, plan)
    _check_account(decoded, reference, len(records))
    is_whole = sequence_numbers == [str(FIRST + n) for n in range(len(block))]
    _check_agreement(decoded, reference, is_whole=is_whole)
    for source, row in decoded.seen.described.items():
        named = source_name(load(block.record(row))[METADATA])
        must(named == source, "columns", f"those of {named} are read for {source}")
        columns_of(decoded.seen, block, source)
    for name, batch in decoded.changes.items():
        check_changes(batch, plan.tables[name], plan)
    _check_letters(decoded, records, plan)
    seen.records += len(records)
    seen.blocks += 1
    seen.by_rows += decoded.by_rows
    seen.changes += decoded.account.changed
    seen.passed_over += decoded.account.passed_over
    seen.reasons.update(decoded.dead_letters["reason"].to_pylist())


def _arrival(number: int) -> int | None:
    """Of a few records it is unknown."""
    return None if number % 23 == 11 else FIRST_ARRIVAL + number


def _framed(given: Block, seen: Seen) -> RecordBlock | None:
    """The block as decode gets it; None where its frame is refused, as it should be (6)."""
    numbers = range(len(given.records))
    try:
        frame = bytearray(
            write_frame(
                stream="changes",
                shard="shard-0",
                sequence_numbers=[str(FIRST + n) for n in numbers],
                partition_keys=[None for _ in numbers],
                arrival_millis=[_arrival(n) for n in numbers],
                records=given.records,
            )
        )
        for place, octet in given.flips:
            frame[place % len(frame)] = octet
        return read_frame(bytes(frame[: max(len(frame) - given.cut, 0)]))
    except FrameError as error:
        damaged = given.flips or given.cut or not given.records
        must(damaged, "frame", f"a whole frame is refused: {error}")
        seen.refused_frames += 1
        return None


def _reference(
    records: Sequence[bytes],
    arrivals: Sequence[int | None],
    sequence_numbers: Sequence[str],
    plan: DecodePlan,
) -> _Reference:
    rows: dict[str, list[dict[str, Any]]] = {}
    treated: dict[str, list[dict[str, Any]]] = {}
    faults: list[tuple[int, Rejected]] = []
    passed_over, below_floor, shown = 0, 0, Signs()
    undeclared: Counter[SourceName] = Counter()
    builds: Builds = {}
    log_reads = LogReads()
    names = find_fact_names(plan.star)
    for number, data in enumerate(records):
        try:
            record = parse_alone(
                number,
                data,
                plan,
                arrival_ms=arrivals[number],
                sequence_number=sequence_numbers[number],
            )
        except Exception as error:  # 1
            kind = f"parse_alone raised {type(error).__name__}"
            raise WrongError(kind, str(error)[:300]) from error
        became = record.outcome
        if isinstance(became, ParsedRow):
            name = became.table.name
            passes = name in plan.star.dimensions and surely_named(data, names) is not None
            must(not passes, "split", f"a change of dimension {name} passes as a fact")  # 8
        if not is_repair(record.envelope):
            shown.update(signs_in_record(record, plan))
            _note(record, plan, builds, log_reads, undeclared)
        if isinstance(became, ParsedRow) and _is_below_floor(became, plan):
            below_floor += 1
        elif isinstance(became, ParsedRow):
            by_table = treated if became.treated else rows
            by_table.setdefault(became.table.name, []).append(became.values)
        elif isinstance(became, Rejected):
            faults.append((number, became))
        else:
            passed_over += 1
    changes = {}
    for name, values in rows.items():
        table = plan.tables[name]
        parsed = pa.RecordBatch.from_pylist(values, schema=table.parsed_schema)
        changes[name] = to_changes(parsed, table, plan.star, KEYS)
    for name, values in treated.items():
        deletes = deletes_of_treated(values, plan.tables[name], plan.star)
        known = [changes[name]] if name in changes else []
        changes[name] = concatenate([*known, deletes])
    points = log_reads.points()
    return _Reference(changes, faults, passed_over, below_floor, shown, undeclared, builds, points)


def _note(
    record: SlowRecord,
    plan: DecodePlan,
    builds: Builds,
    log_reads: LogReads,
    undeclared: Counter[SourceName],
) -> None:
    """What a record shows of its source."""
    became = record.outcome
    if isinstance(became, ParsedRow):
        metadata = record.envelope[METADATA]
        note_row(builds, became, metadata, plan)
        if not _is_below_floor(became, plan):
            log_reads.note_row(record.row, became, metadata, plan)
    elif isinstance(became, Skipped) and became.kind == UNDECLARED:
        undeclared[source_name(record.envelope[METADATA])] += 1


def _is_below_floor(row: ParsedRow, plan: DecodePlan) -> bool:
    return bool(row.values[POSITION] < plan.floors[row.table.name])


def _check_account(decoded: DecodedBlock, reference: _Reference, records: int) -> None:
    """2."""
    account = decoded.account
    must(account.read == records, "account", f"{account.read} read of {records}")
    found = (account.dead_lettered, account.passed_over, account.below_floor)
    expected = (len(reference.faults), reference.passed_over, reference.below_floor)
    what = f"{found} dead lettered, passed over, below the floor; one by one {expected}"
    must(found == expected and found[0] == len(decoded.dead_letters), "account", what)


def _check_agreement(decoded: DecodedBlock, reference: _Reference, *, is_whole: bool) -> None:
    """3. Where sequence numbers are damaged, their neighbours too show that they do not ascend."""
    letters = [
        (
            int(letter["sequence_number"]) - FIRST,
            letter["reason"],
            letter["detail"],
            letter["table"],
        )
        for letter in decoded.dead_letters.select(
            ["sequence_number", "reason", "detail", "table"]
        ).to_pylist()
        if letter["sequence_number"].isdigit()  # it is not where the frame was damaged
    ]
    expected = [(n, f.reason.value, f.detail, f.table) for n, f in reference.faults]
    for letter, fault in zip(letters, expected, strict=False):
        must(letter == fault, "letters", f"by columns {letter}, one by one {fault}")
    tables = sorted(decoded.changes), sorted(reference.changes)
    must(tables[0] == tables[1], "tables", "by columns {}, one by one {}".format(*tables))
    for name, batch in decoded.changes.items():
        columns, rows = _texts(batch), _texts(reference.changes[name])
        for one, other in zip(columns, rows, strict=False):
            must(one == other, "values", f"{name}: by columns {one}, one by one {other}")
        must(len(columns) == len(rows), "values", f"{len(columns)} rows, one by one {len(rows)}")
    left_out = _SAMPLED if is_whole else {*_SAMPLED, SettingSign.UNORDERED}
    shown = {sign: n for sign, n in decoded.seen.signs.items() if sign not in left_out}
    one_by_one = {sign: n for sign, n in reference.shown.items() if sign not in left_out}
    must(shown == one_by_one, "signs", f"by columns {shown}, one by one {one_by_one}")
    built = decoded.seen.builds, reference.builds
    must(built[0] == built[1], "builds", "by columns {}, one by one {}".format(*built))
    read = decoded.seen.log_reads.points()
    for point, alone in zip(sorted(read), sorted(reference.read_points), strict=True):
        must(point == alone, "log", f"by columns {point}, one by one {alone}")
    names = decoded.seen.undeclared, reference.undeclared
    must(names[0] == names[1], "names", "by columns {}, one by one {}".format(*names))


def _texts(batch: pa.RecordBatch) -> list[str]:
    """The rows without their order; as text, which tells 0.0 from -0.0."""
    return sorted(map(repr, zip(*(column.to_pylist() for column in batch.columns), strict=True)))


def _check_letters(decoded: DecodedBlock, records: Sequence[bytes], plan: DecodePlan) -> None:
    """5, 7."""
    letters = decoded.dead_letters.to_pylist()
    tables = {None, *plan.tables}
    opened = []
    for letter in letters:
        reason, detail = letter["reason"], letter["detail"]
        leaks = TEXT_MARK[:3] in detail or NUMBER_MARK[:6] in detail
        must(not leaks, "leak", f"{reason}: {detail}")
        must(reason in set(Reason) and letter["table"] in tables, "letter", f"{reason}: {detail}")
        if letter["treated"] is not None:
            must(isinstance(json.loads(letter["treated"]), dict), "treated", "it is no JSON object")
        opened.append(Original.open_sealed(letter, "", KEYS.dead_letters).payload)
        must(not _is_control(opened[-1]), "control", f"{reason}: {detail}")
    missing = Counter(opened) - Counter(records)
    must(not missing, "original", f"{missing.total()} originals are of no record")


def _is_control(record: bytes) -> bool:
    """Whether it is a control record without a marker, since markers are judged."""
    try:
        envelope = load(record)
        metadata = object_of(envelope, METADATA)
        is_marked = REPLAY in envelope or REPAIR in envelope
        return not is_marked and metadata.read("record-type") == "control"
    except NOT_JSON:
        return False
