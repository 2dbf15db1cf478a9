"""The four services in this process, with something in every state that a bad request may name."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from starlette.applications import Starlette

from rongcuo.demo.client import Desk, Json
from rongcuo.demo.story import COMMITTEE, Cast, accept, investigate, let_in, register, submit
from rongcuo.platform import application, workers
from shared.authz.development import DevelopmentIssuer
from shared.authz.tokens import TokenVerifier
from shared.database.databases import SERVICES, Databases
from shared.hosting.installation import Installation
from shared.kernel.ids import new_id
from shared.keyring.key_service import FileKeyService
from shared.rules.loader import load_rulebook
from shared.settings import Settings

BASE = "http://services.example"
USED_KEY = "a key that was used before"
ELSEWHERE = "110000"
"""A jurisdiction that has no rules."""
FINDING: Json = {
    "kind": "finding",
    "jurisdiction": "331123",
    "found_by": "督查组",
    "found_on": "2022-04-20",
    "situations": ["SC.4"],
    "act_on": "2022-04-18",
    "statement": "疏漏查码。",
}
_STATE = {
    "intake": "SELECT position FROM log.head UNION ALL SELECT hashtextextended(d::text, 0) FROM app.drafts AS d",
    "other": "SELECT position FROM log.head",
    "keys": "SELECT scope || key FROM log.idempotency ORDER BY 1",
}


@dataclass(frozen=True)
class World:
    """`names` are the ids that paths and bodies may use, `etags` the standing versions, `tokens` who may ask."""

    http: httpx.AsyncClient
    databases: Databases
    names: Mapping[str, str]
    tokens: Mapping[str, str]

    async def state(self) -> list[Any]:
        """Return everything that a request can change: heads of all logs, drafts, kept idempotency keys."""
        found: list[Any] = []
        for service in SERVICES:
            connection = await asyncpg.connect(self.databases.admin(service))
            for query in (_STATE.get(service, _STATE["other"]), _STATE["keys"]):
                found.append([row[0] for row in await connection.fetch(query)])
            await connection.close()
        return found


@asynccontextmanager
async def peopled(databases: Databases, place: Path) -> AsyncIterator[World]:
    """Open the services on `databases`, people them, stop their workers, and yield the world that is left."""
    issuer = DevelopmentIssuer(place)
    installation = Installation(
        settings=Settings(data=place),
        given=databases,
        verifier=TokenVerifier(issuer.trusted()),
        key_service=FileKeyService.at(place / "kek"),
        rulebook=load_rulebook(),
        secret=secrets.token_bytes(32),
    )
    app = application(installation, SERVICES, [])
    assert isinstance(app, Starlette)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url=BASE) as http:
        cast = Cast.assemble(http, dict.fromkeys(SERVICES, BASE), issuer.token)
        async with _working(installation):
            names = await _people(cast)
        tokens = _tokens(issuer, names)
        elsewhere = Desk(http, {"intake": BASE}, tokens["elsewhere"])
        local = {"party_id": str(new_id()), "kind": "person", "jurisdiction": ELSEWHERE, "name": "某丁"}
        await elsewhere.create("/intake/v1/parties", local)
        for draft, concerned in (("draft_elsewhere", local["party_id"]), ("draft_abroad", names["cadre"])):
            about = {"concerned": concerned, "jurisdiction": ELSEWHERE}
            await elsewhere.put(f"/intake/v1/drafts/{names[draft]}", FINDING | about)
        yield World(http, databases, names, tokens)


@asynccontextmanager
async def _working(installation: Installation) -> AsyncIterator[None]:
    stop = asyncio.Event()
    async with workers(installation, SERVICES) as running, asyncio.TaskGroup() as group:
        for worker in running:
            group.create_task(worker.run(stop))
        yield
        stop.set()


async def _people(cast: Cast) -> dict[str, str]:
    inspector, officer = cast.inspector, cast.officer
    cadre = await register(inspector, "某甲")
    finding = FINDING | {"concerned": cadre}
    applicant = await register(officer, "某乙")
    person = cast.desk_for("applicant_person", subject=f"person-{applicant}", party=applicant)
    application_ = {"kind": "application", "applicant_kind": "person", "applicant": applicant, "concerned": applicant}
    rest = {name: FINDING[name] for name in ("jurisdiction", "situations", "act_on", "statement")}
    withdrawn = await submit(person, application_ | rest)
    await person.command(f"/intake/v1/submissions/{withdrawn}", "withdrawal", {"reason": "不再申请。"})
    case_of_another = await _applied_for_another(cast, person, application_ | rest | {"concerned": cadre}, cadre)
    accepted = await submit(inspector, finding)
    names = {
        "cadre": cadre,
        "applicant": applicant,
        "withdrawn": withdrawn,
        "case_of_another": case_of_another,
        "accepted": accepted,
        "case": await accept(cast, accepted),
        "submitted": await submit(inspector, finding),
        "draft_elsewhere": str(new_id()),
        "draft_abroad": str(new_id()),
    }
    await let_in(cast, names["case"], COMMITTEE[0])
    wrong: dict[str, Json] = {
        "draft": {},
        "draft_sc8": {"situations": ["SC.8"]},
        "draft_stranger": {"situations": ["SC.echo"]},
        "draft_open_class": {"situations": ["SC.X"]},
        "draft_future": {"act_on": "2999-01-01", "found_on": "2999-01-02"},
        "draft_before_rules": {"act_on": "1999-01-01"},
        "draft_found_before": {"found_on": "2022-04-17"},
        "draft_without_finder": {"found_by": None},
    }
    for name, change in wrong.items():
        names[name] = str(new_id())
        await inspector.put(f"/intake/v1/drafts/{names[name]}", finding | change)
    await officer.http.post(
        "/intake/v1/parties",
        json={"party_id": str(new_id()), "kind": "person", "jurisdiction": "331123", "name": "某丙"},
        headers={"Authorization": f"Bearer {officer.token}", "Idempotency-Key": USED_KEY},
    )
    return names


async def _applied_for_another(cast: Cast, person: Desk, draft: Json, cadre: str) -> str:
    """Open a case for which somebody applied on another's behalf, up to the defence; both have been told."""
    case = await accept(cast, await submit(person, draft))
    await investigate(cast, case, {"site_visit": "到现场核实。"}, "某甲的申辩。", "2022-05-01")
    for party in (cadre, str(draft["applicant"])):
        reader = cast.desk_for("subject", subject=f"person-{party}", party=party)
        await reader.until("/notification/v1/inbox", lambda inbox: bool(inbox["items"]))
    return case


def _tokens(issuer: DevelopmentIssuer, names: Mapping[str, str]) -> dict[str, str]:
    def token(*roles: str, subject: str, jurisdiction: str = "331123", **claims: Any) -> str:
        return issuer.token(roles=roles, jurisdictions=(jurisdiction,), subject=subject, **claims)

    applicant = names["applicant"]
    return {
        "inspector": token("inspection_team", subject="inspector-05", organisation="331123-dic-inspection"),
        "officer": token("handling_office", subject="officer-17"),
        "committee": token("adjudication_committee", subject="member-01"),
        "auditor": token("external_auditor", subject="auditor-09"),
        "person": token("applicant_person", subject=f"person-{applicant}", party=applicant),
        "stranger": token("applicant_person", subject="person-x", party=new_id()),
        "elsewhere": token("inspection_team", "handling_office", subject="officer-90", jurisdiction=ELSEWHERE),
        "cadre": token("subject", subject=f"person-{names['cadre']}", party=names["cadre"]),
        "officer_elsewhere": token("handling_office", subject="officer-91", jurisdiction="330302"),
        "auditor_and_officer": token("external_auditor", "handling_office", subject="auditor-10"),
        "controller": token("auditor", subject="auditor-11"),
        "head": token("dic_head", subject="head-01"),
        "archivist": token("archivist", subject="archivist-02"),
        "sysadmin_and_party": token("sysadmin", "applicant_person", subject="admin-01"),
        "other_team": token("inspection_team", subject="inspector-77", organisation="331123-other-team"),
        "inspector_as_applicant": token("applicant_person", subject="inspector-05"),
        "expired": token("handling_office", subject="officer-17", minutes=-5),
        "forged": token("handling_office", subject="officer-17")[:-8] + "AAAAAAAA",
        "garbage": "not.a.token",
    }
