"""A lease has one holder at a time, by the database's clock, and every holder a larger epoch."""

from datetime import timedelta

from shared.database.pool import Pool
from shared.eventstore.leases import Lease, release, renew, take


async def expire(pool: Pool) -> None:
    await pool.execute("UPDATE log.lease SET until = clock_timestamp() - $1::interval", timedelta(seconds=1))


async def test_a_lease_is_held_by_one_until_it_ends(pool: Pool) -> None:
    first = await take(pool, "relay", "a", 30)
    assert first == Lease("relay", "a", 1)
    assert await take(pool, "relay", "b", 30) is None
    assert await renew(pool, first, 30)
    await expire(pool)
    second = await take(pool, "relay", "b", 30)
    assert second == Lease("relay", "b", 2)
    assert not await renew(pool, first, 30)
    assert not await release(pool, first)
    assert await take(pool, "relay", "a", 30) is None


async def test_a_lease_that_nobody_took_since_can_be_renewed(pool: Pool) -> None:
    lease = await take(pool, "relay", "a", 30)
    await expire(pool)
    assert lease
    assert await renew(pool, lease, 30)
    assert await take(pool, "relay", "b", 30) is None


async def test_a_released_lease_is_free_at_once(pool: Pool) -> None:
    lease = await take(pool, "relay", "a", 30)
    assert lease
    assert await release(pool, lease)
    assert await take(pool, "relay", "b", 30) == Lease("relay", "b", 2)


async def test_a_holder_that_comes_back_fences_what_it_was(pool: Pool) -> None:
    before = await take(pool, "relay", "a", 30)
    assert before
    assert await take(pool, "relay", "a", 30) == Lease("relay", "a", 2)
    assert not await renew(pool, before, 30)
