"""The worker of archive: what it consumes and which read models it keeps."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.archive.adapters import sequence
from services.archive.application.destruction import Destruction
from services.archive.consumers import adjudication
from services.archive.consumers import archive as own
from services.archive.projections import dossier_list, erasure_list
from shared.contracts.adjudication import FedBack, ToleranceConcluded
from shared.contracts.archive import SubjectErased
from shared.database.databases import SERVICES
from shared.hosting.installation import Installation
from shared.hosting.opened import open_service
from shared.hosting.worker import Worker, open_worker
from shared.messaging.consumer import Consumer, Sink

MODELS = (dossier_list.MODEL, erasure_list.MODEL)
RECEIVES = {"adjudication": (ToleranceConcluded, FedBack), "archive": (SubjectErased,)}
COLLECTION = Sink("archive.collection", SERVICES, sequence.collect)


@asynccontextmanager
async def worker(installation: Installation) -> AsyncIterator[Worker]:
    """Open the worker; `async with worker(…) as w: await w.run(stop)`."""
    async with open_service(installation, "archive") as opened:
        destruction = Destruction(opened.store, opened.edge.keyring, installation.erasures)
        consumers: list[Consumer | Sink] = [
            adjudication.consumer(opened.store, installation.rulebook),
            own.consumer(destruction),
            COLLECTION,
        ]
        async with open_worker(opened, consumers, MODELS) as running:
            yield running
