"""How far a log has been published: one row with a fencing epoch, moved by compare-and-swap.

Whoever takes over raises the epoch, so that a relay which does not know yet that it was replaced is refused here,
whatever its clock says. What it still sends meanwhile are duplicates.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from shared.database.pool import Pool
from shared.kernel.recorded import Recorded
from shared.messaging.producer import Acknowledged

# The commit does not wait for the disk: a checkpoint that a crash takes back costs duplicates, nothing else.
_ADVANCE = """
WITH lax AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
moved AS (
    UPDATE log.relay SET position = $4, event_id = $5 FROM lax WHERE log = $1 AND epoch = $2 AND position = $3
    RETURNING log, position
),
ends AS (
    INSERT INTO log.relay_partitions (log, partition, end_offset, event_id)
    SELECT moved.log, e.* FROM moved, unnest($6::integer[], $7::bigint[], $8::uuid[]) AS e
    ON CONFLICT (log, partition) DO UPDATE SET end_offset = excluded.end_offset, event_id = excluded.event_id
)
SELECT position FROM moved
"""


class CheckpointRefused(Exception):
    """Another relay, or an operator, has taken over since."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A relay's right to publish: its epoch, and how far everything is known to be acknowledged (0: nothing)."""

    log: str
    epoch: int
    position: int


@dataclass(frozen=True, slots=True)
class PartitionEnd:
    """Where a partition ended after the last acknowledgement; `event_id` stands at `offset` - 1."""

    offset: int
    event_id: UUID


async def take_over(pool: Pool, log: str) -> Claim:
    """Raise the epoch and return the claim that goes with it."""
    row = await pool.fetchrow("UPDATE log.relay SET epoch = epoch + 1 WHERE log = $1 RETURNING epoch, position", log)
    if row is None:
        raise LookupError(f"{log}: this database has no relay row")
    return Claim(log, row["epoch"], row["position"])


async def ends(pool: Pool, log: str) -> dict[int, PartitionEnd]:
    """Return the remembered end of every partition that was ever published to."""
    rows = await pool.fetch("SELECT partition, end_offset, event_id FROM log.relay_partitions WHERE log = $1", log)
    return {row["partition"]: PartitionEnd(row["end_offset"], row["event_id"]) for row in rows}


async def advance(pool: Pool, claim: Claim, last: Recorded, done: Sequence[Acknowledged]) -> Claim:
    """Move the checkpoint to `last` and remember where the partitions end; raises CheckpointRefused."""
    final = {acknowledged.partition: acknowledged for acknowledged in done}
    moved = await pool.fetchval(
        _ADVANCE,
        *(claim.log, claim.epoch, claim.position, last.position, last.event_id),
        list(final),
        [acknowledged.end for acknowledged in final.values()],
        [acknowledged.last.event_id for acknowledged in final.values()],
    )
    if moved != last.position:
        raise CheckpointRefused(claim.log)
    return Claim(claim.log, claim.epoch, last.position)


async def begin_again(pool: Pool, claim: Claim, lost: Sequence[int]) -> Claim:
    """Go back before the first event and forget where the `lost` partitions ended; raises CheckpointRefused."""
    async with pool.acquire() as connection, connection.transaction():
        moved = await connection.execute(
            "UPDATE log.relay SET position = 0, event_id = NULL WHERE log = $1 AND epoch = $2", claim.log, claim.epoch
        )
        _must_move(moved, claim)
        await connection.execute(
            "DELETE FROM log.relay_partitions WHERE log = $1 AND partition = ANY($2)", claim.log, list(lost)
        )
    return Claim(claim.log, claim.epoch, 0)


async def mark(pool: Pool, claim: Claim, stopped: str | None) -> None:
    """Let the log refuse appends for the reason `stopped`, or (None) take them; raises CheckpointRefused."""
    async with pool.acquire() as connection, connection.transaction():
        sql = "SELECT FROM log.relay WHERE log = $1 AND epoch = $2 FOR UPDATE"
        if await connection.fetchrow(sql, claim.log, claim.epoch) is None:
            raise CheckpointRefused(claim.log)
        await connection.execute("SELECT log.set_stopped($1)", stopped)


def _must_move(status: str, claim: Claim) -> None:
    if status != "UPDATE 1":
        raise CheckpointRefused(claim.log)
