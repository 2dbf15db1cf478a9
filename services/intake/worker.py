"""The worker of intake: what it consumes and which read models it keeps."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from services.intake.adapters import draft_table, withdrawals
from services.intake.consumers import adjudication
from services.intake.projections import report_list, submission_list, unmasking_list, withdrawal_list
from shared.contracts.adjudication import HandlingRecorded, ToleranceInitiated
from shared.contracts.archive import SubjectErased
from shared.hosting.installation import Installation
from shared.hosting.opened import open_service
from shared.hosting.worker import Worker, open_worker
from shared.kernel.events import Event
from shared.messaging.consumer import Consumer, Sink

MODELS = (submission_list.MODEL, withdrawal_list.MODEL, report_list.MODEL, unmasking_list.MODEL)
RECEIVES: Mapping[str, Sequence[type[Event]]] = {
    "adjudication": (ToleranceInitiated, HandlingRecorded),
    "archive": (SubjectErased,),
}
PURGE = Sink("intake.archive", ("archive",), draft_table.purge)


@asynccontextmanager
async def worker(installation: Installation) -> AsyncIterator[Worker]:
    """Open the worker; `async with worker(…) as w: await w.run(stop)`."""
    async with open_service(installation, "intake") as opened:
        consumers: list[Consumer | Sink] = [adjudication.consumer(opened.store, installation.rulebook), PURGE]
        async with open_worker(opened, consumers, MODELS) as running:
            enforcing = withdrawals.enforcing(opened.engine, opened.standing)
            yield replace(running, parts=[*running.parts, enforcing])
