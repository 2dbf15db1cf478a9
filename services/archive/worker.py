"""The worker of archive: what it consumes and which read models it keeps; and an erasure carried out by hand."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

from services.archive.adapters import sequence
from services.archive.adapters.links import CollectedLinks
from services.archive.application.destruction import Destruction
from services.archive.application.erasure import Gate
from services.archive.consumers import adjudication
from services.archive.consumers import archive as own
from services.archive.domain.dossier import decisions as dossier
from services.archive.domain.erasure.decisions import DECIDER, Erasure
from services.archive.domain.legal_hold import decisions as legal_hold
from services.archive.projections import dossier_list, erasure_list
from shared.contracts.adjudication import FedBack, HandlingRecorded, ToleranceConcluded
from shared.contracts.archive import SubjectErased
from shared.database.databases import SERVICES
from shared.eventstore.transact import Cause, transact
from shared.hosting.installation import Installation
from shared.hosting.opened import open_service
from shared.hosting.worker import Worker, open_worker
from shared.kernel.errors import Rejected
from shared.kernel.events import Event
from shared.messaging.consumer import Consumer, Sink

MODELS = (dossier_list.MODEL, erasure_list.MODEL)
RECEIVES: Mapping[str, Sequence[type[Event]]] = {
    "adjudication": (ToleranceConcluded, FedBack, HandlingRecorded),
    "archive": (SubjectErased,),
}
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


async def erase(installation: Installation, erasure_id: UUID, cause: Cause) -> Erasure:
    """Carry out an approved erasure from beginning to end, for an operator; one that was cut off is finished.

    Nothing is skipped: without two approvals, while the retention runs or against a hold it raises Rejected.
    """
    async with open_service(installation, "archive") as opened:
        store, stream = opened.store, DECIDER.stream(erasure_id)
        gate = Gate(store, dossier.DECIDER, legal_hold.DECIDER, CollectedLinks(store.log.pool), installation.clock)
        erasure = (await store.load(DECIDER, erasure_id)).state
        if erasure.requested is None:
            raise Rejected("erasure-unknown", "没有这项清除申请。")
        # An operator acts everywhere; that the registration is where the asker acts was judged when he asked.
        execution = await gate.execution(erasure.requested, within=bool)
        if DECIDER.decide(execution, erasure, rules=None):
            cleared = await gate.cleared(erasure.requested, cause, dry_run=False)
            await transact(store, DECIDER, erasure_id, replace(execution, cleared=cleared), rules=None, cause=cause)
        stored = next(each for each in await store.log.read_stream(stream) if each.type == SubjectErased.__name__)
        erased = SubjectErased.model_validate_json(stored.payload)
        await Destruction(store, opened.edge.keyring, installation.erasures).carry_out(erased, stored, cause)
        return (await store.load(DECIDER, erasure_id)).state
