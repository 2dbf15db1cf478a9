"""Read models: fed from the log in order, effect and checkpoint in one transaction, rebuilt beside the old tables."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.eventstore.generations import (
    Generation,
    NotBuilt,
    ReadModel,
    ensure,
    exchange,
    move,
    note_error,
    serving,
    statuses,
)
from shared.eventstore.log import EventLog
from shared.eventstore.wake import Wake

__all__ = ["NotBuilt", "ReadModel", "ReadModelRunner", "last_awaited", "position_of", "reading", "statuses", "wait_for"]

logger = logging.getLogger(__name__)

PAGE = 500
SHORTEST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 0.5
FIRST_LOOK_S = 0.01
LOOK_S = 10.0  # for generations that others have begun; sooner when there is nothing else to do
FIRST_RETRY_S = 0.5
LAST_RETRY_S = 60.0


@asynccontextmanager
async def reading(engine: AsyncEngine, model: ReadModel) -> AsyncIterator[AsyncConnection]:
    """Open a connection on which the tables of `model` are those that serve now; raises NotBuilt."""
    async with engine.connect() as connection:
        generation = await serving(connection, model)
        yield await connection.execution_options(schema_translate_map=generation.tables)


async def position_of(engine: AsyncEngine, model: ReadModel) -> int:
    """Return the position up to which `reading` shows the log; 0 before the model is built."""
    async with engine.connect() as connection:
        return await _shown(connection, model)


async def _shown(connection: AsyncConnection, model: ReadModel) -> int:
    with suppress(NotBuilt):
        return (await serving(connection, model)).position
    return 0


_AWAITED = text("SELECT coalesce(max(position), 0) FROM log.events WHERE type = ANY(:types) AND position > :shown")


async def last_awaited(engine: AsyncEngine, model: ReadModel) -> int:
    """Return the position of the last event of the types `model.awaited` that `reading` does not show yet, or 0."""
    if not model.awaited:
        return 0
    types = [event.__name__ for event in model.awaited]
    async with engine.connect() as connection:
        found = await connection.execute(_AWAITED, {"types": types, "shown": await _shown(connection, model)})
        return int(found.scalar_one())


async def wait_for(
    engine: AsyncEngine, model: ReadModel, position: int, timeout_s: float, wake: Wake | None = None
) -> bool:
    """Wait until `reading` shows everything up to `position`; False when it does not within `timeout_s` seconds."""
    views = (wake or Wake()).views
    with suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            pause = FIRST_LOOK_S
            while True:
                seen = views.count
                if await position_of(engine, model) >= position:
                    return True
                await views.pause(seen, pause)
                pause = min(1.5 * pause, LONGEST_PAUSE_S)
    return False


class ReadModelRunner:
    """Feeds the read models of one service. Several runners of a service do no harm: each page is written once."""

    def __init__(
        self, engine: AsyncEngine, log: EventLog, models: Sequence[ReadModel], wake: Wake | None = None
    ) -> None:
        self._engine = engine
        self._log = log
        self._wake = wake or Wake()
        self._models = {model.name: model for model in models}
        self._failures: dict[str, tuple[int, float]] = {}
        self._outages: dict[str, str] = {}
        self._known: dict[str, tuple[float, list[Generation]]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Follow the log until `stop` is set: when it is told that it has grown, and every 100 to 500 ms unasked."""
        pause = SHORTEST_PAUSE_S
        while not stop.is_set():
            seen = self._wake.log.count
            if await self._pass():
                self._wake.shown()
                pause = SHORTEST_PAUSE_S
            else:
                await self._wake.log.pause(seen, pause, stop)
                pause = min(2 * pause, LONGEST_PAUSE_S)
                if self._wake.log.count == seen:
                    self._known.clear()

    async def catch_up(self) -> None:
        """Feed every model up to the end of the log, except those that fail (see `statuses`)."""
        self._failures.clear()
        self._known.clear()
        while await self._pass():
            pass

    async def rebuild(self, name: str) -> None:
        """Begin another generation of the model beside the one that serves; `run` or `catch_up` brings it into use."""
        await ensure(self._engine, self._models[name], anew=True)
        self._known.clear()

    async def _pass(self) -> bool:
        """Feed each model one page; tell whether there may be more."""
        moved = False
        for model in self._models.values():
            try:
                for generation in await self._generations(model):
                    moved |= await self._feed_or_note(model, generation)
                self._outages.pop(model.name, None)
            except Exception as error:
                code = type(error).__name__
                if self._outages.get(model.name) != code:  # told once, not at every look
                    logger.error("read model %s cannot go on: %s", model.name, code)
                self._outages[model.name] = code
        return moved

    async def _generations(self, model: ReadModel) -> list[Generation]:
        """Return what is fed, as our own last move left it; now and then as others may have."""
        now = asyncio.get_running_loop().time()
        looked_at, known = self._known.pop(model.name, (float("-inf"), []))
        if now - looked_at >= LOOK_S:
            looked_at, known = now, await ensure(self._engine, model)
        if all(generation.state == "active" and generation.error is None for generation in known):
            self._known[model.name] = looked_at, known
        return known

    async def _feed_or_note(self, model: ReadModel, generation: Generation) -> bool:
        """Feed one generation; a failure stops only this one, is written down, and is tried again later."""
        attempts, retry_at = self._failures.get(generation.schema, (0, 0.0))
        now = asyncio.get_running_loop().time()
        if now < retry_at:
            return False
        try:
            moved = await self._feed(model, generation, 1 if attempts or generation.error else PAGE)
        except Exception as error:
            self._known.pop(model.name, None)
            code = type(error).__name__  # its text may hold values
            logger.error("read model %s stands still at %d: %s", generation.schema, generation.position, code)
            pause = min(FIRST_RETRY_S * 2**attempts, LAST_RETRY_S)
            self._failures[generation.schema] = attempts + 1, now + pause
            await note_error(self._engine, generation, code)
            return False
        self._failures.pop(generation.schema, None)
        return moved

    async def _feed(self, model: ReadModel, generation: Generation, limit: int) -> bool:
        """Write the effects of the next page and its checkpoint; a page that somebody else has written is left."""
        page = await self._log.read_page(after=generation.position, limit=limit)
        if page:
            engine = self._engine.execution_options(schema_translate_map=generation.tables)
            async with engine.begin() as connection:
                if not await move(connection, generation, page[-1].position):
                    self._known.pop(model.name, None)
                    return True
                for recorded in page:
                    if recorded.type in model.codec.types:
                        event = model.codec.decode(recorded.type, recorded.schema_version, recorded.payload)
                        await model.project(connection, event, recorded)
                        if model.rows is not None:
                            await model.rows.keep(connection, recorded)
            self._moved(model, generation, page[-1].position)
        if generation.state == "building" and len(page) < limit:
            return await exchange(self._engine, generation) or bool(page)
        return bool(page)

    def _moved(self, model: ReadModel, generation: Generation, position: int) -> None:
        looked_at, known = self._known.get(model.name, (float("-inf"), []))
        new = [replace(old, position=position) if old == generation else old for old in known]
        self._known[model.name] = looked_at, new
