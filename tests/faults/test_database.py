"""A database that comes back behind Kafka takes nothing until an operator recovers it, and then holds everything."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from rongcuo.demo.story import JURISDICTION
from shared.database.databases import SERVICES
from shared.kernel.ids import new_id
from tests.faults.clients import Street, cast_of, matter, withdrawn
from tests.faults.conftest import Working
from tests.faults.rest import at_rest
from tests.faults.site import Site, until
from tests.story.evidence import fetch

REST_S = 60.0
STOPPED = "SELECT stopped FROM log.head"
CONSUMER, STREAM = "intake.adjudication", "tolerance_case-018f0000-0000-7000-8000-000000000001"
PARKED = f"""
    INSERT INTO log.parked (consumer, log, stream, version, position, event_id, type, schema_version, payload, metadata,
                            recorded_at, next_attempt_at)
    VALUES ('{CONSUMER}', 'adjudication', '{STREAM}', 1, 1, gen_random_uuid(), 'Parked', 1, '', '', now(), 'infinity')
"""


async def test_a_database_behind_kafka_is_closed_until_it_is_recovered(
    site: Site, street: Street, clients_work: Working, nothing_is_wrong: Callable[[], Awaitable[None]], tmp_path: Path
) -> None:
    older = tmp_path / "older"
    await site.postgres.kill()
    await site.postgres.copy(older)
    await site.postgres.start()
    async with clients_work([matter, withdrawn], 2):
        pass
    assert await at_rest(site, REST_S) == []
    heads = {service: await site.value(service, "SELECT position FROM log.head") for service in SERVICES}

    site.unwatched.update(site.processes.started)
    site.kill_all()  # docs/bus.md: no process runs while a database is replaced
    await site.postgres.kill()
    await site.postgres.put_back(older)
    await site.postgres.start()
    assert "is behind its topic" in await _discarded(site)
    for name in site.processes.started:
        site.start(name)
    site.unwatched.clear()
    for service in SERVICES:
        assert await _stopped(site, service) == "log-behind"
    assert await _refused(site, street) == (503, "log-stopped")
    for said in await asyncio.gather(*(site.rongcuo("recover", service) for service in SERVICES)):
        assert "events restored" in said
    await site.all_ready()
    async with clients_work([matter, withdrawn], 2):
        pass
    await nothing_is_wrong()
    for service, head in heads.items():
        assert await site.value(service, "SELECT position FROM log.head") > head  # type: ignore[operator]


async def _discarded(site: Site) -> str:
    """Let an operator, who is the first to come, discard a parked event of intake; returns what he was told."""
    await fetch(site.databases, "intake", PARKED)
    said = await site.rongcuo("parked", "discard", "intake", CONSUMER, "adjudication", STREAM, "--reason", "too-early")
    await fetch(site.databases, "intake", f"DELETE FROM log.parked WHERE stream = '{STREAM}'")
    return said


async def _refused(site: Site, street: Street) -> tuple[int, str]:
    """Return status and code of the answer to a good command."""
    name = site.names("api", "intake")[0]
    await site.ready(name)
    party = {"party_id": str(new_id()), "kind": "person", "jurisdiction": JURISDICTION, "name": "某戊"}
    headers = {
        "Authorization": f"Bearer {cast_of(street, site.issuer.token).officer.token}",
        "Idempotency-Key": str(new_id()),
    }
    answer = await street.http.post(f"{site.processes.address(name)}/intake/v1/parties", json=party, headers=headers)
    return answer.status_code, answer.json()["code"]


async def _stopped(site: Site, service: str) -> object:
    async def said() -> bool:
        return await site.value(service, STOPPED) is not None

    await until(said)
    return await site.value(service, STOPPED)
