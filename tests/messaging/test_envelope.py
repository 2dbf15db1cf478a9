"""A recorded event survives Kafka without a change, in headers that CloudEvents' own library reads."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.canonical import canonical_bytes
from shared.kernel.recorded import Recorded
from shared.messaging.envelope import ForeignRecord, headers_of, recorded_of

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
EVENT = Recorded(
    log="intake",
    position=41,
    stream="submission-0192b7c0-0000-7000-8000-000000000001",
    version=3,
    event_id=UUID("0192b7c0-0000-7000-8000-0000000000aa"),
    type="SubmissionAccepted",
    schema_version=2,
    payload=canonical_bytes({"title": "事前备案"}),
    metadata=canonical_bytes({"log": "intake", "traceparent": TRACEPARENT}),
    recorded_at=datetime(2026, 11, 22, 5, 26, 4, 120, tzinfo=UTC),
)


@given(
    position=st.integers(1, 2**53 - 1),
    version=st.integers(1, 2**31),
    event_id=st.uuids(),
    payload=st.dictionaries(st.text("abc_", min_size=1), st.text(st.characters(exclude_categories=["Cs", "Cc"]))),
    recorded_at=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_what_is_read_back_equals_what_was_sent(
    position: int, version: int, event_id: UUID, payload: dict[str, str], recorded_at: datetime
) -> None:
    sent = EVENT._replace(
        position=position,
        version=version,
        event_id=event_id,
        payload=canonical_bytes(payload),
        recorded_at=recorded_at,
    )
    received = recorded_of(headers_of(sent), sent.payload)
    assert received == sent
    assert received.hash == sent.hash


def test_the_library_of_cloudevents_reads_the_same() -> None:
    headers = {name: value for name, value in headers_of(EVENT) if name != "metadata"}
    event = from_binary_event(KafkaMessage(headers, EVENT.stream.encode(), EVENT.payload))
    assert event.get_id() == str(EVENT.event_id)
    assert event.get_source() == "/rongcuo/intake"
    assert event.get_type() == "SubmissionAccepted"
    assert event.get_subject() == EVENT.stream
    assert event.get_time() == EVENT.recorded_at
    assert event.get_dataschema() == "/intake/v1/event-types/SubmissionAccepted/2"
    assert event.get_data() == {"title": "事前备案"}
    assert (event.get_extension("logposition"), event.get_extension("streamversion")) == ("41", "3")


def test_the_trace_goes_on() -> None:
    assert dict(headers_of(EVENT))["traceparent"] == TRACEPARENT.encode()
    assert "traceparent" not in dict(headers_of(EVENT._replace(metadata=b'{"traceparent":null}')))


@pytest.mark.parametrize("missing", ["ce_id", "ce_time", "ce_logposition", "ce_dataschema", "metadata"])
def test_a_record_that_is_no_event_of_ours_is_told_apart(missing: str) -> None:
    headers = [(name, value) for name, value in headers_of(EVENT) if name != missing]
    with pytest.raises(ForeignRecord):
        recorded_of(headers, EVENT.payload)
    with pytest.raises(ForeignRecord):
        recorded_of(headers_of(EVENT), None)
