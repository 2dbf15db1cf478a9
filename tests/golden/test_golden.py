"""What was stored once can be read for ever, and a changed event model cannot slip through."""

import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from jsoncompat import check_compat

from shared.contracts import adjudication, archive, intake, notification
from shared.kernel.canonical import parse_canonical
from shared.kernel.decider import Decider
from shared.kernel.events import Event
from tests.golden.samples import FOLDER, SERVICES, schema, stem, types

CONTRACTS = {"intake": intake, "adjudication": adjudication, "archive": archive, "notification": notification}
STORED = sorted(path for path in FOLDER.glob("*/*.v*.json") if not path.name.endswith(".schema.json"))
EVERY_TYPE = [pytest.param(*one, id=one[2].__name__) for one in types()]


def decider_of(service: str, event_type: str) -> Decider[Any]:
    """Return the decider that knows events of this type."""
    return next(decider for decider in SERVICES[service].values() if event_type in decider.codec.types)


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_a_stored_event_is_canonical_and_still_decodes(path: Path) -> None:
    event_type, version = path.stem.rsplit(".v", 1)
    codec = decider_of(path.parent.name, event_type).codec
    payload = path.read_bytes().removesuffix(b"\n")
    parse_canonical(payload)
    event = codec.decode(event_type, int(version), payload)
    if event.schema_version == int(version):
        assert codec.encode(event) == payload


@pytest.mark.parametrize(("service", "decider", "event"), EVERY_TYPE)
def test_every_version_has_its_files(service: str, decider: Decider[Any], event: type[Event]) -> None:
    for version in range(1, event.schema_version + 1):
        assert (FOLDER / service / f"{event.__name__}.v{version}.json").is_file()
        assert (FOLDER / service / f"{event.__name__}.v{version}.schema.json").is_file()


def test_no_file_stands_for_an_event_that_does_not_exist() -> None:
    known = {
        f"{service}/{event.__name__}.v{version}{ending}"
        for service, _, event in types()
        for version in range(1, event.schema_version + 1)
        for ending in (".json", ".schema.json")
    }
    assert {str(path.relative_to(FOLDER)) for path in FOLDER.glob("*/*.json")} == known


def test_what_was_released_is_untouched() -> None:
    for line in (FOLDER / "released.lock").read_text().splitlines():
        if line and not line.startswith("#"):
            digest, name = line.split()
            assert sha256((FOLDER / name).read_bytes()).hexdigest() == digest, name


@pytest.mark.parametrize(("service", "decider", "event"), EVERY_TYPE)
def test_a_model_reads_what_its_first_shape_wrote(service: str, decider: Decider[Any], event: type[Event]) -> None:
    stored = (FOLDER / f"{stem(service, event)}.schema.json").read_text()
    assert check_compat(stored, schema(event), "deserializer")
    if event.public:
        assert check_compat(stored, schema(event), "both")


class TestPublicEvents:
    @pytest.mark.parametrize(("service", "decider", "event"), EVERY_TYPE)
    def test_are_those_of_the_contract(self, service: str, decider: Decider[Any], event: type[Event]) -> None:
        published = CONTRACTS[service].EVENTS if service in CONTRACTS else ()
        assert event.public == (event in published)

    @pytest.mark.parametrize(("service", "decider", "event"), EVERY_TYPE)
    def test_hold_nothing_sealed(self, service: str, decider: Decider[Any], event: type[Event]) -> None:
        assert not (event.public and "Sealed" in schema(event))

    @pytest.mark.parametrize(("service", "decider", "event"), EVERY_TYPE)
    def test_publish_a_fold_of_members_that_exist(
        self, service: str, decider: Decider[Any], event: type[Event]
    ) -> None:
        assert set(event.sets) <= set(event.model_fields)
        assert event.leads_to is None or re.fullmatch("[a-z_]+", event.leads_to)


class TestTheGate:
    """The tool that the gate trusts does see the changes that would hurt."""

    OLD = '{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}'

    def test_sees_a_new_required_member(self) -> None:
        new = self.OLD.replace('"a":{"type":"string"}', '"a":{"type":"string"},"b":{"type":"string"}')
        assert not check_compat(self.OLD, new.replace('["a"]', '["a","b"]'), "deserializer")

    def test_sees_a_renamed_member_and_another_type(self) -> None:
        assert not check_compat(self.OLD, self.OLD.replace('"a"', '"c"'), "deserializer")
        assert not check_compat(self.OLD, self.OLD.replace('"string"', '"integer"'), "deserializer")
