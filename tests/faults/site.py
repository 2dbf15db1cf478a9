"""One installation whose every part may fail: servers, proxies before them, the four services as many processes."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import psutil  # type: ignore[import-untyped]

from rongcuo.embedded.data import DataDirectory
from shared.authz.development import DevelopmentIssuer
from shared.database.databases import SERVICES, Databases
from shared.messaging.kafka_settings import KafkaSettings
from tests.faults import witness
from tests.faults.servers import Server, kept_port
from tests.story.evidence import fetch
from tests.story.processes import HOST, Processes, clean_environment, run_program
from tests.support.proxy import HTTP, Proxy, listening

PATIENCE_S = 240.0
WATCH_S = 0.5
COMMIT_US = 25_000
SMALL = {"intake": (1, 1), "adjudication": (1, 1), "archive": (1, 1), "notification": (1, 1)}
"""How many API processes and workers each service has."""
LARGE = SMALL | {"intake": (2, 2), "adjudication": (2, 2)}
Shape = Mapping[str, tuple[int, int]]


@dataclass
class Site:
    """`proxies` by what stands behind them: postgres, kafka, and each API process by its name."""

    place: Path
    postgres: Server
    kafka: Server
    proxies: dict[str, Proxy]
    databases: Databases
    bus: KafkaSettings
    processes: Processes
    shape: Shape
    addresses: dict[str, list[str]] = field(default_factory=dict)
    ended: dict[str, int] = field(default_factory=dict)
    unwatched: set[str] = field(default_factory=set)

    @property
    def issuer(self) -> DevelopmentIssuer:
        """Who makes tokens."""
        return DevelopmentIssuer(DataDirectory(self.place / "data").secrets)

    def names(self, role: str, service: str = "") -> list[str]:
        """Return the processes with a role: api, worker or witness."""
        return [name for name in self.processes.started if f".{role}." in name and name.startswith(service)]

    def program_of(self, name: str) -> tuple[str, ...]:
        """Return which program a process runs in good days."""
        return (witness.__name__,) if ".witness." in name else ()

    def start(self, name: str, *instead: str) -> None:
        """Start a process, or another program in its place."""
        self.processes.again(name, *(instead or self.program_of(name)))

    def kill(self, name: str) -> None:
        """Kill a process if it runs."""
        if name in self.processes.running:
            self.processes.kill(name)

    def kill_all(self) -> None:
        """Kill every process."""
        for name in list(self.processes.running):
            self.kill(name)

    def freeze(self, name: str) -> None:
        """Let a process not go on."""
        self.processes.running[name].send_signal(signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """Let it go on."""
        if name in self.processes.running:
            self.processes.running[name].send_signal(signal.SIGCONT)

    async def died(self, name: str, seconds: float) -> bool:
        """Wait for a process to end by itself; False when it does not in time."""
        process = self.processes.running[name]
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while process.poll() is None:
                    await asyncio.sleep(0.02)
                return True
        return False

    async def stopped(self, name: str, seconds: float) -> bool:
        """Wait for a process to stop itself; False when it does not in time."""
        process = psutil.Process(self.processes.running[name].pid)
        with suppress(TimeoutError, psutil.NoSuchProcess):
            async with asyncio.timeout(seconds):
                while process.status() != psutil.STATUS_STOPPED:
                    await asyncio.sleep(0.05)
                return True
        return False

    async def ready(self, name: str) -> None:
        """Wait until a process says that it is ready."""
        async with httpx.AsyncClient(trust_env=False, timeout=2) as http:

            async def answers() -> bool:
                with suppress(httpx.HTTPError):
                    return (await http.get(f"{self.processes.address(name)}/readyz")).status_code == 200
                return False

            await until(answers)

    async def all_ready(self) -> None:
        """Wait until every process is ready."""
        for name in self.processes.started:
            await self.ready(name)

    async def value(self, database: str, query: str) -> object:
        """Return one value, asked past every proxy."""
        ((found,),) = await fetch(self.databases, database, query)
        return found

    async def rongcuo(self, *arguments: str) -> str:
        """Run a command of the operator; returns what it printed, both streams."""
        ran = await asyncio.to_thread(run_program, *arguments, environment=self.processes.environment)
        return ran.stdout + ran.stderr

    def heal(self) -> None:
        """Let all traffic pass."""
        for proxy in self.proxies.values():
            proxy.heal()

    async def watch(self) -> None:
        """Start again whatever ends by itself, as an orchestrator does, and count it."""
        while True:
            for name, process in list(self.processes.running.items()):
                if process.poll() is not None and name not in self.unwatched:
                    self.ended[name] = self.ended.get(name, 0) + 1
                    self.start(name)
            await asyncio.sleep(WATCH_S)


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = PATIENCE_S, every: float = 0.1) -> None:
    """Wait until something holds; raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(every)


@asynccontextmanager
async def opened(place: Path, shape: Shape) -> AsyncIterator[Site]:
    """Start a site in the empty directory `place`, with everything ready; at the end nothing is left running."""
    postgres, kafka = Server("postgres", place / "pg"), Server("kafka", place / "broker")
    async with AsyncExitStack() as stack:
        proxies = {"postgres": Proxy(HOST, postgres.port), "kafka": Proxy(HOST, kafka.port)}
        ports = {name: (await stack.enter_async_context(listening(proxy)))[1] for name, proxy in proxies.items()}
        kafka.advertised_port = ports["kafka"]
        for server in (postgres, kafka):
            server.place.mkdir()
            server.place.chmod(0o711)
            stack.push_async_callback(server.stop)
        await asyncio.gather(postgres.start(), kafka.start())
        site = _site(place, postgres, kafka, proxies, ports, shape)
        stack.callback(site.kill_all)
        await _slow_disk(postgres)
        for step in ("migrate", "topics"):
            said = await site.rongcuo(step)
            assert said == f"{step}: ok\n", said
        await _start(site, stack)
        watching = asyncio.create_task(site.watch())
        stack.callback(watching.cancel)
        await site.all_ready()
        yield site
        site.heal()


async def _slow_disk(postgres: Server) -> None:
    """Let every commit take as long as on a disk, wherever the data lie: what runs at the same time has to meet."""
    admin = await asyncpg.connect(postgres.dsn)
    for setting in (f"commit_delay = {COMMIT_US}", "commit_siblings = 0"):
        await admin.execute(f"ALTER SYSTEM SET {setting}")
    await admin.execute("SELECT pg_reload_conf()")
    await admin.close()


def _site(
    place: Path, postgres: Server, kafka: Server, proxies: dict[str, Proxy], ports: dict[str, int], shape: Shape
) -> Site:
    parts = urlsplit(postgres.dsn)
    dsn = urlunsplit((parts.scheme, f"{parts.netloc.rpartition(':')[0]}:{ports['postgres']}", parts.path, "", ""))
    bootstrap = f"{HOST}:{ports['kafka']}"
    settings = {"DATA": str(place / "data"), "DSN": dsn, "KAFKA": bootstrap, "SANDBOX": "1", "LOG_LEVEL": "warning"}
    (place / "logs").mkdir()
    environment = clean_environment(**{f"RONGCUO_{name}": text for name, text in settings.items()})
    data = DataDirectory(place / "data")
    with data:
        databases = Databases(postgres.dsn, data.role_secret())
    processes = Processes(environment, place / "logs")
    return Site(place, postgres, kafka, proxies, databases, KafkaSettings(bootstrap), processes, shape)


async def _start(site: Site, stack: AsyncExitStack) -> None:
    for service in SERVICES:
        for role, count in zip(("api", "worker"), site.shape[service], strict=True):
            for number in range(1, count + 1):
                site.processes.start(f"{service}.{role}.{number}", "serve", service, "--role", role, port=kept_port())
    await witness.prepare(site.databases)
    site.processes.start("archive.witness.1", port=kept_port(), instead=[witness.__name__])
    for name in site.names("api"):
        port = site.processes.started[name][1]
        proxy, front = await stack.enter_async_context(listening(Proxy(HOST, port, HTTP)))
        site.proxies[name] = proxy
        site.addresses.setdefault(name.split(".")[0], []).append(f"http://{HOST}:{front}")
