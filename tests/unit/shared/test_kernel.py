"""Codec, upcasters, metadata and instants."""

from datetime import UTC, date, datetime
from typing import Any, ClassVar
from uuid import UUID

import pytest
from orjson import JSONDecodeError
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.kernel.decider import Decider
from shared.kernel.errors import UnknownEvent
from shared.kernel.events import Codec, Event
from shared.kernel.instants import instant_text, legal_day, parse_instant
from shared.kernel.metadata import Metadata, system_actor
from shared.kernel.recorded import Recorded
from shared.kernel.upcasting import Upcasters

ID = UUID("01936f2e-0000-7000-8000-000000000001")
AT = datetime(2026, 11, 22, 17, 30, tzinfo=UTC)


class LanternLit(Event):
    """A memorable fact for these tests: version 2 added the colour."""

    schema_version: ClassVar[int] = 2
    street: str
    colour: str


class Lantern(BaseModel):
    """A value that an event holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    street: str
    colour: str


class LampHung(Event):
    """A fact that holds a value."""

    schema_version: ClassVar[int] = 2
    lantern: Lantern
    height: int


def lantern_v1_to_v2(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "colour": "red"}


UPCASTERS = Upcasters({("LanternLit", 1): lantern_v1_to_v2})


class TestCodec:
    def test_reads_what_it_wrote(self) -> None:
        codec = Codec([LanternLit], UPCASTERS)
        event = LanternLit(street="妙高", colour="gold")
        assert codec.encode(event) == '{"colour":"gold","street":"妙高"}'.encode()
        assert codec.decode("LanternLit", 2, codec.encode(event)) == event

    def test_lifts_an_old_version(self) -> None:
        assert Codec([LanternLit], UPCASTERS).decode("LanternLit", 1, b'{"street":"x"}').model_dump()["colour"] == "red"

    @pytest.mark.parametrize(("name", "version"), [("LanternLit", 3), ("LanternPutOut", 1)])
    def test_fails_closed_for_what_it_does_not_know(self, name: str, version: int) -> None:
        with pytest.raises(UnknownEvent):
            Codec([LanternLit], UPCASTERS).decode(name, version, b'{"street":"x","colour":"y"}')

    def test_passes_over_what_another_service_added_since(self) -> None:
        codec = Codec([LanternLit], UPCASTERS)
        newer = b'{"colour":"gold","oil":7,"street":"x"}'
        assert codec.decode("LanternLit", 2, newer, foreign=True) == LanternLit(street="x", colour="gold")
        with pytest.raises(ValidationError):
            codec.decode("LanternLit", 2, newer)

    def test_passes_over_at_any_depth_and_in_old_versions(self) -> None:
        codec = Codec([LampHung], Upcasters({("LampHung", 1): lambda data: {**data, "height": 3}}))
        nested = b'{"height":3,"lantern":{"colour":"gold","oil":7,"street":"x"}}'
        hung = LampHung(lantern=Lantern(colour="gold", street="x"), height=3)
        assert codec.decode("LampHung", 2, nested, foreign=True) == hung
        assert codec.decode("LampHung", 1, nested, foreign=True) == hung
        for version in (1, 2):
            with pytest.raises(ValidationError):
                codec.decode("LampHung", version, nested)

    @pytest.mark.parametrize(
        "payload", [b"", b"[]", b"null", b"{", b'{"street":1,"colour":"x"}', b'{"street":"x"}', b'{"street":"\xff"}']
    )
    @pytest.mark.parametrize("version", [1, 2])
    def test_refuses_bytes_that_do_not_hold_the_event(self, payload: bytes, version: int) -> None:
        codec = Codec([LanternLit], Upcasters({("LanternLit", 1): lambda data: data}))
        with pytest.raises((ValidationError, JSONDecodeError)):
            codec.decode("LanternLit", version, payload)

    def test_refuses_a_gap_in_the_upcasters(self) -> None:
        with pytest.raises(ValueError, match="do not lead from 1 to 2"):
            Codec([LanternLit])

    def test_refuses_upcasters_of_unknown_events(self) -> None:
        with pytest.raises(ValueError, match="unknown events"):
            Codec([], UPCASTERS)


def metadata(**changes: Any) -> Metadata:
    fields: dict[str, Any] = {
        "log": "intake",
        "matter": None,
        "jurisdiction": "331123",
        "occurred_at": AT,
        "actor": system_actor("test"),
        "rules_version": None,
        "policy": None,
        "purpose": None,
        "correlation": ID,
        "causation": None,
        "traceparent": None,
    }
    return Metadata(**{**fields, **changes})


class TestMetadata:
    def test_reads_what_it_wrote(self) -> None:
        assert Metadata.decode(metadata().encode()) == metadata()

    def test_is_closed(self) -> None:
        with pytest.raises(ValidationError):
            Metadata.decode(metadata().encode()[:-1] + b',"extra":1}')

    def test_keeps_unknown_as_null(self) -> None:
        assert b'"matter":null' in metadata().encode()


class TestInstants:
    def test_have_six_digits_and_z(self) -> None:
        assert instant_text(AT) == "2026-11-22T17:30:00.000000Z"
        assert parse_instant("2026-11-22T17:30:00.000000Z") == AT

    def test_the_legal_day_is_beijings(self) -> None:
        assert legal_day(AT) == date(2026, 11, 23)

    def test_without_a_zone_is_refused(self) -> None:
        with pytest.raises(ValueError, match="time zone"):
            instant_text(AT.replace(tzinfo=None))


class TestRecorded:
    def test_the_hash_commits_to_every_member(self) -> None:
        base: dict[str, Any] = {
            "log": "intake",
            "position": 1,
            "stream": f"lantern-{ID}",
            "version": 1,
            "event_id": ID,
            "type": "LanternLit",
            "schema_version": 2,
            "payload": b"{}",
            "metadata": b"{}",
            "recorded_at": AT,
        }
        changed: dict[str, Any] = {
            "log": "archive",
            "position": 2,
            "stream": "lantern-x",
            "version": 2,
            "event_id": UUID(int=1),
            "type": "Other",
            "schema_version": 1,
            "payload": b"[]",
            "metadata": b"[]",
            "recorded_at": AT.replace(microsecond=1),
        }
        hashes = {Recorded(**base).hash} | {Recorded(**{**base, key: value}).hash for key, value in changed.items()}
        assert len(hashes) == 1 + len(changed)

    def test_knows_its_aggregate(self) -> None:
        recorded = Recorded("intake", 1, f"lantern-{ID}", 1, ID, "LanternLit", 2, b"{}", b"{}", AT)
        assert (recorded.category, recorded.stream_id) == ("lantern", ID)


def test_a_decider_names_its_streams() -> None:
    class State:
        matter = jurisdiction = rules_version = None

    decider = Decider("lantern", Codec([LanternLit], UPCASTERS), State(), lambda *_: [], lambda state, _: state)
    assert decider.stream(ID) == f"lantern-{ID}"
