"""The services by name: all that the one-process shape and the command line know of each."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from services.adjudication import main as adjudication_main
from services.adjudication import worker as adjudication_worker
from services.archive import main as archive_main
from services.archive import worker as archive_worker
from services.intake import main as intake_main
from services.intake import worker as intake_worker
from services.notification import main as notification_main
from services.notification import worker as notification_worker
from shared.eventstore.readmodels import ReadModel
from shared.hosting.installation import Installation
from shared.hosting.worker import Worker
from shared.kernel.events import Event
from shared.messaging.consumer import Sink
from shared.web.app import Service

Describe = Callable[[Installation], Service]
Open = Callable[[Installation], AbstractAsyncContextManager[Worker]]


@dataclass(frozen=True)
class Program:
    """One service: its HTTP application, its worker, the read models that it keeps, and what it takes from the bus.

    `receives` names the public events that it acts on, by the service that sends them.
    """

    describe: Describe
    worker: Open
    models: Sequence[ReadModel]
    receives: Mapping[str, Sequence[type[Event]]]
    sinks: Sequence[Sink] = ()


PROGRAMS = {
    "intake": Program(intake_main.service, intake_worker.worker, intake_worker.MODELS, intake_worker.RECEIVES),
    "adjudication": Program(
        adjudication_main.service, adjudication_worker.worker, adjudication_worker.MODELS, adjudication_worker.RECEIVES
    ),
    "archive": Program(
        archive_main.service,
        archive_worker.worker,
        archive_worker.MODELS,
        archive_worker.RECEIVES,
        (archive_worker.COLLECTION,),
    ),
    "notification": Program(
        notification_main.service, notification_worker.worker, notification_worker.MODELS, notification_worker.RECEIVES
    ),
}
