"""Access that is withdrawn is refused from the next request on, by every process of every service."""

import asyncio
from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest

from services.intake.adapters.withdrawals import enforce_all
from services.intake.worker import worker
from shared.authz.development import DEVELOPMENT_ISSUER
from shared.authz.signed_requests import SYSTEMS, SignatureVerifier
from shared.authz.standing import Standing, Withdrawal
from shared.database.databases import KEYRING
from shared.database.pool import open_pool
from shared.eventstore.engine import open_engine
from shared.hosting.installation import Installation
from shared.kernel.ids import new_id
from shared.web import event_stream
from tests.authz.doors import PACKS, SYSTEM, Doors, code, process, signed


async def test_access_is_withdrawn_from_the_next_request_on_everywhere(doors: Doors) -> None:
    headers = doors.bearer("archivist", "leaver")
    paths = [f"/{service}/v1/event-types" for service in ("intake", "archive")]
    for path in paths:
        assert (await doors.other.get(path, headers=headers)).status_code == 200
    withdrawn = await doors.withdraw("leaver")
    assert (withdrawn.status_code, withdrawn.json()["state"]) == (201, "withdrawn")
    for path in paths:
        for client in (doors.http, doors.other):
            assert code(await client.get(path, headers=headers)) == (403, "access-withdrawn")
    assert (await doors.other.get(PACKS, headers=doors.bearer("archivist", "stayer"))).status_code == 200
    etag = {"If-Match": withdrawn.headers["ETag"], "Idempotency-Key": str(new_id())}
    end = await doors.http.post(
        f"{withdrawn.headers['Location']}/end", headers=doors.bearer("secadmin", "sec-1") | etag
    )
    assert (end.status_code, end.json()["state"]) == (200, "ended")
    for path in paths:
        assert (await doors.other.get(path, headers=headers)).status_code == 200


async def test_capital_letters_let_nobody_back_in(doors: Doors) -> None:
    for withdrawn, comes in (("Leaver", "leaver"), ("goer", "GOER"), ("Straße-1", "STRASSE-1"), ("Same", "Same")):
        await doors.withdraw(withdrawn)
        assert code(await doors.other.get(PACKS, headers=doors.bearer("archivist", comes))) == (403, "access-withdrawn")


async def test_each_withdrawal_of_a_person_ends_by_itself(doors: Doors) -> None:
    first, second = await doors.withdraw("leaver"), await doors.withdraw("leaver")
    secadmin, headers = doors.bearer("secadmin", "sec-1"), doors.bearer("archivist", "leaver")
    for withdrawn, expected in ((first, 403), (second, 200)):
        more = {"If-Match": withdrawn.headers["ETag"], "Idempotency-Key": str(new_id())}
        await doors.http.post(f"{withdrawn.headers['Location']}/end", headers=secadmin | more)
        assert (await doors.other.get(PACKS, headers=headers)).status_code == expected


async def test_a_systems_access_can_be_withdrawn_too(doors: Doors) -> None:
    await doors.withdraw("system:province-01", SYSTEMS)
    assert code(await doors.other.get(PACKS, headers=signed("GET", PACKS))) == (403, "access-withdrawn")


@pytest.mark.parametrize("credential", ["token", "signature"])
async def test_a_stream_that_is_open_ends_with_the_access_of_who_listens(doors: Doors, credential: str) -> None:
    auditor = replace(SYSTEM.caller, roles=frozenset({"external_auditor"}))
    signatures = SignatureVerifier({"province-01": replace(SYSTEM, caller=auditor)})
    token, path = credential == "token", "/intake/v1/events/stream"
    async with process(replace(doors.installation, signatures=signatures)) as http:
        headers = doors.bearer("external_auditor", "leaver") if token else signed("GET", path)
        stream = asyncio.create_task(http.get(path, headers=headers))
        async with asyncio.timeout(10):
            while not event_stream._open:
                await asyncio.sleep(0.01)
            await (doors.withdraw("leaver") if token else doors.withdraw(auditor.subject, SYSTEMS))
            assert (await stream).status_code == 200


async def test_whom_nobody_here_can_admit_nobody_withdraws(doors: Doors) -> None:
    for issuer in ("urn:rongcuo:developement", "https://sso.example", f"{DEVELOPMENT_ISSUER}/"):
        refused = await doors.withdraw("leaver", issuer)
        assert code(refused) == (422, "issuer-unknown")
        assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/issuer"]
    admin = await asyncpg.connect(doors.installation.databases.admin(KEYRING))
    assert await admin.fetchval("SELECT count(*) FROM access.withdrawn") == 0
    await admin.close()


async def test_only_the_security_administrator_withdraws_access(doors: Doors) -> None:
    body = {"issuer": DEVELOPMENT_ISSUER, "subject": "leaver", "reason": "left-office"}
    for role in ("sysadmin", "auditor", "dic_head", "handling_office"):
        headers = {**doors.bearer(role), "Idempotency-Key": str(new_id())}
        answer = await doors.http.post("/intake/v1/withdrawals", json=body, headers=headers)
        assert code(answer) == (403, "role-not-permitted")
    secadmin = {**doors.bearer("secadmin"), "Idempotency-Key": str(new_id())}
    wrong = await doors.http.post("/intake/v1/withdrawals", json=body | {"reason": "调离某单位"}, headers=secadmin)
    assert wrong.status_code == 422
    dry = await doors.http.post("/intake/v1/withdrawals?dry_run=true", json=body, headers=secadmin)
    assert dry.status_code == 200
    assert (await doors.other.get(PACKS, headers=doors.bearer("archivist", "leaver"))).status_code == 200


async def test_a_withdrawal_that_was_written_and_not_enforced_is_made_good(doors: Doors) -> None:
    key = str(new_id())
    withdrawn = await doors.withdraw("leaver", key=key)
    withdrawal = UUID(withdrawn.headers["Location"].rpartition("/")[2])
    headers = doors.bearer("archivist", "leaver")
    await forget(doors.installation)
    assert (await doors.other.get(PACKS, headers=headers)).status_code == 200
    assert (await doors.withdraw("leaver", key=key)).headers["Idempotent-Replayed"] == "true"
    assert (await doors.other.get(PACKS, headers=headers)).status_code == 403
    await forget(doors.installation)
    stop = asyncio.Event()
    async with worker(doors.installation) as running, asyncio.timeout(30):
        working = asyncio.create_task(running.run(stop))
        while (await doors.other.get(PACKS, headers=headers)).status_code != 403:
            await asyncio.sleep(0.05)
        stop.set()
        await working
    engine = open_engine(doors.installation.dsn("intake"))
    async with open_pool(doors.installation.dsn(KEYRING), 1) as pool:
        standing = Standing(pool)
        assert await standing.settle([Withdrawal(withdrawal, DEVELOPMENT_ISSUER, "leaver", ended=True)]) == 1
        assert await enforce_all(engine, standing) == 0
    await engine.dispose()
    assert (await doors.other.get(PACKS, headers=headers)).status_code == 200, "what has ended does not begin again"


async def test_only_what_differs_is_written(doors: Doors) -> None:
    told = [Withdrawal(new_id(), DEVELOPMENT_ISSUER, f"leaver-{number}", ended=number > 3) for number in range(6)]
    admin = await asyncpg.connect(doors.installation.databases.admin(KEYRING))
    rows = "SELECT withdrawal, issuer, subject, ended_at IS NOT NULL FROM access.withdrawn"
    async with open_pool(doors.installation.dsn(KEYRING), 1) as pool:
        standing = Standing(pool)
        assert [await standing.settle(some) for some in ([], told[:5], told, told)] == [0, 5, 1, 0]
        assert {Withdrawal(*row) for row in await admin.fetch(rows)} == set(told)
        begun = [replace(one, ended=False) for one in told]
        assert await standing.settle(begun) == 0, "what has ended does not begin again"
        ended = [replace(one, ended=True) for one in told]
        assert await standing.settle(ended) == 4
        assert {Withdrawal(*row) for row in await admin.fetch(rows)} == set(ended)
    await admin.close()


async def forget(installation: Installation) -> None:
    """Make the table what it is after a crash before its row, or after a restore of an older backup."""
    admin = await asyncpg.connect(installation.databases.admin(KEYRING))
    await admin.execute("DELETE FROM access.withdrawn")
    await admin.close()


async def test_nobody_is_admitted_when_nobody_can_say_whether_he_may(doors: Doors) -> None:
    admin = await asyncpg.connect(doors.installation.databases.admin(KEYRING))
    try:
        await admin.execute("ALTER TABLE access.withdrawn RENAME TO gone")
        answer = await doors.http.get(PACKS, headers=doors.bearer("archivist"))
        assert answer.status_code in {500, 503}
        await admin.execute("ALTER TABLE access.gone RENAME TO withdrawn")
        assert (await doors.http.get(PACKS, headers=doors.bearer("archivist"))).status_code == 200
    finally:
        await admin.close()
