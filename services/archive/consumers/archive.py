"""What archive does when it has itself erased somebody: list it, destroy the keys, keep the evidence."""

from services.archive.application.destruction import Destruction
from shared.contracts.archive import EVENTS, UPCASTERS, SubjectErased
from shared.kernel.events import Codec
from shared.messaging.consumer import Consumer
from shared.messaging.message import Message

NAME = "archive.archive"


def consumer(destruction: Destruction) -> Consumer:
    """Return the consumer of archive's own log."""

    async def on_subject_erased(event: SubjectErased, message: Message) -> None:
        await destruction.carry_out(event, message.recorded, message.cause(NAME), message.watermark)

    return Consumer(NAME, ("archive",), Codec(EVENTS, UPCASTERS), {SubjectErased: on_subject_erased})
