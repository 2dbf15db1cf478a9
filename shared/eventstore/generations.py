"""The generations of a read model: tables of one build in a schema of their own, and the checkpoint beside them.

One generation is `active`; one that is `building` grows beside it; when it has caught up the two are exchanged in one
transaction and the old one is kept as `previous`. Nothing older is kept.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.eventstore.row_versions import RowVersions
from shared.kernel.events import Codec, Event
from shared.kernel.recorded import Recorded

State = Literal["building", "active", "previous"]


@dataclass(frozen=True)
class ReadModel:
    """Tables (all in the schema `view`) and how one event changes them; raise `version` to have them built anew.

    Events of types that `codec` does not know are skipped. `project` has no effects but rows on the connection it is
    given: it runs again after a crash and in every rebuild. Of a list that clients may keep a copy of, `rows` keeps
    every version. A reader who asks what the model permits has to see every event of the types `awaited`.
    """

    name: str
    version: int
    metadata: MetaData
    codec: Codec
    project: Callable[[AsyncConnection, Event, Recorded], Awaitable[None]]
    rows: RowVersions | None = None
    awaited: tuple[type[Event], ...] = ()


@dataclass(frozen=True)
class Generation:
    """One build of a read model: it holds the effects of all events up to `position`. `error`: why it stands still."""

    name: str
    generation: int
    model_version: int
    state: State
    position: int
    error: str | None

    @property
    def schema(self) -> str:
        """The schema in which the tables stand."""
        return f"view_{self.name}_{self.generation}"

    @property
    def tables(self) -> dict[str, str | None]:
        """The `schema_translate_map` under which the model's tables are those of this generation."""
        return {"view": self.schema}


class NotBuilt(Exception):
    """The read model has no generation yet: no runner has started with it."""


_ALL = "SELECT name, generation, model_version, state, position, error FROM log.read_models"


async def statuses(engine: AsyncEngine) -> list[Generation]:
    """Return every generation of every read model, with its position and the code of the error that stops it."""
    async with engine.connect() as connection:
        rows = await connection.execute(text(f"{_ALL} ORDER BY name, generation"))
        return [Generation(*row) for row in rows]


async def generations_of(connection: AsyncConnection, name: str) -> list[Generation]:
    """Return the generations of one read model, the oldest first."""
    rows = await connection.execute(text(f"{_ALL} WHERE name = :name ORDER BY generation"), {"name": name})
    return [Generation(*row) for row in rows]


async def serving(connection: AsyncConnection, model: ReadModel) -> Generation:
    """Return the generation to read: the active one, unless the one before it is of the version that is asked for.

    So a process of the release before goes on reading tables that it knows while the next release takes over. Raises
    NotBuilt when there is none.
    """
    known = [found for found in await generations_of(connection, model.name) if found.state != "building"]
    if not known:
        raise NotBuilt(model.name)
    return max(known, key=lambda found: (found.model_version == model.version, found.state == "active"))


async def ensure(engine: AsyncEngine, model: ReadModel, *, anew: bool = False) -> list[Generation]:
    """Return the generations that `model` feeds; the first, a newer version's, or with `anew` another one is begun."""
    async with engine.begin() as connection:
        known = await generations_of(connection, model.name)
        if not _is_begun(known, model, anew):
            known = await _locked(connection, model.name)
            if not _is_begun(known, model, anew):
                known.append(await _begin(connection, model, known))
    return [found for found in known if found.model_version == model.version]


async def move(connection: AsyncConnection, generation: Generation, position: int) -> bool:
    """Move the checkpoint on, in the transaction of the effects; False when somebody else has moved it.

    The commit does not wait for the disk: what a crash takes back is written again from the log, rows and checkpoint.
    """
    moved = await connection.execute(
        text(
            "UPDATE log.read_models SET position = :new, error = NULL"
            " WHERE name = :name AND generation = :generation AND position = :old"
            " AND set_config('synchronous_commit', 'off', true) = 'off'"
        ),
        {
            "new": position,
            "name": generation.name,
            "generation": generation.generation,
            "old": generation.position,
        },
    )
    return moved.rowcount == 1


async def note_error(engine: AsyncEngine, generation: Generation, error: str) -> None:
    """Make it visible that a generation stands still; the next move clears it."""
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE log.read_models SET error = :error WHERE name = :name AND generation = :generation"),
            {"error": error, "name": generation.name, "generation": generation.generation},
        )


async def exchange(engine: AsyncEngine, building: Generation) -> bool:
    """Let a generation that has caught up serve from now on; False while it is behind the one that serves."""
    async with engine.begin() as connection:
        known = await _locked(connection, building.name)
        own = next((found for found in known if found.generation == building.generation), None)
        active = next(found for found in known if found.state == "active")
        if own is None or own.state != "building" or own.position < active.position:
            return False
        for older in known:
            if older.generation < own.generation and older != active:
                await _drop(connection, older)
        await _set_state(connection, active, "previous")
        await _set_state(connection, own, "active")
    return True


def _is_begun(known: Sequence[Generation], model: ReadModel, anew: bool) -> bool:
    """Tell whether nothing is to be begun: a release that has been overtaken never takes the model back."""
    return any(
        found.model_version > model.version
        or (found.model_version == model.version and (found.state == "building" or not anew))
        for found in known
    )


async def _locked(connection: AsyncConnection, name: str) -> list[Generation]:
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})
    await connection.execute(text("SELECT 1 FROM log.read_models WHERE name = :name FOR UPDATE"), {"name": name})
    return await generations_of(connection, name)


async def _begin(connection: AsyncConnection, model: ReadModel, known: Sequence[Generation]) -> Generation:
    number = max((found.generation for found in known), default=0) + 1
    begun = Generation(model.name, number, model.version, "building" if known else "active", 0, None)
    await connection.execute(
        text(
            "INSERT INTO log.read_models (name, generation, model_version, state)"
            " VALUES (:name, :generation, :version, :state)"
        ),
        {"name": begun.name, "generation": number, "version": model.version, "state": begun.state},
    )
    await connection.execute(text(f'CREATE SCHEMA "{begun.schema}"'))
    translated = await connection.execution_options(schema_translate_map=begun.tables)
    await translated.run_sync(model.metadata.create_all)
    return begun


async def _set_state(connection: AsyncConnection, generation: Generation, state: State) -> None:
    await connection.execute(
        text("UPDATE log.read_models SET state = :state WHERE name = :name AND generation = :generation"),
        {"state": state, "name": generation.name, "generation": generation.generation},
    )


async def _drop(connection: AsyncConnection, generation: Generation) -> None:
    await connection.execute(text(f'DROP SCHEMA IF EXISTS "{generation.schema}" CASCADE'))
    await connection.execute(
        text("DELETE FROM log.read_models WHERE name = :name AND generation = :generation"),
        {"name": generation.name, "generation": generation.generation},
    )
