"""Everything that an installation has kept, read from all sides: feeds, tables, Kafka records."""

from collections.abc import AsyncIterator, Callable
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from rongcuo.demo.client import Desk, Json
from rongcuo.programs import PROGRAMS
from shared.database.databases import DATABASES, SERVICES, Databases
from shared.eventstore.engine import open_engine
from shared.eventstore.generations import generations_of
from shared.eventstore.readmodels import ReadModelRunner
from shared.eventstore.store import open_store
from shared.kernel.recorded import Recorded
from shared.messaging.kafka_settings import KafkaSettings
from shared.messaging.topics import topic_name

_COLUMNS = "position, stream, version, event_id, type, schema_version, payload, metadata, recorded_at"
_TABLES = """
    SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1
"""
Place = tuple[str, int]


class Copied(NamedTuple):
    """The bytes of an event wherever they stand."""

    payload: bytes
    metadata: bytes
    hash: str


class Record(NamedTuple):
    """A Kafka record."""

    topic: str
    key: bytes
    value: bytes
    headers: dict[str, bytes]


async def feed(desk: Desk, path: str, place: str = "after") -> list[Json]:
    """Page one of the auditors' feeds to its end; `place` is how it calls where to go on."""
    items: list[Json] = []
    at = 0
    while (page := await desk.get(f"{path}?{place}={at}&limit=7"))["items"]:
        items += page["items"]
        at = page[f"next_{place}"]
    return items


def copied(items: list[Json]) -> dict[Place, Copied]:
    """Return the bytes of a feed's events by log and position."""
    return {
        (item["log"], item["position"]): Copied(item["payload"].encode(), item["metadata"].encode(), item["hash"])
        for item in items
    }


async def stored(databases: Databases) -> list[Recorded]:
    """Return the events of all logs, straight from their tables."""
    found = []
    for service in SERVICES:
        rows = await fetch(databases, service, f"SELECT {_COLUMNS} FROM log.events ORDER BY position")
        found += [Recorded(service, *row) for row in rows]
    return found


async def collected(databases: Databases) -> list[Recorded]:
    """Return what archive has taken in, straight from its table."""
    rows = await fetch(databases, "archive", f"SELECT log, {_COLUMNS} FROM app.collected ORDER BY log, position")
    return [Recorded(*row) for row in rows]


def as_copied(events: list[Recorded]) -> dict[Place, Copied]:
    """Return the bytes of events by log and position."""
    return {(event.log, event.position): Copied(event.payload, event.metadata, event.hash) for event in events}


async def records(kafka: KafkaSettings) -> list[Record]:
    """Return every record of the topics of the logs, partition by partition."""
    topics = {topic_name(kafka.topic_prefix, service) for service in SERVICES}
    return await _records(kafka, topics.__contains__)


async def all_records(kafka: KafkaSettings) -> list[Record]:
    """Return every record of every topic of the installation."""
    return await _records(kafka, lambda topic: topic.startswith(f"{kafka.topic_prefix}."))


async def _records(kafka: KafkaSettings, wanted: Callable[[str], bool]) -> list[Record]:
    consumer = AIOKafkaConsumer(**kafka.client(), auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = await _partitions(kafka, wanted)
        consumer.assign(partitions)
        await consumer.seek_to_beginning()
        return [record async for record in _up_to(consumer, await consumer.end_offsets(partitions))]
    finally:
        await consumer.stop()


async def _partitions(kafka: KafkaSettings, wanted: Callable[[str], bool]) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(**kafka.client())
    await admin.start()
    try:
        topics = await admin.describe_topics([topic for topic in await admin.list_topics() if wanted(topic)])
    finally:
        await admin.close()
    return [TopicPartition(each["topic"], part["partition"]) for each in topics for part in each["partitions"]]


async def _up_to(consumer: Any, ends: dict[TopicPartition, int]) -> AsyncIterator[Record]:
    while any([await consumer.position(partition) < end for partition, end in ends.items()]):
        for batch in (await consumer.getmany(timeout_ms=200)).values():
            for record in batch:
                yield Record(record.topic, record.key, record.value, dict(record.headers))


async def fetch(databases: Databases, database: str, query: str) -> list[asyncpg.Record]:
    """Return the rows of a query, asked as the administrator."""
    connection = await asyncpg.connect(databases.admin(database))
    try:
        return await connection.fetch(query)
    finally:
        await connection.close()


async def served_and_fresh(databases: Databases, service: str) -> dict[str, tuple[list[Any], list[Any]]]:
    """Build every read model of a service anew, up to the end of its log, and return its tables' rows, old and new."""
    tables: dict[str, tuple[list[Any], list[Any]]] = {}
    engine, models = open_engine(databases.dsn(service)), PROGRAMS[service].models
    async with open_store(databases.dsn(service), service) as store:
        runner = ReadModelRunner(engine, store.log, models)
        for model in models:
            await runner.rebuild(model.name)
        await runner.catch_up()
        head = await store.log.head()
    for model in models:
        async with engine.connect() as connection:
            *_, served, fresh = await generations_of(connection, model.name)
        assert (served.position, fresh.position) == (head, head)
        for table in model.metadata.tables.values():
            query = 'SELECT * FROM "{}"."{}"'
            rows = [await fetch(databases, service, query.format(g.schema, table.name)) for g in (served, fresh)]
            tables[table.name] = sorted(rows[0], key=repr), sorted(rows[1], key=repr)
    await engine.dispose()
    return tables


async def dumped(databases: Databases) -> dict[str, bytes]:
    """Return the raw bytes of every table of every database (COPY BINARY: text, jsonb and bytea stand there as is)."""
    found: dict[str, bytes] = {}
    for database in DATABASES:
        connection = await asyncpg.connect(databases.admin(database))
        try:
            for (table,) in await connection.fetch(_TABLES):
                content = BytesIO()
                await connection.copy_from_query(f"SELECT * FROM {table}", output=content, format="binary")
                found[f"{database}.{table}"] = content.getvalue()
        finally:
            await connection.close()
    return found


def files(place: Path) -> dict[str, bytes]:
    """Return the bytes of every file below `place`."""
    return {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def count_by(events: list[Recorded], key: Callable[[Recorded], Any]) -> dict[Any, int]:
    """Return how many events have each value of `key`."""
    counts: dict[Any, int] = {}
    for event in events:
        counts[key(event)] = counts.get(key(event), 0) + 1
    return counts
