"""A broker that comes back shorter, or with nothing, is filled again from the logs."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.faults.clients import withdrawn
from tests.faults.conftest import Working
from tests.faults.rest import at_rest
from tests.faults.site import Site

REST_S = 60.0
Check = Callable[[], Awaitable[None]]


async def test_a_broker_that_has_forgotten_is_filled_again(
    site: Site, clients_work: Working, nothing_is_wrong: Check, tmp_path: Path
) -> None:
    older = tmp_path / "older"
    await site.kafka.kill()
    await site.kafka.copy(older)
    await site.kafka.start()
    async with clients_work(clients=2):
        pass
    assert await at_rest(site, REST_S) == []
    await site.kafka.kill()
    await site.kafka.put_back(older)
    await site.kafka.start()
    async with clients_work([withdrawn], 1):
        pass
    await nothing_is_wrong()


async def test_a_broker_that_comes_back_empty_is_filled_again(
    site: Site, clients_work: Working, nothing_is_wrong: Check
) -> None:
    await site.kafka.kill()
    site.kafka.wipe()
    await site.kafka.start()
    assert await site.rongcuo("topics") == "topics: ok\n"
    async with clients_work([withdrawn], 1):
        pass
    await nothing_is_wrong()
