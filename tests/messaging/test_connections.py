"""No process opens more connections than its share."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.eventstore import engine
from tests.messaging.bed import Bed


async def test_an_engine_opens_no_connection_beyond_its_share(bed: Bed) -> None:
    opened = engine.open_engine(bed.databases.dsn("archive"), connections=1)
    opened.pool._timeout = 0.05  # type: ignore[attr-defined]
    async with opened.connect() as connection:
        await connection.execute(text("SELECT 1"))
        with pytest.raises(PoolTimeout):
            _ = await opened.connect()
    await opened.dispose()
