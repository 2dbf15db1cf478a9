"""The page of the bus: everything of the document, nothing from elsewhere."""

import re
from pathlib import Path

import httpx
import pytest

from rongcuo.asyncapi.document import document
from rongcuo.asyncapi.page import page
from rongcuo.platform import application
from shared.authz.tokens import TokenVerifier
from shared.hosting.installation import Installation
from shared.keyring.key_service import FileKeyService
from shared.rules.loader import load_rulebook
from shared.settings import Settings


@pytest.fixture
def http(tmp_path: Path) -> httpx.AsyncClient:
    """A client of the process of one service, as it stands behind the entrance for all paths of no service."""
    installation = Installation(
        settings=Settings(data=tmp_path),
        given=None,
        verifier=TokenVerifier({}),
        key_service=FileKeyService.at(tmp_path / "kek"),
        rulebook=load_rulebook(),
        secret=b"s" * 32,
    )
    transport = httpx.ASGITransport(application(installation, ["intake"], []))
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
