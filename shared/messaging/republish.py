"""Sends a log again: what `rongcuo republish` calls. Consumers drop what they have seen."""

from shared.database.pool import Pool


async def republish(pool: Pool, log: str, from_position: int = 1) -> None:
    """Let the active relay go on with the event at `from_position`; raises ValueError beyond what was published."""
    if from_position < 1:
        raise ValueError("positions begin with 1")
    moved = await pool.execute(
        "UPDATE log.relay AS r SET epoch = r.epoch + 1, position = $2 - 1,"
        " event_id = (SELECT e.event_id FROM log.events AS e WHERE e.position = $2 - 1)"
        " WHERE r.log = $1 AND r.position >= $2 - 1",
        *(log, from_position),
    )
    if moved != "UPDATE 1":
        raise ValueError(f"{log}: the relay has not come to position {from_position} yet")
