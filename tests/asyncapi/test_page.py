"""The page of the bus: everything of the document, nothing from elsewhere."""

import re

import httpx
import pytest
from starlette.applications import Starlette

from rongcuo.asyncapi.document import document
from rongcuo.asyncapi.page import page
from rongcuo.asyncapi.routes import asyncapi_routes


@pytest.fixture
def http() -> httpx.AsyncClient:
    """A client of an application that has only these routes."""
    transport = httpx.ASGITransport(Starlette(routes=asyncapi_routes()))
    return httpx.AsyncClient(transport=transport, base_url="http://services.example")


async def test_page_and_document_are_served_without_a_token(http: httpx.AsyncClient) -> None:
    shown, told = await http.get("/asyncapi"), await http.get("/asyncapi.json")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert told.json() == document()
    assert re.findall(r'href="([^"]+)"', shown.text) == [str(told.url.path)]


def test_every_operation_message_header_and_member_is_on_the_page() -> None:
    told = document()
    messages = told["components"]["messages"]
    members = {name for message in messages.values() for name in message["payload"].get("properties", ())}
    headers = told["components"]["schemas"]["Headers"]["properties"]
    cells = set(re.findall(r"<td>([^<]*)</td>", page()))
    assert {*told["operations"], *members, *headers} - cells == set()
    assert [name for name in messages if f'<h3 id="{name}">' not in page()] == []


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    assert re.search(r"https?:|<script|src=|@import|url\(", page()) is None
