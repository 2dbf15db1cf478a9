"""What reports leave behind in a whole installation: of what was kept nothing in clear, of the rest nothing at all.

This module is the last of its folder: it adds matters to the stories, whose events others count.
"""

import socket
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from rongcuo.demo.client import Desk, Json, Refused
from rongcuo.demo.story import JURISDICTION
from shared.kernel.ids import new_id
from tests.story.conftest import Told
from tests.story.evidence import all_records, dumped
from tests.story.needles import found_in
from tests.story.test_story import settled

OFFICE = "331123-dic-1"
REPORTER = {
    "name": "孙某某举报",
    "unit": "某某街道办事处",
    "address": "某某路一百号",
    "phone": "13900001234",
    "email": "sun.moumou@example.com",
    "id_number": "332526198001010014",
}
KEPT = ["反映某某局李某某在项目验收中把关不严。", "某某局副局长，约五十岁。", "需当面核对验收单据。"]
UNKEPT = {
    "upper": "反映某某市某某局周某某收受礼品的材料。",
    "head": "反映本县纪委主要负责人吴某某的材料。",
    "marked": "【机密】关于郑某某问题的报告，共三页。",
    "elsewhere": "反映邻县王某某的材料。",
    "member": "多出一项的冯某某材料。",
    "long": "过长的陈某某材料。" * 3000,
    "malformed": "不成文的褚某某材料",
}
ADDRESS, CLAIMED = (
    "127.77.66.55",
    {
        "X-Forwarded-For": "203.0.113.77, 2001:db8::77",
        "X-Real-IP": "203.0.113.78",
        "Forwarded": "for=203.0.113.79",
        "CF-Connecting-IP": "203.0.113.80",
        "True-Client-IP": "203.0.113.81",
    },
)


@dataclass(frozen=True)
class Left:
    """What an installation holds: every table, every topic, everything that was printed."""

    tables: dict[str, bytes]
    topics: bytes
    printed: bytes

    def holding(self, texts: list[str]) -> dict[str, list[str]]:
        """Return where which of the texts stand, in whatever form."""
        places = {**self.tables, "topics": self.topics, "printed": self.printed}
        return {name: found for name, held in places.items() if (found := found_in(held, texts))}


@pytest.fixture(scope="module", params=["local_story", "kafka_story"])
def whole(request: pytest.FixtureRequest) -> Told:
    """The installation over either bus."""
    told: Told = request.getfixturevalue(request.param)
    return told


@pytest.fixture(scope="module")
async def left(whole: Told) -> Left:
    """Let everything happen to reports that can happen, and gather what is left behind."""
    told = whole
    there = httpx.AsyncHTTPTransport(local_address=ADDRESS)
    async with httpx.AsyncClient(transport=there, headers=CLAIMED, timeout=30) as http:
        await _kept_and_opened(told, http)
        await _not_kept(told, http)
    _no_request_at_all(told)
    await settled(told.installation)
    kafka = told.installation.kafka
    found = await all_records(kafka) if kafka else []
    parts = [part for record in found for part in (record.key, record.value, *record.headers.values())]
    tables = await dumped(told.installation.databases)
    return Left(tables, b"\n".join(parts), told.installation.processes.logged())


async def test_what_was_kept_stands_nowhere_in_clear(left: Left) -> None:
    assert left.holding([*KEPT, *REPORTER.values()]) == {}


@pytest.mark.parametrize("what", UNKEPT)
async def test_what_was_not_kept_stands_nowhere_at_all(left: Left, what: str) -> None:
    assert left.holding([UNKEPT[what][:8], UNKEPT[what][-8:]]) == {}


async def test_nobodys_address_stands_anywhere(left: Left) -> None:
    claimed = [address for header in CLAIMED.values() for address in header.removeprefix("for=").split(", ")]
    assert left.holding([ADDRESS, *claimed]) == {}
    packed = bytes.fromhex("02200004") + socket.inet_aton(ADDRESS)  # as PostgreSQL sends an inet
    assert [name for name, held in left.tables.items() if packed in held] == []


async def test_everything_that_was_asked_is_in_the_log_all_the_same(left: Left) -> None:
    for line in (
        b"POST /intake/v1/reports 201",
        b"POST /intake/v1/reports 422",
        b"/unmaskings/{unmasking_id}/identity 200",
    ):
        assert line in left.printed


async def _kept_and_opened(told: Told, http: httpx.AsyncClient) -> None:
    """Enter a real-name and an anonymous report, give the first to an office, and open who reported."""
    content, described, reason = KEPT
    petition = _desk(told, http, "petition_office", "petition-1")
    await _enter(petition, content=content, person_described=described)
    report = await _enter(petition, content=content, person_described=described, reporter=REPORTER)
    await petition.command(report, "assignment", {"office": OFFICE})
    handler = _desk(told, http, "handling_office", "officer-17", organisation=OFFICE)
    ask = {"unmasking_id": str(new_id()), "report_id": report.rpartition("/")[2], "fields": list(REPORTER)}
    unmasking = str((await handler.create("/intake/v1/unmaskings", ask | {"reason": reason}))["href"])
    for role in ("dic_head", "dic_leader"):
        leader = _desk(told, http, role, f"{role}-1")
        await leader.command(unmasking, "approval", {"digest": (await leader.get(unmasking))["digest"]})
    assert (await handler.get(f"{unmasking}/identity"))["identity"] == REPORTER
    assert (await petition.get(report))["content"] == content


async def _not_kept(told: Told, http: httpx.AsyncClient) -> None:
    """Enter what has to go up, and what is refused for one reason or another."""
    petition = _desk(told, http, "petition_office", "petition-1")
    for change in (
        {"content": UNKEPT["upper"], "managed_by": "331100"},
        {"content": UNKEPT["head"], "head_of_organ": True},
    ):
        sent_up = await petition.get(await _enter(petition, reporter=REPORTER, **change))
        assert sent_up["state"] == "transferred"
    refused: list[Json] = [
        {"content": UNKEPT["marked"]},
        {"content": UNKEPT["elsewhere"], "managed_by": "331122"},
        {"content": "某", UNKEPT["member"]: UNKEPT["member"]},
        {"content": UNKEPT["long"]},
    ]
    for change in refused:
        with pytest.raises(Refused):
            await _enter(petition, **change)
    broken = f'{{"content": "{UNKEPT["malformed"]}", '.encode()
    for headers in ({}, {"Authorization": f"Bearer {petition.token}", "Idempotency-Key": str(new_id())}):
        answer = await http.post(
            f"{told.installation.base['intake']}/intake/v1/reports",
            content=broken,
            headers={"Content-Type": "application/json", **headers},
        )
        assert answer.is_client_error
        assert UNKEPT["malformed"] not in answer.text


def _no_request_at_all(told: Told) -> None:
    """Send something that is not HTTP, from the same address: servers like to log such a thing with its sender."""
    host, _, port = told.installation.base["intake"].removeprefix("http://").partition(":")
    for nonsense in (b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"):
        with socket.create_connection((host, int(port)), 5, (ADDRESS, 0)) as connection:
            connection.sendall(nonsense)
            connection.settimeout(2)
            connection.recv(1000)


def _desk(told: Told, http: httpx.AsyncClient, role: str, subject: str, **claims: Any) -> Desk:
    token = told.installation.issuer.token(roles=[role], subject=subject, jurisdictions=[JURISDICTION], **claims)
    return Desk(http, told.installation.base, token)


async def _enter(desk: Desk, **change: Any) -> str:
    body = {
        "report_id": str(new_id()),
        "jurisdiction": JURISDICTION,
        "channel": "online",
        "managed_by": JURISDICTION,
        "received_on": "2023-05-04",
        "person_described": "某人。",
    }
    return str((await desk.create("/intake/v1/reports", body | change))["href"])
