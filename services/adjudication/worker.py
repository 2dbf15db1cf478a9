"""The worker of adjudication: what it consumes and which read models it keeps."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.adjudication.consumers import intake
from services.adjudication.projections import case_list
from shared.contracts.intake import SubmissionAccepted
from shared.hosting.installation import Installation
from shared.hosting.opened import open_service
from shared.hosting.worker import Worker, open_worker

MODELS = (case_list.MODEL,)
RECEIVES = {"intake": (SubmissionAccepted,)}


@asynccontextmanager
async def worker(installation: Installation) -> AsyncIterator[Worker]:
    """Open the worker; `async with worker(…) as w: await w.run(stop)`."""
    async with open_service(installation, "adjudication") as opened:
        consumers = [intake.consumer(opened.store, installation.rulebook)]
        async with open_worker(opened, consumers, MODELS) as running:
            yield running
