"""What is going to be taken away says so, twelve months before, on every answer."""

from dataclasses import replace
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, ClassVar

import pytest

from shared.authz.access import Access
from shared.authz.tokens import TokenVerifier
from shared.eventstore.store import EventStore
from shared.kernel.deprecation import Deprecation, TooSoon
from shared.kernel.events import Codec
from shared.web.app import create_app
from shared.web.authentication import permitted
from shared.web.deprecation import deprecated
from shared.web.routes import router
from tests.web.conftest import As, running
from tests.web.petitions import PETITION, PetitionAccepted, PetitionFiled, RemarkAdded, service

OLD = Deprecation(date(2026, 3, 1), date(2027, 3, 1), "/intake/v1/numbers")


def test_a_notice_of_twelve_months_is_enough() -> None:
    for since, sunset in (("2026-03-01", "2027-03-01"), ("2028-02-29", "2029-03-01"), ("2026-12-31", "2028-01-01")):
        assert Deprecation(date.fromisoformat(since), date.fromisoformat(sunset)).successor is None


@pytest.mark.parametrize(
    ("since", "sunset"),
    [
        ("2026-03-01", "2027-02-28"),
        ("2026-03-01", "2026-12-31"),
        ("2028-02-29", "2029-02-28"),
        ("2026-12-31", "2027-01-01"),
        ("2026-03-01", "2025-03-01"),
    ],
)
def test_a_shorter_notice_is_refused_when_the_build_starts(since: str, sunset: str) -> None:
    with pytest.raises(TooSoon):
        deprecated(Deprecation(date.fromisoformat(since), date.fromisoformat(sunset)))


async def test_a_deprecated_route_says_so_on_every_answer(store: EventStore, verifier: TokenVerifier, as_: As) -> None:
    routes = router("Old")

    @routes.get("/old-numbers", summary="Old numbers")
    @deprecated(OLD)
    async def list_old_numbers(_access: Annotated[Access, permitted("list_event_types")]) -> list[int]:
        """List what is going to be listed elsewhere."""
        return [1]

    async with running(create_app(service(store, verifier, routes))) as client:
        answers = [
            await client.get("/intake/v1/old-numbers", headers=as_()),
            await client.get("/intake/v1/old-numbers?x=1", headers=as_()),
            await client.get("/intake/v1/old-numbers"),
        ]
        told = (await client.get("/intake/openapi.json")).json()["paths"]["/intake/v1/old-numbers"]["get"]
        other = await client.get("/intake/v1/event-types", headers=as_())
    assert [answer.status_code for answer in answers] == [200, 400, 401]
    for answer in answers:
        at = datetime.fromtimestamp(int(answer.headers["deprecation"].removeprefix("@")), UTC)
        assert (at.date(), parsedate_to_datetime(answer.headers["sunset"]).date()) == (OLD.since, OLD.sunset)
        assert answer.links["successor-version"]["url"] == "/intake/v1/numbers"
    assert (told["deprecated"], told["x-sunset"]) == (True, "2027-03-01")
    assert told["x-deprecated-since"] == OLD.since.isoformat()
    assert "deprecation" not in other.headers


@pytest.fixture
def revised() -> type[PetitionFiled]:
    """A build in which the first version of an event is deprecated."""

    class Revised(PetitionFiled):
        deprecations: ClassVar[dict[int, Deprecation]] = {1: replace(OLD, successor="PetitionFiled v2")}

    Revised.__name__ = "PetitionFiled"
    return Revised


async def test_a_deprecated_event_version_is_told_by_types_and_feeds(
    store: EventStore, verifier: TokenVerifier, as_: As, revised: type[PetitionFiled]
) -> None:
    codec = Codec([revised, PetitionAccepted, RemarkAdded])
    made = replace(service(store, verifier), aggregates=[replace(PETITION, codec=codec)])
    auditor = as_(roles=["auditor"])
    async with running(create_app(made)) as client:
        types = (await client.get("/intake/v1/event-types", headers=auditor)).json()["items"]
        feeds = [
            await client.get("/intake/v1/events", headers=auditor),
            await client.get("/intake/v1/events", headers={**auditor, "Accept": "application/x-ndjson"}),
        ]
    told = {item["type"]: item["deprecations"] for item in types if item["deprecations"]}
    successor = "PetitionFiled v2"
    version = {"schema_version": 1, "since": "2026-03-01", "sunset": "2027-03-01", "successor": successor}
    assert told == {"PetitionFiled": [version]}
    assert [answer.links["deprecation"]["url"] for answer in feeds] == ["/intake/v1/event-types"] * 2
