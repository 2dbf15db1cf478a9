"""The worker of adjudication: what it consumes and which read models it keeps."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from services.adjudication.consumers import intake
from services.adjudication.projections import case_list
from shared.contracts.intake import SubmissionAccepted
from shared.hosting.installation import Installation
from shared.hosting.opened import open_service
from shared.hosting.worker import Worker, open_worker
from shared.kernel.events import Event

MODELS = (case_list.MODEL,)
RECEIVES: Mapping[str, Sequence[type[Event]]] = {"intake": (SubmissionAccepted,)}


@asynccontextmanager
async def worker(installation: Installation) -> AsyncIterator[Worker]:
    """Open the worker; `async with worker(…) as w: await w.run(stop)`."""
    async with open_service(installation, "adjudication") as opened:
        consumers = [intake.consumer(opened.store, installation.rulebook)]
        async with open_worker(opened, consumers, MODELS) as running:
            yield running
