"""What we are compared with: the same bodies, checked by the same models, and one INSERT; nothing else.

No caller is asked who he is, nothing is sealed, nothing is decided, a repetition is stored again. `python -m
bench.http.bare PORT`, with the DSN in BARE_DSN.
"""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from services.adjudication.application.requests import Investigation, Record
from services.intake.application.requests import PartyRegistration
from shared.eventstore.store import CONNECTIONS
from shared.kernel.ids import new_id

TABLE = "CREATE TABLE bare (id uuid PRIMARY KEY, body bytea NOT NULL)"
_INSERT = "INSERT INTO bare (id, body) VALUES ($1, $2)"


class Stored(BaseModel):
    """What a client is told."""

    id: UUID


def application(dsn: str) -> FastAPI:
    """Return the application; it holds as many connections as a service of ours reads its log with."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with asyncpg.create_pool(dsn, min_size=1, max_size=CONNECTIONS) as pool:
            app.state.pool = pool
            yield

    app = FastAPI(lifespan=lifespan)

    async def insert(body: BaseModel) -> Stored:
        stored = Stored(id=new_id())
        await app.state.pool.execute(_INSERT, stored.id, body.model_dump_json().encode())
        return stored

    @app.post("/parties", status_code=201)
    async def parties(body: PartyRegistration) -> Stored:
        return await insert(body)

    @app.post("/tolerance-cases/{case_id}/investigation")
    async def investigation(case_id: UUID, body: Investigation) -> Stored:  # noqa: ARG001 - the path has it
        return await insert(body)

    @app.post("/tolerance-cases/{case_id}/investigation-records")
    async def record(case_id: UUID, body: Record) -> Stored:  # noqa: ARG001 - the path has it
        return await insert(body)

    return app


if __name__ == "__main__":
    uvicorn.run(
        application(os.environ["BARE_DSN"]),  # noqa: TID251 - no setting of ours
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
    )
