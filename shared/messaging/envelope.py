"""Recorded event ↔ Kafka record: value and metadata travel as stored, the rest as CloudEvents 1.0 binary headers.

`ce_time` is `recorded_at` and not `occurred_at`: every member of the recorded event must come back exactly, so that
its hash can be taken on the other side; `occurred_at` stands in the metadata. Extension names are lower-case letters
and digits only (CloudEvents 1.0, 3.1).
"""

from collections.abc import Iterable
from uuid import UUID

import orjson

from shared.kernel.instants import instant_text, parse_instant
from shared.kernel.recorded import Recorded
from shared.messaging.alarm import Alarm

Headers = list[tuple[str, bytes]]
_SOURCE = "/rongcuo/"


class ForeignRecord(Alarm):
    """A record in one of our topics that is no event of ours; it has no stream to be parked with."""


def headers_of(recorded: Recorded) -> Headers:
    """Return the headers of the record whose key is the stream and whose value is the payload."""
    dataschema = f"/{recorded.log}/v1/event-types/{recorded.type}/{recorded.schema_version}"
    headers = [
        ("content-type", b"application/json"),
        ("ce_specversion", b"1.0"),
        ("ce_id", str(recorded.event_id).encode()),
        ("ce_source", (_SOURCE + recorded.log).encode()),
        ("ce_type", recorded.type.encode()),
        ("ce_subject", recorded.stream.encode()),
        ("ce_time", instant_text(recorded.recorded_at).encode()),
        ("ce_dataschema", dataschema.encode()),
        ("ce_logposition", b"%d" % recorded.position),
        ("ce_streamversion", b"%d" % recorded.version),
        ("metadata", recorded.metadata),
    ]
    if traceparent := orjson.loads(recorded.metadata).get("traceparent"):
        headers.append(("traceparent", traceparent.encode()))
    return headers


def recorded_of(headers: Iterable[tuple[str, bytes]], value: bytes | None) -> Recorded:
    """Return the event that `headers_of` and the payload describe; raises ForeignRecord for anything else."""
    found = dict(headers)
    try:
        return Recorded(
            log=found["ce_source"].decode().removeprefix(_SOURCE),
            position=int(found["ce_logposition"]),
            stream=found["ce_subject"].decode(),
            version=int(found["ce_streamversion"]),
            event_id=UUID(found["ce_id"].decode()),
            type=found["ce_type"].decode(),
            schema_version=int(found["ce_dataschema"].decode().rpartition("/")[2]),
            payload=_bytes(value),
            metadata=_bytes(found["metadata"]),
            recorded_at=parse_instant(found["ce_time"].decode()),
        )
    except (KeyError, ValueError) as error:
        raise ForeignRecord(type(error).__name__) from None


def _bytes(value: bytes | None) -> bytes:
    if value is None:
        raise ValueError("no value")
    return bytes(value)
