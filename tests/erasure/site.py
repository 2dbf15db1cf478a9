"""The four services on databases that can be copied and put back, with a clock that a test moves by years."""

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from rongcuo.demo.client import Desk, Json
from rongcuo.demo.story import JURISDICTION, Cast
from rongcuo.platform import application, workers
from shared.authz.development import DevelopmentIssuer
from shared.authz.tokens import TokenVerifier
from shared.database.databases import KEYRING, SERVICES, Databases
from shared.database.provision import clone, drop
from shared.hosting.installation import Installation
from shared.kernel.clock import utc_now
from shared.kernel.recorded import Recorded
from shared.kernel.representation import represent
from shared.keyring.key_service import FileKeyService
from shared.keyring.suites import SuiteName
from shared.rules.loader import load_rulebook
from shared.settings import Settings

BASE = "http://services.example"
TOKENS = b"t" * 32
_EVENTS = """
    SELECT position, stream, version, event_id, type, schema_version, payload, metadata, recorded_at
    FROM log.events ORDER BY position
"""


@dataclass
class People:
    """Who takes part, beside the cast of the stories."""

    cast: Cast
    head: Desk
    leader: Desk
    both: Desk
    """An archivist who is a leader, too."""


@dataclass
class Site:
    """One installation: its databases, the folder of its secrets and of its list of erasures, and its time."""

    databases: Databases
    place: Path
    later: timedelta = field(default_factory=timedelta)
    suite: SuiteName = "A256GCM"

    def clock(self) -> datetime:
        """Return the present of this installation."""
        return utc_now() + self.later

    def installation(self) -> Installation:
        """Return the installation as a process that starts now sees it."""
        issuer = DevelopmentIssuer(self.place)
        return Installation(
            settings=Settings(data=self.place, suite=self.suite),
            given=self.databases,
            verifier=TokenVerifier(issuer.trusted()),
            key_service=FileKeyService.at(self.place / "kek"),
            rulebook=load_rulebook(),
            secret=TOKENS,
            clock=self.clock,
        )

    @asynccontextmanager
    async def open(self, *, working: bool = True) -> AsyncIterator[People]:
        """Run the services, and with `working` their workers, until the context ends."""
        installation, issuer = self.installation(), DevelopmentIssuer(self.place)
        app = application(installation, SERVICES, [])
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url=BASE) as http:
            addresses = dict.fromkeys(SERVICES, BASE)

            def desk(*roles: str, subject: str) -> Desk:
                token = issuer.token(roles=roles, jurisdictions=(JURISDICTION,), subject=subject)
                return Desk(http, addresses, token)

            people = People(
                Cast.assemble(http, addresses, issuer.token),
                head=desk("dic_head", subject="head-01"),
                leader=desk("dic_leader", subject="leader-02"),
                both=desk("dic_leader", "archivist", subject="both-03"),
            )
            async with _working(installation, SERVICES if working else ()):
                yield people

    async def copy(self, place: Path) -> "Site":
        """Copy everything, as a backup does; nobody may be connected."""
        shutil.copytree(self.place, place, dirs_exist_ok=True)
        return Site(await clone(self.databases, f"t{secrets.token_hex(5)}"), place, self.later)

    async def drop(self) -> None:
        """Drop the databases."""
        await drop(self.databases)

    async def restore(self, backup: "Site", *names: str) -> None:
        """Put back databases from a backup; the folder with secrets and list stays as it is."""
        admin = await asyncpg.connect(self.databases.admin())
        for name in names:
            ours, theirs = self.databases.name(name), backup.databases.name(name)
            await admin.execute(f'DROP DATABASE "{ours}" WITH (FORCE)')
            await admin.execute(f'CREATE DATABASE "{ours}" TEMPLATE "{theirs}" STRATEGY wal_log')
            roles = [name] if name == KEYRING else [name, "bus"]
            for role in roles:
                await admin.execute(f'GRANT CONNECT ON DATABASE "{ours}" TO "{self.databases.role(role)}"')
            if name in SERVICES:
                await admin.execute(f'GRANT CREATE ON DATABASE "{ours}" TO "{self.databases.role(name)}"')
        await admin.close()

    async def collected(self, aggregate: str) -> int:
        """Return how many events of an aggregate the archive has taken in."""
        connection = await asyncpg.connect(self.databases.admin("archive"))
        count: int = await connection.fetchval(
            "SELECT count(*) FROM app.collected WHERE right(stream, 36) = $1", aggregate
        )
        await connection.close()
        return count

    async def logs(self) -> dict[str, list[Recorded]]:
        """Return every event of every log."""
        found = {}
        for name in SERVICES:
            connection = await asyncpg.connect(self.databases.admin(name))
            found[name] = [Recorded(name, *row) for row in await connection.fetch(_EVENTS)]
            await connection.close()
        return found


def folded(logs: dict[str, list[Recorded]]) -> dict[str, Json]:
    """Fold every stream without any key: by the published table, and by the deciders, which must agree on the state."""
    streams: dict[tuple[str, str], list[Recorded]] = {}
    for name, events in logs.items():
        for event in events:
            streams.setdefault((name, event.stream), []).append(event)
    told = {}
    for (name, stream), events in streams.items():
        decider = _deciders(name)[events[0].category]
        facts = [decider.codec.decode(event.type, event.schema_version, event.payload) for event in events]
        document = represent(facts)
        assert document["state"] == decider.fold(decider.initial, facts).state
        told[f"{name}/{stream}"] = document
    return told


def _deciders(name: str) -> dict[str, Any]:
    aggregates = import_module(f"services.{name}.domain").AGGREGATES
    return dict(aggregates)


@asynccontextmanager
async def _working(installation: Installation, names: tuple[str, ...]) -> AsyncIterator[None]:
    stop = asyncio.Event()
    async with workers(installation, names) as running, asyncio.TaskGroup() as group:
        for worker in running:
            group.create_task(worker.run(stop))
        yield
        stop.set()
