"""Keeps the table of withdrawn access as the events want it, whatever became of the process that wrote them.

A request answers only when the table is right. What is left is a process that died between event and table, and a
keyring that was restored from an older backup.
"""

import asyncio
import logging

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.intake.domain.standing.decisions import State
from services.intake.projections.withdrawal_list import MODEL, withdrawals
from shared.authz.standing import Standing, Withdrawal
from shared.eventstore.readmodels import NotBuilt, reading
from shared.hosting.worker import Part
from shared.messaging.failures import code_of
from shared.messaging.waiting import pause

EVERY_S = 10.0
logger = logging.getLogger(__name__)


async def enforce_all(engine: AsyncEngine, standing: Standing) -> int:
    """Let the table say what the events say; return of how many withdrawals it said something else."""
    async with reading(engine, MODEL) as connection:
        rows = (await connection.execute(select(withdrawals))).mappings().all()
    told = [Withdrawal(row["id"], row["issuer"], row["subject"], row["state"] == State.ENDED) for row in rows]
    return await standing.settle(told)


def enforcing(engine: AsyncEngine, standing: Standing, *, every_s: float = EVERY_S) -> Part:
    """Return the part of a worker that does so again and again."""

    async def enforce_again(stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await enforce_all(engine, standing)
            except NotBuilt:
                pass
            except Exception as error:
                logger.warning("withdrawn access was not compared with its events: %s", code_of(error))
            await pause(stop, every_s)

    return enforce_again
