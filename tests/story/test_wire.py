"""Every record that the story left in Kafka is as the AsyncAPI document says: key, headers, payload, metadata."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from rongcuo.asyncapi.document import PRIVATE, document
from tests.story.conftest import Told
from tests.story.evidence import Record, records

TOLD = document()
MESSAGES: dict[str, Any] = TOLD["components"]["messages"]


def faults(schema: dict[str, Any], value: Any) -> list[str]:
    """Return what a schema of the document has against a value."""
    whole = {**schema, "components": TOLD["components"]}
    return [error.message for error in Draft202012Validator(whole, format_checker=FormatChecker()).iter_errors(value)]


@pytest.fixture(scope="module")
async def found(kafka_story: Told) -> list[Record]:
    assert kafka_story.installation.kafka
    return await records(kafka_story.installation.kafka)


def texts(record: Record) -> dict[str, str]:
    """Return the headers as text."""
    return {name: value.decode() for name, value in record.headers.items()}


def test_topics_keys_headers_payloads_and_metadata_are_as_told(found: list[Record], kafka_story: Told) -> None:
    prefix = kafka_story.installation.kafka.topic_prefix if kafka_story.installation.kafka else ""
    channels = {
        channel["address"].replace("{topic_prefix}", prefix): set(channel["messages"])
        for channel in TOLD["channels"].values()
    }
    for record in found:
        headers = texts(record)
        name = headers["ce_type"] if headers["ce_type"] in channels[record.topic] else PRIVATE
        message = MESSAGES[name]
        assert faults(message["headers"], headers) == [], name
        assert faults(message["payload"], json.loads(record.value)) == [], name
        assert faults(TOLD["components"]["schemas"]["Metadata"], json.loads(headers["metadata"])) == [], name
        assert faults(message["bindings"]["kafka"]["key"], record.key.decode()) == [], name
        assert record.key.decode() == headers["ce_subject"]


def test_no_header_is_left_untold_and_every_told_event_was_seen(found: list[Record]) -> None:
    told = set(TOLD["components"]["schemas"]["Headers"]["properties"])
    assert {name for record in found for name in record.headers} == told - {"traceparent"}  # nobody traces the story
    seen = {record.headers["ce_type"].decode() for record in found}
    assert set(MESSAGES) - {PRIVATE} - seen == {"SubjectErased"}  # nobody is erased in the story
