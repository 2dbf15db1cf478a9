"""Connections come back as they were given out, without a round trip to clean them."""

import asyncio

import asyncpg
import pytest

from shared.database.pool import open_pool
from tests.eventstore.databases import LogDatabase

_OWN = "SELECT pg_backend_pid()"


async def test_a_transaction_that_is_left_open_is_rolled_back(database: LogDatabase) -> None:
    async with open_pool(database.app, 1) as pool:
        async with pool.acquire() as connection:
            await connection.execute("BEGIN; INSERT INTO log.lease VALUES ('left', 'open', 1, now())")
            own = await connection.fetchval(_OWN)
        assert await pool.fetchval("SELECT count(*) FROM log.lease") == 0
        assert await pool.fetchval(_OWN) == own
        assert await pool.fetchval("SELECT pg_current_xact_id_if_assigned() IS NULL")


async def test_a_connection_is_good_after_a_statement_that_failed_or_was_given_up(database: LogDatabase) -> None:
    async with open_pool(database.app, 1) as pool:
        with pytest.raises(asyncpg.DivisionByZeroError):
            await pool.fetchval("SELECT 1 / 0")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(pool.fetchval("SELECT pg_sleep(10)"), 0.1)
        assert await pool.fetchval("SELECT 41 + 1") == 42


async def test_nothing_is_sent_but_what_users_ask(database: LogDatabase) -> None:
    async with open_pool(database.app, 1) as pool, open_pool(database.app, 1) as watch:
        own = await pool.fetchval(_OWN)
        assert await watch.fetchval("SELECT query FROM pg_stat_activity WHERE pid = $1", own) == _OWN


async def test_a_connection_that_was_lost_is_replaced(database: LogDatabase) -> None:
    async with open_pool(database.app, 1) as pool, open_pool(database.admin, 1) as admin:
        own = await pool.fetchval(_OWN)
        assert await admin.fetchval("SELECT pg_terminate_backend($1, 5000)", own)
        await asyncio.sleep(0.05)
        assert await pool.fetchval(_OWN) != own
