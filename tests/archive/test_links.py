"""What an erasure is judged by is found by an index, however much the archive has taken in."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from services.archive.adapters import links
from services.archive.adapters.links import CollectedLinks
from services.archive.adapters.sequence import collect
from shared.database.databases import Databases
from shared.database.pool import Pool
from shared.kernel.canonical import canonical_bytes
from shared.kernel.ids import new_id
from tests.archive.test_sequence import event


@pytest.fixture
async def pool(databases: Databases) -> AsyncIterator[Pool]:
    """Connections of archive's own role."""
    async with asyncpg.create_pool(databases.dsn("archive"), min_size=0, max_size=1) as made:
        yield made


async def test_a_subject_is_found_wherever_an_event_names_it(pool: Pool) -> None:
    subject, matter, others = new_id(), new_id(), [new_id() for _ in range(5)]
    payloads: list[tuple[object, dict[str, object]]] = [
        (matter, {"applicant": str(subject)}),
        (others[0], {"concerned": str(subject)}),
        (others[1], {"statement": {"ciphertext": '\\"', "subject": str(subject)}}),
        (others[2], {"members": [f"person-{subject}"]}),
        (others[3], {"number": 7, "text": f"{subject} is no id of a member"}),
        (others[4], {"applicant": str(new_id())}),
    ]
    told = [
        event("intake", number)._replace(
            payload=bytes(canonical_bytes(payload)), metadata=bytes(canonical_bytes({"matter": str(named)}))
        )
        for number, (named, payload) in enumerate(payloads, 1)
    ]
    async with pool.acquire() as connection, connection.transaction():
        await collect(connection, told)
    found = CollectedLinks(pool)
    assert set(await found.other_matters(subject, matter)) == set(others[:3])
    assert [await found.stands_in(subject, each) for each in (matter, *others)] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("statement", "places", "index"),
    [
        (links._OTHER_MATTERS, 2, "collected_by_id"),
        (links._STANDS, 2, "collected_by_matter"),
        (links._REGISTERED, 1, "collected_log_stream_version_key"),
        (links._DOSSIERS, 1, "dossiers_by_matter"),
    ],
)
async def test_nothing_is_read_from_end_to_end(pool: Pool, statement: str, places: int, index: str) -> None:
    async with pool.acquire() as connection:
        await connection.execute("SET enable_seqscan = off")  # the tables of a test are small
        plan = "\n".join(
            row[0] for row in await connection.fetch(f"EXPLAIN {statement}", *(new_id() for _ in range(places)))
        )
    assert index in plan, plan
    assert "Seq Scan" not in plan, plan
