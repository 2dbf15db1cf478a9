"""What can be done again does not wait for the disk; effects, and places moved with them, always do."""

import secrets

import sqlalchemy as sa

from shared.eventstore.engine import open_engine
from shared.eventstore.generations import ReadModel, ensure, move
from shared.kernel.ids import new_id
from shared.messaging import checkpoint
from shared.messaging.places import Partition, Place, Places
from tests.messaging.bed import Bed
from tests.messaging.sample import FOLDER, Filed, stream, write

WAITS = "SELECT current_setting('synchronous_commit')"


async def test_a_place_moved_with_effects_waits_for_the_disk_and_one_moved_alone_does_not(bed: Bed) -> None:
    places = Places(bed.pool, f"consumer-{secrets.token_hex(4)}")
    ends = {Partition("topic", 1): Place(7, new_id())}
    async with bed.pool.acquire() as connection:
        for alone, expected in ((False, "on"), (True, "off")):
            transaction = connection.transaction()
            await transaction.start()
            await places.move(connection, ends, alone=alone)
            assert await connection.fetchval(WAITS) == expected
            await transaction.rollback()
        await places.move(connection, ends, alone=True)
        assert await connection.fetchval(WAITS) == "on"


async def test_the_checkpoint_of_the_relay_leaves_the_session_as_it_was(bed: Bed) -> None:
    (event,) = await write(bed.intake, stream(1), Filed(number=1))
    pool = bed.intake.log.pool
    claim = await checkpoint.take_over(pool, "intake")
    moved = await checkpoint.advance(pool, claim, event, [])
    assert moved.position == event.position
    assert await pool.fetchval(WAITS) == "on"


async def test_the_checkpoint_of_a_read_model_does_not_wait_for_the_disk(bed: Bed) -> None:
    engine = open_engine(bed.databases.dsn("intake"))

    async def project(*_: object) -> None:
        """Show nothing."""

    metadata = sa.MetaData(schema="view")
    sa.Table("nothing", metadata, sa.Column("n", sa.Integer))
    (generation,) = await ensure(engine, ReadModel(f"lax_{secrets.token_hex(4)}", 1, metadata, FOLDER, project))
    async with engine.begin() as connection:
        assert await connection.scalar(sa.text(WAITS)) == "on"
        assert await move(connection, generation, 1)
        assert await connection.scalar(sa.text(WAITS)) == "off"
    async with engine.begin() as connection:
        assert await connection.scalar(sa.text(WAITS)) == "on"
    await engine.dispose()
