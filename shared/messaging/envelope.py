"""Recorded event ↔ Kafka record: value and metadata travel as stored, the rest as CloudEvents 1.0 binary headers.

`ce_time` is `recorded_at` and not `occurred_at`: every member of the recorded event must come back exactly, so that
its hash can be taken on the other side; `occurred_at` stands in the metadata. Extension names are lower-case letters
and digits only (CloudEvents 1.0, 3.1).
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final
from uuid import UUID

import orjson

from shared.kernel.instants import instant_text, parse_instant
from shared.kernel.recorded import Recorded
from shared.messaging.alarm import Alarm

Header = tuple[str, bytes]
Headers = list[Header]
_SOURCE = "/rongcuo/"
_ALWAYS: Final = (("content-type", b"application/json"), ("ce_specversion", b"1.0"))
# The last member of canonical metadata, in the form of W3C Trace Context version 00 (55 characters).
_TRACE, _NO_TRACE, _TRACE_LENGTH = b'"traceparent":"', b'"traceparent":null}', 55


class ForeignRecord(Alarm):
    """A record in one of our topics that is no event of ours; it has no stream to be parked with."""


def headers_of(recorded: Recorded) -> Headers:
    """Return the headers of the record whose key is the stream and whose value is the payload."""
    log, position, stream, version, event_id, type_, schema_version, _, metadata, recorded_at = recorded
    headers = [
        *_ALWAYS,
        ("ce_id", str(event_id).encode()),
        *_of_type(log, type_, schema_version),
        ("ce_subject", stream.encode()),
        ("ce_time", instant_text(recorded_at).encode()),
        ("ce_logposition", b"%d" % position),
        ("ce_streamversion", b"%d" % version),
        ("metadata", metadata),
    ]
    if traceparent := _traceparent(metadata):
        headers.append(("traceparent", traceparent))
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


@lru_cache(maxsize=4096)
def _of_type(log: str, type_: str, schema_version: int) -> tuple[Header, Header, Header]:
    dataschema = f"/{log}/v1/event-types/{type_}/{schema_version}"
    return (
        ("ce_source", (_SOURCE + log).encode()),
        ("ce_type", type_.encode()),
        ("ce_dataschema", dataschema.encode()),
    )


def _traceparent(metadata: bytes) -> bytes | None:
    """Return what metadata say of the trace; without parsing them, which costs more than all other headers."""
    if metadata.endswith(_NO_TRACE):
        return None
    end = len(metadata) - len('"}')
    if metadata[end - _TRACE_LENGTH - len(_TRACE) : end - _TRACE_LENGTH] == _TRACE:
        return metadata[end - _TRACE_LENGTH : end]
    found: str | None = orjson.loads(memoryview(metadata)).get("traceparent")
    return found.encode() if found else None


def _bytes(value: bytes | None) -> bytes:
    if value is None:
        raise ValueError("no value")
    return bytes(value)
