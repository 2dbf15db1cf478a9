"""The worker of notification: what it consumes and which read models it keeps."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from services.notification.consumers import adjudication, intake
from services.notification.consumers.issuing import Issuer
from services.notification.projections import inbox
from shared.contracts.adjudication import FedBack
from shared.contracts.intake import SubmissionAccepted, SubmissionReturned
from shared.hosting.installation import Installation
from shared.hosting.opened import open_service
from shared.hosting.worker import Worker, open_worker
from shared.kernel.events import Event

MODELS = (inbox.MODEL,)
RECEIVES: Mapping[str, Sequence[type[Event]]] = {
    "intake": (SubmissionAccepted, SubmissionReturned),
    "adjudication": (FedBack,),
}


@asynccontextmanager
async def worker(installation: Installation) -> AsyncIterator[Worker]:
    """Open the worker; `async with worker(…) as w: await w.run(stop)`."""
    async with open_service(installation, "notification") as opened:
        issuer = Issuer(opened.store, installation.rulebook)
        consumers = [intake.consumer(issuer), adjudication.consumer(issuer)]
        async with open_worker(opened, consumers, MODELS) as running:
            yield running
