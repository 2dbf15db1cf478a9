"""Budgets: every caller has his own for reads, commands and exports; strangers are bounded and stay unknown."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from shared.authz.tokens import TokenVerifier
from shared.eventstore.store import EventStore
from shared.web import rate_limits
from shared.web.app import create_app
from shared.web.problems import Problem
from shared.web.rate_limits import Budgets, RateLimits
from shared.web.resources import Resources
from tests.web.conftest import As, running
from tests.web.petitions import service

NUMBERS = "/intake/v1/numbers"
PETITIONS = "/intake/v1/petitions"


class Seconds:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def request(method: str = "GET", host: str = "192.0.2.7", accept: str = "*/*") -> Request:
    headers = [(b"accept", accept.encode())]
    return Request({"type": "http", "method": method, "headers": headers, "client": (host, 1), "state": {}})


@asynccontextmanager
async def limited(store: EventStore, verifier: TokenVerifier, budgets: Budgets) -> AsyncIterator[httpx.AsyncClient]:
    made = service(store, verifier)

    @asynccontextmanager
    async def resources() -> AsyncIterator[Resources]:
        async with made.resources() as held:
            yield replace(held, rates=RateLimits(budgets))

    async with running(create_app(replace(made, resources=resources))) as client:
        yield client


async def test_reads_commands_and_exports_have_budgets_of_their_own(
    store: EventStore, verifier: TokenVerifier, as_: As, command: As
) -> None:
    async with limited(store, verifier, Budgets(reads=2, commands=1, exports=1)) as client:
        left = [(await client.get(NUMBERS, headers=as_())).headers["ratelimit"] for _ in range(2)]
        assert left == ['"reads";r=1;t=60', '"reads";r=0;t=60']
        refused = await client.get(NUMBERS, headers=as_())
        assert (refused.status_code, refused.json()["code"]) == (429, "rate-limited")
        assert 0 < int(refused.headers["retry-after"]) <= 60
        assert refused.headers["ratelimit-policy"] == '"reads";q=2;w=60'
        filed = [await client.post(PETITIONS, json={"title": "申请"}, headers=command()) for _ in range(2)]
        assert [answer.status_code for answer in filed] == [201, 429]
        auditor = {**as_(roles=["auditor"]), "Accept": "application/x-ndjson"}
        exported = [(await client.get("/intake/v1/events?limit=1", headers=auditor)).status_code for _ in range(2)]
        assert exported == [200, 429]


async def test_callers_do_not_use_up_one_anothers_budget(store: EventStore, verifier: TokenVerifier, as_: As) -> None:
    async with limited(store, verifier, Budgets(reads=1)) as client:
        for subject in ("o-1", "o-2"):
            assert (await client.get(NUMBERS, headers=as_(subject=subject))).status_code == 200
            assert (await client.get(NUMBERS, headers=as_(subject=subject))).status_code == 429


async def test_refusals_count_too_and_those_without_a_token_by_address(
    store: EventStore, verifier: TokenVerifier, as_: As, caplog: pytest.LogCaptureFixture
) -> None:
    async with limited(store, verifier, Budgets(reads=2, refusals=2)) as client:
        wrong = as_(roles=["applicant_person"])
        statuses = [(await client.get("/intake/v1/events", headers=wrong)).status_code for _ in range(3)]
        assert statuses == [403, 403, 429]
        with caplog.at_level(logging.DEBUG):
            unknown = [(await client.get(NUMBERS, headers={"Authorization": "Bearer x"})).status_code for _ in range(2)]
            missing = await client.get(NUMBERS)
        assert (unknown, missing.status_code, missing.json()["code"]) == ([401, 401], 429, "rate-limited")
        assert "127.0.0.1" not in caplog.text
        assert (await client.get(NUMBERS, headers=as_(subject="o-9"))).status_code == 200, (
            "a token is never refused for it"
        )


async def test_without_a_budget_nothing_is_counted_or_told(client: httpx.AsyncClient, as_: As) -> None:
    assert "ratelimit" not in (await client.get(NUMBERS, headers=as_())).headers


def test_the_window_moves_and_is_not_reset_at_once() -> None:
    clock = Seconds()
    limits = RateLimits(Budgets(reads=3), clock)
    for _ in range(3):
        limits.spend(request(), "i", "s")
        clock.now += 10
    with pytest.raises(Problem) as refused:
        limits.spend(request(), "i", "s")
    assert refused.value.headers == {"Retry-After": "30"}
    clock.now += 30
    limits.spend(request(), "i", "s")
    with pytest.raises(Problem):
        limits.spend(request(), "i", "s")


@pytest.mark.parametrize(
    ("first", "second", "one"),
    [
        ("192.0.2.7", "192.0.2.8", False),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("testclient", "testclient", True),
    ],
)
def test_an_address_is_counted_once_and_kept_by_nobody(first: str, second: str, one: bool) -> None:
    limits = RateLimits(Budgets(refusals=1))
    limits.refused(request(host=first))
    try:
        limits.refused(request(host=second))
        counted_apart = True
    except Problem:
        counted_apart = False
    assert counted_apart != one
    assert first not in str(vars(limits))


def test_the_windows_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "MOST_WINDOWS", 10)
    clock = Seconds()
    limits: Any = RateLimits(Budgets(reads=5), clock)
    for number in range(100):
        clock.now += 10
        limits.spend(request(), "i", str(number))
    assert len(limits._windows) <= 10
