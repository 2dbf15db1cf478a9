"""Faults at random: parts are killed, frozen and cut off, in rounds, so that in time every part meets every fault."""

import asyncio
import itertools
import random  # noqa: TID251 - a test's
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field

import asyncpg

from shared.database.databases import SERVICES
from shared.messaging.reader import open_reader
from shared.messaging.topics import topic_name
from tests.faults import dying
from tests.faults.servers import Server
from tests.faults.site import PATIENCE_S, Site, until
from tests.story.evidence import fetch

PARTS = ("api", "worker", "relay", "postgres", "broker")
DOWN_S = (0.0, 2.0)
SHORT_S, LONG_S = (1.0, 4.0), (12.0, 16.0)
"""How long something stands still: shorter and longer than a lease or a member's session (10 s)."""
REACHES_S = 30.0
AT_ONCE = 4
Strike = Callable[[], Coroutine[None, None, None]]
_RELAY = "SELECT r.epoch, r.position, h.position FROM log.relay AS r, log.head AS h"


@dataclass
class Damage:
    """What was done, by part or place, and how long each part took from its death until it served again, in s."""

    kills: Counter[str] = field(default_factory=Counter)
    freezes: Counter[str] = field(default_factory=Counter)
    cuts: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    recoveries: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    unrecovered: list[str] = field(default_factory=list)


class Storm:
    """Strikes a site; every strike ends with the part as it was."""

    def __init__(self, site: Site, chance: random.Random) -> None:
        self.site = site
        self.damage = Damage()
        self._servers = {"postgres": site.postgres, "broker": site.kafka}
        self._chance = chance
        self._struck: set[str] = set()

    async def rage(self, seconds: float, pause_s: float) -> None:
        """Strike every `pause_s` or so for `seconds` and a round at least; waits for the last strike's end."""
        end, places = time.monotonic() + seconds, asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for number in itertools.count():
                for strike in self._round():
                    if number and time.monotonic() >= end:
                        return
                    await places.acquire()
                    group.create_task(self._until_whole(strike, places))
                    await asyncio.sleep(pause_s * (0.5 + self._chance.random()))

    async def _until_whole(self, strike: Strike, places: asyncio.Semaphore) -> None:
        try:
            await strike()
        except TimeoutError:
            self.damage.unrecovered.append(f"{sorted(self._struck)} did not come back within {PATIENCE_S:.0f} s")
        finally:
            places.release()

    def _round(self) -> list[Strike]:
        """Return one strike of each kind, in any order."""
        strikes: list[Strike] = [
            lambda: self.kill_process("api"),
            lambda: self.kill_process("worker"),
            self.kill_relay,
            lambda: self.kill_server(self.site.postgres),
            lambda: self.kill_server(self.site.kafka),
            self.die_in_api,
            self.die_in_consumer,
            self.freeze_relay,
            lambda: self.freeze(SHORT_S),
            lambda: self.freeze(LONG_S),
            lambda: self.cut("postgres"),
            lambda: self.cut("kafka"),
            lambda: self.cut(self._chance.choice(self.site.names("api"))),
        ]
        self._chance.shuffle(strikes)
        return strikes

    async def kill_process(self, role: str) -> None:
        """Kill an API process or a worker (now and then the witness), and start it again."""
        names = self.site.names(role) + (self.site.names("witness") if role == "worker" else [])
        name = await self._take(names)
        begun = await self._down(name)
        await self._back(role, name, begun)

    async def kill_server(self, server: Server) -> None:
        """Kill PostgreSQL or the broker with all its processes, and start it again."""
        part = "broker" if server is self.site.kafka else "postgres"
        await self._take([part])
        begun = time.monotonic()
        await server.kill()
        self.damage.kills[part] += 1
        await asyncio.sleep(self._chance.uniform(*DOWN_S))
        await server.start()
        await (self._broker_answers() if part == "broker" else self.site.value("intake", "SELECT 1"))
        self.damage.recoveries[part].append(time.monotonic() - begun)
        self._struck.discard(part)

    async def kill_relay(self) -> None:
        """Let the relay of a log die at a point of its own, or wherever it then is."""
        service = self._chance.choice(SERVICES)
        names = self.site.names("worker", service)
        for name in names:
            await self._take([name])
        for name in names:  # whoever is left would hold the lease
            await self._down(name)
        await self._died_at("relay", names[0], self._chance.choice(dying.RELAY))
        died_at = time.monotonic()
        epoch, _, head = await self._relay(service)
        for name in names:
            self.site.start(name)

        async def publishes() -> bool:
            now, published, _ = await self._relay(service)
            return now > epoch and published >= head

        await until(publishes)
        self.damage.recoveries["relay"].append(time.monotonic() - died_at)
        self._struck -= set(names)

    async def die_in_api(self) -> None:
        """Let an API process die between commit and answer."""
        await self._die("api", self._chance.choice(dying.API))

    async def die_in_consumer(self) -> None:
        """Let a worker die before or after an effect."""
        await self._die("worker", self._chance.choice(dying.CONSUMER))

    async def freeze(self, seconds: tuple[float, float]) -> None:
        """Let a part stand still for a while, and then go on as if nothing had been."""
        kind = self._chance.choice(["api", "worker", "postgres", "broker"])
        name = await self._take([kind] if kind in self._servers else self.site.names(kind))
        self.damage.freezes[f"{kind}, {'long' if seconds == LONG_S else 'short'}"] += 1
        server = self._servers.get(name)
        if server:
            server.freeze()
        else:
            self.site.freeze(name)
        await asyncio.sleep(self._chance.uniform(*seconds))
        if server:
            server.thaw()
        else:
            self.site.thaw(name)
        self._struck.discard(name)

    async def freeze_relay(self) -> None:
        """Let a relay stand still between acknowledgement and checkpoint until another has its place, and go on."""
        service = self._chance.choice([name for name in SERVICES if len(self.site.names("worker", name)) > 1] or [""])
        if not service:
            return
        names = self.site.names("worker", service)
        for name in names:
            await self._take([name])
        for name in names:
            await self._down(name)
        frozen, other = names[:2]
        self.site.start(frozen, dying.__name__, "acknowledged:stop")
        stopped = await self.site.stopped(frozen, REACHES_S)
        epoch, _, head = await self._relay(service)
        self.site.start(other)
        if stopped:

            async def replaced() -> bool:
                now, published, _ = await self._relay(service)
                return now > epoch and published >= head

            await until(replaced)
            self.site.thaw(frozen)
            self.damage.freezes["relay, until replaced"] += 1
            await asyncio.sleep(self._chance.uniform(*SHORT_S))
        self.site.kill(frozen)
        self.site.start(frozen)
        for name in names:
            await self.site.ready(name)
        self._struck -= set(names)

    async def cut(self, place: str) -> None:
        """Slow, hold, reset, refuse, or lose a request or an answer, on the way to `place`."""
        await self._take([f"to {place}"])
        proxy = self.site.proxies[place]
        fault = self._chance.choice(["slow", "hang", "reset", "down", "before-request", "before-answer"])
        self.damage.cuts[f"{fault} to {place if place in {'postgres', 'kafka'} else 'api'}"] += 1
        match fault:
            case "slow":
                proxy.slow(self._chance.uniform(0.02, 0.3))
            case "hang":
                proxy.hang()
            case "reset":
                proxy.reset()
            case "down":
                proxy.down()
            case "before-request" | "before-answer":
                proxy.cut(fault)
        await asyncio.sleep(self._chance.uniform(*SHORT_S))
        proxy.heal()
        self._struck.discard(f"to {place}")

    async def _die(self, role: str, point: dying.Point) -> None:
        name = await self._take(self.site.names(role))
        await self._down(name)
        await self._died_at(role, name, point)
        await self._back(role, name, time.monotonic())

    async def _down(self, name: str) -> float:
        """Kill a process, leave it down for a moment, and return when it died."""
        self.site.kill(name)
        begun = time.monotonic()
        self.damage.kills["api" if ".api." in name else "worker"] += 1
        await asyncio.sleep(self._chance.uniform(*DOWN_S))
        return begun

    async def _died_at(self, part: str, name: str, point: dying.Point) -> None:
        """Start a process that dies at `point`; when it does not come there in time it is killed."""
        self.site.unwatched.add(name)
        self.site.start(name, dying.__name__, point)
        if await self.site.died(name, REACHES_S) and self.site.processes.running[name].returncode == -9:
            self.damage.points[f"{part}: {point}"] += 1
        self.site.kill(name)
        self.site.unwatched.discard(name)
        self.damage.kills[part] += 1

    async def _back(self, role: str, name: str, begun: float) -> None:
        self.site.start(name)
        await self.site.ready(name)
        self.damage.recoveries[role].append(time.monotonic() - begun)
        self._struck.discard(name)

    async def _take(self, names: Sequence[str]) -> str:
        """Wait until one of these is whole, and count it as struck."""
        while not (free := [name for name in names if name not in self._struck]):
            await asyncio.sleep(0.1)
        name = self._chance.choice(free)
        self._struck.add(name)
        return name

    async def _relay(self, service: str) -> tuple[int, int, int]:
        while True:
            try:
                ((epoch, published, head),) = await fetch(self.site.databases, service, _RELAY)
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.2)
            else:
                return epoch, published, head

    async def _broker_answers(self) -> None:
        async with open_reader(self.site.bus) as reader:
            await reader.ends(topic_name(self.site.bus.topic_prefix, SERVICES[0]))
