"""Capabilities, and the pages of the error catalogue."""

import re
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from hashlib import sha256

import httpx
import pytest

from shared.authz.tokens import TokenVerifier
from shared.eventstore.store import EventStore
from shared.kernel.purposes import PURPOSES
from shared.web.app import create_app
from shared.web.catalogue import catalogue
from shared.web.rate_limits import Budgets
from shared.web.resources import Resources
from tests.web.conftest import As, running
from tests.web.petitions import service

HTML = {"Accept": "text/html,application/xhtml+xml"}


async def test_an_app_is_told_what_it_can_rely_on(client: httpx.AsyncClient, as_: As) -> None:
    told = (await client.get("/intake/v1/capabilities", headers=as_(roles=["mentor"]))).json()
    assert (told["service"], told["api"]) == ("intake", "v1")
    assert told["known_values"]["petition.state"] == ["filed", "accepted"]
    assert told["limits"]["body_bytes"] == 1024 * 1024
    assert told["limits"]["rate_reads"] == Budgets().reads
    assert told["purposes"] == list(PURPOSES)
    lists = {item["name"]: item["href"] for item in told["code_lists"]}
    for href in (lists["problems"], lists["event_types"], lists["openapi"]):
        assert (await client.get(href, headers=as_())).status_code == 200, href
    assert (await client.get("/intake/v1/capabilities")).status_code == 401


async def test_an_installation_names_its_own_purposes(store: EventStore, verifier: TokenVerifier, as_: As) -> None:
    made = service(store, verifier)

    @asynccontextmanager
    async def resources() -> AsyncIterator[Resources]:
        async with made.resources() as held:
            yield replace(held, purposes=("training",))

    path = "/intake/v1/capabilities"
    async with running(create_app(replace(made, resources=resources))) as client:
        assert (await client.get(path, headers=as_())).json()["purposes"] == ["training"]
        for purpose, status in (("training", 200), ("case_handling", 400), ("training,training", 400), ("", 400)):
            answer = await client.get(path, headers={**as_(), "Rongcuo-Purpose": purpose})
            assert answer.status_code == status, purpose


@pytest.mark.parametrize(("language", "first", "second"), [("zh", "zh", "en"), ("en", "en", "zh")])
async def test_every_code_has_a_page_in_both_languages(
    client: httpx.AsyncClient, language: str, first: str, second: str
) -> None:
    for code, entry in catalogue().items():
        page = await client.get(f"/problems/{code}", headers={**HTML, "Accept-Language": language})
        text = page.text
        assert page.status_code == 200
        assert text.index(f"<h2>{escaped(entry.title(first))}") < text.index(f"<h2>{escaped(entry.title(second))}")
        assert all(escaped(entry.remedy(spoken)) in text for spoken in ("zh", "en"))
        assert f"{code} · HTTP {entry.status}" in text


async def test_the_catalogue_lists_every_code_and_leads_to_its_page(client: httpx.AsyncClient) -> None:
    page = (await client.get("/problems", headers=HTML)).text
    assert re.findall(r'href="/problems/([a-z0-9-]+)"', page) == [
        code for code, _ in sorted(catalogue().items(), key=lambda item: item[1].status)
    ]


async def test_a_page_needs_nothing_else_and_its_style_is_the_one_that_is_let_in(client: httpx.AsyncClient) -> None:
    for path in ("/problems", "/problems/etag-stale"):
        page = await client.get(path, headers=HTML)
        style = re.search(r"<style>(.*?)</style>", page.text, re.S)
        assert style
        assert "@media print" in style[1]
        digest = b64encode(sha256(style[1].encode()).digest()).decode()
        assert f"'sha256-{digest}'" in page.headers["content-security-policy"]
        assert "<script" not in page.text
        assert re.findall(r"(?:https?:)?//[^\s\"']+", page.text) == []


def escaped(text: str) -> str:
    return (
        text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace('"', "&quot;")
        .replace("'", "&#x27;")
    )
