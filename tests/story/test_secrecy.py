"""Nobody's name, contact or words stand in clear in any table, on any topic or in any log of a process."""

import json
from base64 import b64encode, urlsafe_b64encode

import pytest

from tests.story.conftest import Told
from tests.story.evidence import dumped, records
from tests.story.needles import found_in

TEXT = "项目推进中未及时办理"


def test_the_story_speaks_of_people(told: Told) -> None:
    assert {"钟某", "李某", "手机尾号 0000", "请补充集体研究的会议记录。"} <= told.installation.spoken
    assert len(told.installation.spoken) >= 20


@pytest.mark.parametrize("offset", range(4))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_text_in_clear_would_be_found(encoding: str, offset: int) -> None:
    raw = b"x" * offset + TEXT.encode(encoding) + b"y" * (3 - offset)
    for haystack in (raw, raw.hex().encode(), b64encode(raw), urlsafe_b64encode(raw), json.dumps(TEXT).encode()):
        assert found_in(b"before" + haystack + b"behind", [TEXT, "别的话"]) == [TEXT]


async def test_no_table_holds_a_text_in_clear(told: Told) -> None:
    tables = await dumped(told.installation.databases)
    assert {"intake.log.events", "intake.app.drafts", "archive.app.collected"} <= tables.keys()
    assert {name: texts for name, held in tables.items() if (texts := found_in(held, told.installation.spoken))} == {}


async def test_no_kafka_record_holds_a_text_in_clear(kafka_story: Told) -> None:
    assert kafka_story.installation.kafka
    published = await records(kafka_story.installation.kafka)
    parts = (part for record in published for part in (record.key, record.value, *record.headers.values()))
    assert published
    assert found_in(b"\n".join(parts), kafka_story.installation.spoken) == []


async def test_no_process_prints_a_text_in_clear(told: Told) -> None:
    printed = told.installation.processes.logged()
    assert b"rongcuo.access" in printed
    assert found_in(printed, told.installation.spoken) == []
