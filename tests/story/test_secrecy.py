"""Nobody's name, contact or words stand in clear in any table, file, on any topic or in any log of a process."""

import html
import json
from base64 import b32encode, b64encode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.story.conftest import Told
from tests.story.evidence import all_records, dumped, files
from tests.story.needles import found_in
from tests.story.processes import ROOT, clean_environment, run_program

TEXT = "项目推进中未及时办理"
PLANTED = "某某的电话是一三九"
WRITTEN: dict[str, Callable[[bytes], bytes]] = {
    "as it is": bytes,
    "hexadecimal": lambda raw: raw.hex().encode(),
    "base64": b64encode,
    "base64url": urlsafe_b64encode,
    "base32": b32encode,
}
ESCAPED: dict[str, Callable[[str], str]] = {
    "JSON": json.dumps,
    "URL": quote,
    "HTML": lambda text: html.escape(text).encode("ascii", "xmlcharrefreplace").decode(),
    "Python": ascii,
    "bytes": lambda text: repr(text.encode()),
}


def test_the_story_speaks_of_people(told: Told) -> None:
    assert {"钟某", "李某", "手机尾号 0000", "请补充集体研究的会议记录。"} <= told.installation.spoken
    assert len(told.installation.spoken) >= 20


@pytest.mark.parametrize("offset", range(5))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "gb18030"])
@pytest.mark.parametrize("written", WRITTEN)
def test_a_text_in_clear_would_be_found(encoding: str, offset: int, written: str) -> None:
    raw = b"x" * offset + TEXT.encode(encoding) + b"y" * (5 - offset)
    assert found_in(b"before" + WRITTEN[written](raw) + b"behind", [TEXT, "别的话"]) == [TEXT]


@pytest.mark.parametrize("escaped", ESCAPED)
def test_an_escaped_text_would_be_found(escaped: str) -> None:
    assert found_in(ESCAPED[escaped](f"前{TEXT}后").encode(), [TEXT, "别的话"]) == [TEXT]


async def test_no_table_holds_a_text_in_clear(told: Told) -> None:
    tables = await dumped(told.installation.databases)
    assert {"intake.log.events", "intake.app.drafts", "archive.app.collected"} <= tables.keys()
    assert {name.split(".")[0] for name in tables} == {"intake", "adjudication", "archive", "notification", "keyring"}
    assert {name: texts for name, held in tables.items() if (texts := found_in(held, told.installation.spoken))} == {}


async def test_a_text_that_leaks_into_a_table_is_found(local_story: Told) -> None:
    async with _planted_table(local_story):
        tables = await dumped(local_story.installation.databases)
    found = {name for name, held in tables.items() if found_in(held, [PLANTED])}
    assert found == {"keyring.public.planted"}


async def test_no_kafka_record_holds_a_text_in_clear(kafka_story: Told) -> None:
    assert kafka_story.installation.kafka
    published = await all_records(kafka_story.installation.kafka)
    parts = (part for record in published for part in (record.key, record.value, *record.headers.values()))
    assert published
    assert found_in(b"\n".join(parts), kafka_story.installation.spoken) == []


async def test_a_text_that_leaks_onto_a_topic_is_found(kafka_story: Told) -> None:
    kafka = kafka_story.installation.kafka
    assert kafka
    topic, admin, producer = (
        f"{kafka.topic_prefix}.planted",
        AIOKafkaAdminClient(**kafka.client()),
        AIOKafkaProducer(**kafka.client()),
    )
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await producer.start()
    await producer.send_and_wait(topic, json.dumps({"note": PLANTED}).encode())
    found = [record.topic for record in await all_records(kafka) if found_in(record.value, [PLANTED])]
    await producer.stop()
    await admin.delete_topics([topic])
    await admin.close()
    assert found == [topic]


async def test_no_process_prints_a_text_in_clear(told: Told) -> None:
    printed = told.installation.processes.logged()
    assert b"rongcuo.access" in printed
    assert found_in(printed, told.installation.spoken) == []


def test_no_file_of_a_demo_holds_a_text_in_clear(local_story: Told, tmp_path: Path) -> None:
    """The write-ahead log, the logs of programs and servers, the secrets: all that lies beside the tables."""
    environment = clean_environment(RONGCUO_LOG_LEVEL="debug")
    played = run_program("demo", "--data", str(tmp_path / "data"), environment=environment, cwd=ROOT)
    assert played.returncode == 0, played.stderr
    held = {name: content for name, content in files(tmp_path).items() if "/base/" not in name}
    assert any("pg_wal" in name for name in held)
    spoken = [form for text in local_story.installation.spoken for form in (text.encode(), json.dumps(text).encode())]
    assert {name: form for name, content in held.items() for form in spoken if form in content} == {}


@asynccontextmanager
async def _planted_table(told: Told) -> AsyncIterator[None]:
    connection = await asyncpg.connect(told.installation.databases.admin("keyring"))
    await connection.execute("CREATE TABLE public.planted (note jsonb)")
    await connection.execute("INSERT INTO public.planted VALUES ($1)", json.dumps({"note": PLANTED}))
    yield
    await connection.execute("DROP TABLE public.planted")
    await connection.close()
