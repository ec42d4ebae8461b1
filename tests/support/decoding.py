"""One block through all that the decode stage does with it, without Flink."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from connectors.accounts import Account
from connectors.kinesis.frame import RecordBlock
from flink_app.dead_letters.rows import make_dead_letters, restricted_originals
from flink_app.dead_letters.schema import Originals
from flink_app.decode.block import Decoded, parse_block, to_decoded
from flink_app.decode.plan import DecodePlan
from flink_app.diagnostics.observe import Observations, observe
from flink_app.privacy.keys import PrivacyKeys


@dataclass(frozen=True)
class DecodedBlock:
    """What a block became, and what it shows of its source."""

    decoded: Decoded
    dead_letters: pa.RecordBatch
    restricted: pa.RecordBatch | None
    seen: Observations
    by_rows: int  # records that took the slow path

    @property
    def changes(self) -> dict[str, pa.RecordBatch]:
        return self.decoded.changes

    @property
    def accounts(self) -> tuple[Account, ...]:
        return self.decoded.accounts

    @cached_property
    def account(self) -> Account:
        return self.decoded.account


def decode_fully(
    block: RecordBlock,
    plan: DecodePlan,
    keys: PrivacyKeys,
    originals: Originals = Originals.SEALED,
    application: str = "",
) -> DecodedBlock:
    parsed = parse_block(block, plan)
    decoded = to_decoded(block, parsed, plan, keys)
    return DecodedBlock(
        decoded=decoded,
        dead_letters=make_dead_letters(block, decoded.rejected, plan, keys, originals, application),
        restricted=restricted_originals(block, decoded.rejected, originals),
        seen=observe(block, parsed, plan),
        by_rows=len(parsed.slow),
    )
